import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { catalogue } from '../../../contract/catalogue.ts'
import type { Operation } from '../../../contract/operation.ts'
import { OPERATION_ROLES } from '../../../contract/permission.ts'
import { ROLES, type Role, RoleMembers } from '../../../contract/role.ts'
import { type ApiUnderTest, createTable, openApiAt, startDynamo } from '../../support/api.ts'
import { apiConfig, someSpecInput } from '../../support/api-config.ts'
import { API_TOKEN, serveApi } from '../../support/api-server.ts'

const members = RoleMembers.parse({
  claim: 'cognito:groups',
  viewer: ['everyone', 'arn:aws:iam::123456789012:role/watchers/dashboard'],
  operator: ['release', 'arn:aws:iam::123456789012:role/pipeline'],
  approver: ['leads'],
  admin: ['platform', 'arn:aws:iam::123456789012:user/root.of.all'],
})
const config = { ...apiConfig('roles-test'), roles: members }

let dynamo: Awaited<ReturnType<typeof startDynamo>>
let api: ApiUnderTest
beforeAll(async () => {
  dynamo = await startDynamo()
  await createTable(dynamo.endpoint, config.table)
  api = openApiAt(dynamo.endpoint, config, { anonymous: null })
})
afterAll(async () => {
  api.close()
  await dynamo.close()
})

const person = (groups: unknown) => ({
  jwt: { claims: { sub: '17', email: 'ada@example.com', 'cognito:groups': groups }, scopes: null },
})
const principal = (userArn: string) => ({ iam: { userArn } })
const assumed = (role: string, account = '123456789012') =>
  principal(`arn:aws:sts::${account}:assumed-role/${role}/session`)
const rolesFor = async (authorizer: unknown): Promise<Role[] | number> => {
  const { status, body } = await api.send({ path: '/caller', authorizer })
  return status === 200 ? body.roles : status
}

test.each<[string, unknown, Role[] | 403]>([
  ['a group', person('[release]'), ['operator']],
  [
    'several groups, as an HTTP API writes them',
    person('[everyone release leads]'),
    ['viewer', 'operator', 'approver'],
  ],
  ['groups with commas', person('everyone,platform'), ['viewer', 'admin']],
  ['an array', person(['leads']), ['approver']],
  ['no group of the list', person('[releases]'), 403],
  ['no claim', person(undefined), 403],
  ['a claim of another kind', person({ admin: true }), 403],
  ['a group called like a principal', person(['arn:aws:iam::123456789012:role/pipeline']), 403],
  ['an assumed role', assumed('pipeline'), ['operator']],
  ['an assumed role with a path', assumed('dashboard'), ['viewer']],
  ['a role of the same name in another account', assumed('pipeline', '999999999999'), 403],
  ['a role whose name ends alike', assumed('my-pipeline'), 403],
  ['a user', principal('arn:aws:iam::123456789012:user/root.of.all'), ['admin']],
  ['a user whose name a pattern would match', principal('arn:aws:iam::123456789012:user/rootXofXall'), 403],
  ['a principal called like a group', principal('platform'), 403],
])('%s means its roles', async (_, authorizer, roles) => {
  expect(await rolesFor(authorizer)).toEqual(roles)
})

