import { Comparing } from '../../contract/comparing.ts'
import type { ExperimentSpec } from '../../contract/experiment.ts'
import { ShadowSpec } from '../../contract/forwarding.ts'
import {
  GatewayComparing,
  type GatewayExperiment,
  type GatewaySource,
} from '../../contract/gateway-config.ts'
import { Redaction } from '../../contract/redaction.ts'
import { Selection } from '../../contract/selection.ts'
import type { Action } from './actions.ts'
import { capacityOf, meantFor } from './fleet.ts'
import { gatewaysFor } from './gateway-size.ts'
import { GATEWAYS_TO_ZERO } from './names.ts'
import type { ObservedTask, View } from './observed.ts'
import { liveRows } from './plan-sessions.ts'
import { candidates } from './preflight.ts'
import type { Settings } from './settings.ts'
import { isStaged, stageOf } from './stages.ts'
import { armable, zeroTime } from './times.ts'

/** Whether every running task has taken over that configuration, or a later one. */
export const acknowledged = (tasks: readonly ObservedTask[], revision: number): boolean =>
  tasks.every((task) => task.revision >= revision)

/** Whether mirrored packets would be received: else they cost money for nothing. */
export const canReceive = ({ seen }: View): boolean =>
  seen.gateways.healthy > 0 && seen.gateways.tasks.some(({ revision }) => revision >= 0)

/**
 * Tasks that all experiments together need: by their sources and peaks, and where their load was measured and much less, by
 * that. A ramp, and a probe, has from its beginning what the
 * last stage needs.
 */
const wanted = (view: View): number => {
  const { record, sessions, seen } = view
  const { phase } = record.experiment
  const own = Math.max(
    liveRows(sessions).length,
    phase === 'preparing' ? (record.life.enis?.length ?? 0) : 0,
    isStaged(record.experiment) ? candidates(view).length : 0,
  )
  const { peakBytesPerSecond, peakPacketsPerSecond } = record.life
  const all = [
    { id: record.experiment.id, sources: own, peakBytesPerSecond, peakPacketsPerSecond },
    ...seen.others,
  ]
  const { tasks, eased } = meantFor(seen.fleet)
  const fresh = all.filter(({ id }) => !eased?.experiments.includes(id))
  const sum = (of: (one: (typeof all)[number]) => number) => fresh.reduce((total, one) => total + of(one), 0)
  return Math.max(
    1,
    gatewaysFor(
      sum(({ sources }) => sources),
      {
        bytesPerSecond: sum((one) => one.peakBytesPerSecond),
        packetsPerSecond: sum((one) => one.peakPacketsPerSecond),
      },
      capacityOf(seen.fleet),
    ) + (fresh.length < all.length ? (eased?.tasks ?? 0) : 0),
    // Where packets do not cross zones, each zone needs its own: ECS spreads tasks over all that it may use.
    seen.gateways.zones.length,
    seen.gateways.desired > 0 ? tasks : 0,
  )
}

/** Gateways are only ever added here: the load balancer does not move live flows, and only a swap takes any away. */
export const gatewaySteps = (view: View): Action[] => {
  const desired = wanted(view)
  return view.seen.gateways.desired < desired ? [{ kind: 'scale', desired }] : []
}

/** Keeps the schedule that takes the gateways to zero behind the last end of all. */
export const zeroSteps = (view: View, now: Date, settings: Settings): Action[] => {
  const { experiment, life } = view.record
  return armZero(view, [experiment.endAt, ...(life.extension ? [life.extension.endAt] : [])], now, settings)
}

/** The same when this experiment is not one of those that need them any more. */
export const zeroWithout = (view: View, now: Date, settings: Settings): Action[] =>
  armZero(view, [], now, settings)

const armZero = ({ seen }: View, own: readonly string[], now: Date, settings: Settings): Action[] => {
  const ends = [...own, ...seen.others.map(({ endAt }) => endAt)]
  const at = zeroTime(ends, settings)
  return seen.zeroAt === at || !armable(at, now)
    ? []
    : [{ kind: 'arm', schedule: GATEWAYS_TO_ZERO, at, what: { deed: 'gateways-to-zero' } }]
}

