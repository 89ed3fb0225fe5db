import type { Gap } from '../../contract/gap.ts'
import { CONTROL_PLANE } from './audit.ts'
import type { View } from './observed.ts'
import { audited } from './phases.ts'
import { liveRows } from './plan-sessions.ts'
import type { ExperimentRecord } from './record.ts'
import type { Settings } from './settings.ts'
import { starvedNow } from './silence.ts'

/** What keeps traffic from being seen whole now. */
export type Loss = Pick<Gap, 'kind' | 'of' | 'what'>

/**
 * Zones of sources in which no gateway task could receive anything. Where packets cross zones in the load balancer, one
 * task anywhere serves them all.
 */
export const lostZones = ({ record, seen, sessions }: View): string[] => {
  const { crossZone, tasks } = seen.gateways
  if (crossZone) return []
  const chosen = new Set(record.experiment.phase === 'preparing' ? (record.life.enis ?? []) : [])
  const zones = [
    ...liveRows(sessions).map(({ availabilityZone }) => availabilityZone),
    ...(seen.sources ?? []).flatMap(({ eni, availabilityZone }) =>
      chosen.has(eni) ? [availabilityZone] : [],
    ),
  ]
  const served = new Set(
    tasks.flatMap(({ availabilityZone, healthy, revision }) =>
      healthy && revision >= 0 ? [availabilityZone] : [],
    ),
  )
  return [...new Set(zones)].filter((zone) => !served.has(zone)).sort()
}

/** What is lost while it mirrors; nothing is to be seen before, and while it is paused. */
export const lossesNow = (view: View, now: Date, settings: Settings): Loss[] => {
  const { phase, pausedSince } = view.record.experiment
  if (phase !== 'mirroring' || pausedSince !== null) return []
  const { swap } = view.seen.fleet
  return [
    ...lostZones(view).map((zone) => ({
      kind: 'zone-lost' as const,
      of: zone,
      what: `No gateway task in ${zone} is fit to receive: what its sources send is lost.`,
    })),
    ...starvedNow(view, now, settings),
    ...(swap === null
      ? []
      : [
          {
            kind: 'gateways-swapped' as const,
            of: '',
            what: `${swap.tasks} new gateway tasks take over: ${swap.why} Connections are cut, and nothing is compared.`,
          },
        ]),
  ]
}

/** Gaps that an experiment keeps, the latest ones. */
const KEPT = 50

const isSame = (a: Loss, b: Loss): boolean => a.kind === b.kind && a.of === b.of

/** The record with its gaps as they are now: those that are over get their end, new ones begin, each with an audit entry. */
export const withGaps = (record: ExperimentRecord, losses: readonly Loss[], now: Date): ExperimentRecord => {
  const at = now.toISOString()
  const { gaps } = record.experiment
  const lasting = gaps.filter(({ until }) => until === null)
  const over = lasting.filter((gap) => !losses.some((loss) => isSame(gap, loss)))
  const begun = losses.filter((loss) => !lasting.some((gap) => isSame(gap, loss)))
  if (over.length === 0 && begun.length === 0) return record
  const next: Gap[] = [
    ...gaps.map((gap) => (over.includes(gap) ? { ...gap, until: at } : gap)),
    ...begun.map((loss) => ({ ...loss, since: at, until: null })),
  ]
  const changed = { ...record, experiment: { ...record.experiment, gaps: next.slice(-KEPT) } }
  if (record.experiment.phase !== 'mirroring') return changed
  const says = [
    ...begun.map(({ kind, what }) => ({ what: `coverage gap: ${kind}`, why: what })),
    ...over.map(({ kind, of }) => ({ what: `coverage gap is over: ${kind}`, why: of === '' ? null : of })),
  ]
  return says.reduce((last, say) => audited(last, last, { who: CONTROL_PLANE, ...say }, now), changed)
}

/** Why a zone that has been lost for too long ends the experiment; null while none has. */
export const lostTooLong = (
  { experiment }: ExperimentRecord,
  now: Date,
  { zoneLostMs }: Settings,
): string | null => {
  const lost = experiment.gaps.find(
    ({ kind, since, until }) =>
      kind === 'zone-lost' && until === null && now.getTime() - Date.parse(since) >= zoneLostMs,
  )
  return lost === undefined ? null : `A zone was lost for too long. ${lost.what}`
}
