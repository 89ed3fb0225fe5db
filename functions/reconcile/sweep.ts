import { readTags } from '../../contract/ownership.ts'
import { GATEWAYS_TO_ZERO } from '../experiments/names.ts'
import { readService, scaleTo } from '../gateway/service.ts'
import { isInUse, isNotFound } from '../mirror/errors.ts'
import { acceptingRules, deleteFilter, describeFilters, turnRule } from '../mirror/filter.ts'
import { deleteSession, describeSessions } from '../mirror/session.ts'
import { disarm, listSchedules } from '../schedule/one-time.ts'
import { listActive, readRecord } from '../store/experiments.ts'
import { publishConfig } from '../store/gateway-config.ts'
import { type ControlPlane, newWriterName } from './control-plane.ts'
import { errorText } from './failure.ts'

/** A create writes the list of active experiments before the experiment: for so long the experiment may be missing. */
const CREATE_MS = 15 * 60_000

export type Swept = {
  /** Made to reject. */
  rules: string[]
  sessions: string[]
  filters: string[]
  schedules: string[]
  entries: string[]
  gateways: boolean
}

/**
 * Ends what nobody looks after any more. Of EC2 it trusts only the tags: a session or filter of this deployment whose
 * expires-at has passed goes, recorded or not, and nothing without our tags is ever touched. Rules are closed first: a
 * few calls stop the packets of any number of sessions. Schedules, configuration
 * entries and gateways go when no active experiment needs them.
 */
export const sweep = async (plane: ControlPlane): Promise<Swept> => {
  const { clients, config, settings, table } = plane
  const { ec2, ecs, scheduler } = clients
  const now = plane.now()
  const active = await activeExperiments(plane)
  const cared = (experiment: string) => active.has(experiment)
  const over = (expiresAt: string | null) =>
    expiresAt !== null && now >= Date.parse(expiresAt) + settings.precisionMs

  const stray = (await describeFilters(ec2)).filter(({ Tags }) => {
    const tags = readTags(Tags, config.deployment)
    return tags !== null && over(tags.expiresAt) && !cared(tags.experiment)
  })
  const rules: string[] = []
  for (const rule of stray.flatMap(acceptingRules))
    if (await attempt(plane, `sweep rule ${rule}`, () => turnRule(ec2, rule, 'reject'))) rules.push(rule)

  const sessions: string[] = []
  for (const { TrafficMirrorSessionId: session = '', Tags } of await describeSessions(ec2)) {
    const tags = readTags(Tags, config.deployment)
    if (!tags || !over(tags.expiresAt) || extendedBeyond(active.get(tags.experiment), now)) continue
    if (await attempt(plane, `sweep session ${session}`, () => deleteSession(ec2, session)))
      sessions.push(session)
  }

  const filters: string[] = []
  for (const { TrafficMirrorFilterId: filter = '' } of stray)
    if (await attempt(plane, `sweep filter ${filter}`, () => deleteFilter(ec2, filter))) filters.push(filter)

  const schedules: string[] = []
  for (const name of await listSchedules(scheduler, config.scheduleGroup)) {
    const experiment = /^(exp_[0-9A-Z]{26})\./.exec(name)?.[1]
    if (experiment === undefined || cared(experiment) || !(await isOver(plane, experiment))) continue
    if (await attempt(plane, `sweep schedule ${name}`, () => disarm(scheduler, name, config.scheduleGroup)))
      schedules.push(name)
  }

  const gatewayConfig = await plane.published.read()
  const stale = gatewayConfig.experiments
    .filter(({ id, until }) => !cared(id) && over(until))
    .map(({ id }) => id)
  if (stale.length > 0) {
    const left = gatewayConfig.experiments.filter(({ id }) => !stale.includes(id))
    await publishConfig(table, gatewayConfig, left, {
      at: new Date(now),
      writer: newWriterName(plane),
    })
  }

  const idle = needNoGateways(active) && (await readService(ecs, config)).desired > 0
  // Asked again when it matters: an experiment may have begun since the sweep did.
  const zeroed = idle && needNoGateways(await activeExperiments(plane))
  if (zeroed) {
    await attempt(plane, 'sweep gateways', () => scaleTo(ecs, config, 0))
    await attempt(plane, 'sweep gateways’ schedule', () =>
      disarm(scheduler, GATEWAYS_TO_ZERO, config.scheduleGroup),
    )
  }
  return { rules, sessions, filters, schedules, entries: stale, gateways: zeroed }
}

const needNoGateways = (active: ReadonlyMap<string, string | null>): boolean =>
  [...active.values()].every((endAt) => endAt === null)

/** By id, the end in force of those that have AWS resources; null for those that are only scheduled or being created. */
const activeExperiments = async ({ table, now }: ControlPlane): Promise<Map<string, string | null>> => {
  const active = new Map<string, string | null>()
  for (const { id, createdAt } of await listActive(table)) {
    const record = await readRecord(table, id)
    if (record && record.experiment.phase !== 'ended')
      active.set(id, record.experiment.phase === 'scheduled' ? null : record.experiment.endAt)
    else if (!record && now() - Date.parse(createdAt) < CREATE_MS) active.set(id, null)
  }
  return active
}

/** A tag may lag behind an extension for a tick: the end in force is later than the tag says. */
const extendedBeyond = (endAt: string | null | undefined, now: number): boolean =>
  endAt != null && Date.parse(endAt) > now

const isOver = async ({ table }: ControlPlane, id: string): Promise<boolean> => {
  const record = await readRecord(table, id)
  return record === undefined || record.experiment.phase === 'ended'
}

/** One thing that cannot be swept must not keep the others. */
const attempt = async (plane: ControlPlane, what: string, deed: () => Promise<void>): Promise<boolean> => {
  try {
    await deed()
    plane.log('warn', what)
    return true
  } catch (error) {
    if (!isNotFound(error) && !isInUse(error))
      plane.log('error', `${what} failed`, { error: errorText(error) })
    return false
  }
}