describe('each operation', () => {
  const id = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y'
  const asked = (operation: Operation) => {
    const [method = '', path = ''] = operation.route.split(' ')
    return { method, path: path.replace('{id}', id).replace('{format}', 'html') }
  }
  const WHO: readonly [Role, unknown][] = [
    ['viewer', person('[everyone]')],
    ['operator', assumed('pipeline')],
    ['approver', person('[leads]')],
    ['admin', person('[platform]')],
  ]
  const ALLOWED: Readonly<Record<Role, readonly Role[]>> = {
    viewer: ['viewer', 'operator', 'approver', 'admin'],
    operator: ['operator', 'admin'],
    approver: ['approver', 'admin'],
    admin: ['admin'],
  }

  /** Said a second time, so that no operation gets a role by mistake. */
  const NEEDED: Readonly<Record<Role, readonly string[]>> = {
    viewer: [
      ...[
        'getCaller',
        'planExperiment',
        'listExperiments',
        'getExperiment',
        'listMeter',
        'getLedger',
        'getReconciliation',
      ],
      ...[
        'getVerdict',
        'getComparison',
        'listNoise',
        'getEvidence',
        'renderEvidence',
        'listRecords',
        'listBudgets',
      ],
      ...[
        'listExperimentAudit',
        'listSources',
        'listAudit',
        'previewSource',
        'previewSchedule',
        'listSchedules',
      ],
      'getSchedule',
    ],
    operator: [
      ...['createExperiment', 'stopExperiment', 'killExperiment', 'pauseExperiment', 'resumeExperiment'],
      ...[
        'extendExperiment',
        'decideNoise',
        'deleteRecords',
        'createSchedule',
        'changeSchedule',
        'deleteSchedule',
      ],
    ],
    approver: ['approveExperiment', 'readRecord'],
    admin: ['deleteEvidence', 'setBudget'],
  }
  const neededBy = (id: string) => ROLES.filter((role) => NEEDED[role].includes(id))

  it('is refused over a socket to whoever has not its role, before anything of it is read', async () => {
    // As API Gateway puts in who has signed in, once it has checked that.
    const { url } = await serveApi({
      ...api,
      handler: ((event, context) => {
        const authorizer = WHO.find(([role]) => role === event.headers['x-signed-in'])?.[1]
        const requestContext = { ...event.requestContext, authorizer }
        return api.handler({ ...event, requestContext } as typeof event, context)
      }) as typeof api.handler,
    })
    const refusals = async (operation: Operation) => {
      const { method, path } = asked(operation)
      const refused: Role[] = []
      for (const [role] of WHO) {
        const response = await fetch(`${url}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${API_TOKEN}`,
            'content-type': 'application/json',
            'x-signed-in': role,
          },
          ...(method !== 'GET' && { body: '{"not":' }),
        })
        const { detail = '' } = (await response.json().catch(() => ({}))) as { detail?: string }
        if (response.status === 403 && detail.includes('This needs the role ')) refused.push(role)
      }
      return refused
    }

    const found: Record<string, Role[]> = {}
    for (const [id, operation] of Object.entries<Operation>(catalogue)) found[id] = await refusals(operation)

    const expected = Object.keys(catalogue).map((id) => {
      const [needed] = neededBy(id)
      return [id, needed && ROLES.filter((role) => !ALLOWED[needed].includes(role))]
    })
    expect(found).toEqual(Object.fromEntries(expected))
    expect(Object.keys(catalogue).filter((id) => neededBy(id).length !== 1)).toEqual([])
  })

  it('that changes something needs more than a viewer', () => {
    const reads = /^(GET |POST \/(plans|sources\/preview|schedules\/preview)$)/
    for (const { id: name, route } of Object.values<Operation>(catalogue))
      expect([name, OPERATION_ROLES[name as keyof typeof OPERATION_ROLES] === 'viewer']).toEqual([
        name,
        reads.test(route),
      ])
  })
})

it('a stolen viewer’s token starts, stops and schedules nothing', async () => {
  const authorizer = person('[everyone]')
  const tried = await Promise.all([
    api.send({ method: 'POST', path: '/experiments', body: someSpecInput, authorizer }),
    api.send({ method: 'POST', path: '/schedules', body: {}, authorizer }),
    ...['stop', 'kill', 'pause', 'resume', 'extend'].map((change) =>
      api.send({
        method: 'POST',
        path: `/experiments/exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y/${change}`,
        authorizer,
      }),
    ),
  ])

  expect(tried.map(({ status }) => status)).toEqual(tried.map(() => 403))
})

it('without a list, IAM alone decides about machines, and people may look', async () => {
  const open = openApiAt(dynamo.endpoint, apiConfig('roles-test'), { anonymous: null })
  const roles = async (authorizer: unknown) => (await open.send({ path: '/caller', authorizer })).body.roles

  expect(await roles(assumed('anything'))).toEqual(['admin'])
  expect(await roles(person('[platform]'))).toEqual(['viewer'])
  open.close()
})