const entryFor = (view: View): GatewayExperiment => {
  const { record, seen } = view
  const { id, spec, startAt, endAt } = record.experiment
  const { resources: _, ...comparing } = Comparing.parse(spec.compare ?? {})
  return {
    id,
    ports: spec.traffic.ports ?? null,
    // Fields in the schema's order, as what is read back: the two are compared as text.
    shadow: ShadowSpec.parse(spec.shadow),
    percent: (spec.requests.percent * stageOf(record).requests) / 100,
    writes: spec.requests.writes,
    select: Selection.parse(spec.requests.select),
    compare: spec.traffic.directions === 'both',
    comparing: GatewayComparing.parse({
      ...comparing,
      stage: record.life.stage.index + 1,
    }),
    paired: seen.fleet.swap === null,
    redaction: {
      settings: Redaction.parse(spec.requests.redaction),
      key: record.life.redactionKey,
    },
    ...recordingOf(spec, startAt),
    bothEnds: isWholeAtBothEnds(spec.traffic),
    tasks:
      hasRate(spec.requests.select) || spec.requests.record
        ? Math.max(wanted(view), seen.gateways.desired)
        : 1,
    until: endAt,
    production: [...record.life.front],
    sources: sourcesFor(view),
  }
}

/**
 * What gateways are to know: every session that exists, and while it is prepared those that are chosen, under the VNIs
 * they will have. In one order, whether read from the store or learned since.
 */
const sourcesFor = ({ record, sessions, seen }: View): GatewaySource[] => {
  const { enis, vnis } = record.life
  const preparing = record.experiment.phase === 'preparing'
  const known = new Set(sessions.map(({ eni }) => eni))
  const rows = sessions
    .filter(({ state }) => state === 'active' || (preparing && state === 'intended'))
    .sort((a, b) => a.generation - b.generation)
    .map(({ vni, eni, address, mac }) => ({ vni, eni, address, mac }))
  const chosen = (preparing && seen.sources ? seen.sources : []).flatMap(({ eni, address, mac }) => {
    const vni = vnis[eni]
    return vni !== undefined && enis?.includes(eni) && !known.has(eni) ? [{ vni, eni, address, mac }] : []
  })
  return [...rows, ...chosen].sort((a, b) => (a.eni < b.eni ? -1 : a.eni > b.eni ? 1 : 0))
}

const recordingOf = (
  { requests: { record } }: ExperimentSpec,
  startAt: string,
): Pick<GatewayExperiment, 'record'> =>
  record === undefined
    ? {}
    : {
        record: {
          bytes: record.megabytes * 1_000_000,
          until: new Date(Date.parse(startAt) + record.seconds * 1000).toISOString(),
        },
      }

/** With ports, the rules accept a packet at the end that serves only; with client ranges, perhaps at one end. */
const isWholeAtBothEnds = ({ ports, directions, clientCidrs }: ExperimentSpec['traffic']): boolean =>
  ports === undefined && directions === 'both' && clientCidrs.some((cidr) => cidr === '0.0.0.0/0')

/** Whether a limit per second has to be divided, as that of a record is; else another task changes nothing for the gateways. */
const hasRate = ({ perSecondMax, adapt }: Selection): boolean =>
  perSecondMax !== undefined || adapt?.perSecond !== undefined

/** Tells the gateways what to do with which VNI, and remembers since which revision they can know. */
export const publishSteps = (view: View): Action[] => {
  const { config } = view.seen
  const { configRevision } = view.record.life
  const entry = entryFor(view)
  if (JSON.stringify(config.entry) !== JSON.stringify(entry)) {
    // Forgotten first: an acknowledgement of the entry before must not be taken for one of this.
    return configRevision === null
      ? [{ kind: 'publish', entry }]
      : [{ kind: 'write-record', life: { configRevision: null } }]
  }
  return configRevision === null ? [{ kind: 'write-record', life: { configRevision: config.revision } }] : []
}
