import { setTimeout as sleep } from 'node:timers/promises'
import {
  DeleteTrafficMirrorFilterCommand,
  DeleteTrafficMirrorSessionCommand,
  EC2Client,
  ModifyTrafficMirrorFilterRuleCommand,
  paginateDescribeTrafficMirrorFilters,
  paginateDescribeTrafficMirrorSessions,
} from '@aws-sdk/client-ec2'
import { readTags } from '../contract/ownership.ts'
import { EXIT, Failure } from './exit.ts'

/**
 * What is to be ended, in this order: with every rule closed nothing is mirrored, a filter goes only after its sessions,
 * and its rules go with it.
 */
const KINDS = ['rule', 'session', 'filter'] as const
type Kind = (typeof KINDS)[number]
const VERBS: Readonly<Record<Kind, readonly [done: string, would: string]>> = {
  rule: ['closed', 'close'],
  session: ['deleted', 'delete'],
  filter: ['deleted', 'delete'],
}
type Resource = Readonly<{ kind: Kind; id: string; experiment: string }>

export type PanicOptions = {
  /** app/stage: whose resources go. */
  deployment: string
  region: string
  /** Says what would go, and leaves it. */
  dryRun: boolean
  say: (line: string) => void
}

/** EC2 shows what was deleted for some minutes, and lets 5 writes a second through. */
const PAUSE_MS = 2_000
/** So long may a round end without less than before. */
const STUCK_MS = 180_000

export type Panicked = {
  /** Rules that accepted and reject now. */
  closed: Resource[]
  deleted: Resource[]
}

/**
 * Closes every filter rule and deletes every mirror session and filter with this deployment’s tags, and nothing else, with
 * EC2 calls alone: neither the API nor a table is needed. Looks again until nothing is left. @throws Failure
 */
export const panic = async (options: PanicOptions): Promise<Panicked> => {
  const ec2 = new EC2Client({ region: options.region })
  try {
    return await endAll(ec2, options)
  } finally {
    ec2.destroy()
  }
}

const endAll = async (ec2: EC2Client, { deployment, dryRun, say }: PanicOptions): Promise<Panicked> => {
  const ended: Resource[] = []
  let fewest = Number.POSITIVE_INFINITY
  let since = Date.now()
  for (;;) {
    const left = await lookFor(ec2, deployment)
    if (left.length === 0 || dryRun) {
      if (dryRun)
        for (const { kind, id, experiment } of left)
          say(`would ${VERBS[kind][1]} ${kind} ${id} (${experiment})`)
      return sorted(dryRun ? left : ended)
    }
    if (left.length < fewest) [fewest, since] = [left.length, Date.now()]
    const errors = new Set<string>()
    for (const resource of left) {
      const error = await end(ec2, resource)
      if (error === null) {
        ended.push(resource)
        say(`${VERBS[resource.kind][0]} ${resource.kind} ${resource.id} (${resource.experiment})`)
      } else if (!isAlreadyGone(error))
        errors.add(`${resource.kind} ${resource.id}: ${error.name}: ${error.message}`)
    }
    const why = [...errors].join('; ')
    if (errors.size > 0 && [...errors].every((error) => /UnauthorizedOperation/.test(error)))
      throw new Failure(`AWS refuses: ${why}`)
    if (Date.now() - since > STUCK_MS)
      throw new Failure(
        `${left.length} resources are left after ${STUCK_MS / 1000} s without progress. ${why}`,
      )
    await sleep(PAUSE_MS)
  }
}

const sorted = (resources: readonly Resource[]): Panicked => ({
  closed: resources.filter(({ kind }) => kind === 'rule'),
  deleted: resources.filter(({ kind }) => kind !== 'rule'),
})

const lookFor = async (ec2: EC2Client, deployment: string): Promise<Resource[]> => {
  const found: Resource[] = []
  try {
    for await (const page of paginateDescribeTrafficMirrorFilters({ client: ec2, pageSize: 1000 }, {}))
      for (const filter of page.TrafficMirrorFilters ?? []) {
        const {
          TrafficMirrorFilterId: id = '',
          IngressFilterRules = [],
          EgressFilterRules = [],
          Tags,
        } = filter
        const owned = readTags(Tags, deployment)
        // The deployment’s own parking filter is no experiment’s.
        if (!owned || owned.experiment === '') continue
        const { experiment } = owned
        found.push({ kind: 'filter', id, experiment })
        for (const { TrafficMirrorFilterRuleId: rule = '', RuleAction } of [
          ...IngressFilterRules,
          ...EgressFilterRules,
        ])
          if (RuleAction === 'accept') found.push({ kind: 'rule', id: rule, experiment })
      }
    for await (const page of paginateDescribeTrafficMirrorSessions({ client: ec2, pageSize: 1000 }, {}))
      for (const { TrafficMirrorSessionId: id = '', Tags } of page.TrafficMirrorSessions ?? []) {
        const owned = readTags(Tags, deployment)
        if (owned) found.push({ kind: 'session', id, experiment: owned.experiment || 'no experiment named' })
      }
  } catch (cause) {
    const { name, message } = cause as Error
    throw new Failure(`EC2 cannot be asked: ${name}: ${message}`, EXIT.failed, { cause })
  }
  return found.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind))
}

/** Waits out what throttles; null when it is done. */
const end = async (ec2: EC2Client, resource: Resource): Promise<Error | null> => {
  for (let attempt = 0; ; attempt++) {
    try {
      await send(ec2, resource)
      return null
    } catch (error) {
      if (!(error instanceof Error)) throw error
      if (!/Throttl|RequestLimitExceeded/.test(error.name) || attempt >= 20) return error
      await sleep(500 + Math.random() * 1000)
    }
  }
}

const send = async (ec2: EC2Client, { kind, id }: Resource): Promise<void> => {
  switch (kind) {
    case 'rule':
      await ec2.send(
        new ModifyTrafficMirrorFilterRuleCommand({ TrafficMirrorFilterRuleId: id, RuleAction: 'reject' }),
      )
      return
    case 'session':
      await ec2.send(new DeleteTrafficMirrorSessionCommand({ TrafficMirrorSessionId: id }))
      return
    case 'filter':
      await ec2.send(new DeleteTrafficMirrorFilterCommand({ TrafficMirrorFilterId: id }))
  }
}

/** Somebody else was faster, or EC2 still shows what is gone; the next look tells. Both of AWS’s spellings. */
const isAlreadyGone = ({ name }: Error): boolean => /No?t?Found$/.test(name)
