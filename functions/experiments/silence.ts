import type { Volume } from '../../contract/traffic.ts'
import { filterRules } from './filter-rules.ts'
import type { Loss } from './gaps.ts'
import type { View } from './observed.ts'
import { liveRows } from './plan-sessions.ts'
import type { Life, SessionRecord } from './record.ts'
import type { Settings } from './settings.ts'
import { type OtherSession, takes } from './starvation.ts'

type Totals = readonly Readonly<{ at: string; sources: Readonly<Record<string, Volume>> }>[]

const packetsOf = (totals: Totals, vni: number): number =>
  totals.reduce((sum, { sources }) => sum + (sources[vni]?.packets ?? 0), 0)

/** So many are remembered: when more are silent, it is no other session that takes their packets. */
const REMEMBERED = 200

const mirroring = ({ sessions }: Pick<View, 'sessions'>): SessionRecord[] =>
  liveRows(sessions).filter(({ state, parked }) => state === 'active' && !parked)

/**
 * Since when the gateways have received nothing of a VNI, by VNI. Nothing is known before new reports have come, and
 * nothing is silent while the experiment is paused or only begins.
 */
export const silentSince = (
  view: Pick<View, 'record' | 'sessions'>,
  before: Totals,
  after: Totals,
  now: Date,
): Life['silentSince'] => {
  const { phase, pausedSince } = view.record.experiment
  const known = view.record.life.silentSince
  if (phase !== 'mirroring' || pausedSince !== null) return {}
  const newest = (totals: Totals) => totals.reduce((last, { at }) => (at > last ? at : last), '')
  if (newest(after) === newest(before)) return known
  const silent = mirroring(view).filter(({ vni }) => packetsOf(after, vni) === packetsOf(before, vni))
  return Object.fromEntries(
    silent.slice(0, REMEMBERED).map(({ vni }) => [vni, known[vni] ?? now.toISOString()]),
  )
}

/** ENIs of which nothing has arrived for so long that somebody should ask why. */
export const silentEnis = (
  { record, sessions }: Pick<View, 'record' | 'sessions'>,
  now: Date,
  { silentMs }: Settings,
): string[] =>
  mirroring({ sessions }).flatMap(({ eni, vni }) => {
    const since = record.life.silentSince[vni]
    return since !== undefined && now.getTime() - Date.parse(since) >= silentMs ? [eni] : []
  })

/** Sessions of others that see the packets of an ENI before ours do, with what they take of what we want. */
const ahead = ({ record, seen }: View, { eni, number }: SessionRecord) => {
  const wanted = filterRules(record.experiment.spec)
  return seen.taken
    .filter((other) => other.eni === eni && other.number < number && !other.ours)
    .map((other) => ({ other, taking: takes(other.rules, wanted) }))
}

/** The session that leaves nothing of an ENI to ours, as far as its filter tells; undefined without one. */
export const takesAll = (view: View, row: SessionRecord): OtherSession | undefined =>
  ahead(view, row).find(({ taking }) => taking === 'everything')?.other

/**
 * Sources whose packets somebody else’s session takes: all of them, by its filter; or perhaps some, and nothing has
 * arrived for a while. A session that cannot be seen is suspected where the source is busy and nothing arrives.
 */
export const starvedNow = (view: View, now: Date, settings: Settings): Loss[] => {
  const silent = new Set(silentEnis(view, now, settings))
  const busy = new Set(view.record.life.unheard)
  return mirroring(view).flatMap((row): Loss[] => {
    const starved = (what: string): Loss[] => [{ kind: 'starved', of: row.eni, what: `${row.eni}: ${what}` }]
    const whole = takesAll(view, row)
    if (whole)
      return starved(
        `the session ${whole.session} of somebody else, with number ${whole.number}, takes every packet first.`,
      )
    if (!silent.has(row.eni)) return []
    const rival = ahead(view, row).find(({ taking }) => taking !== 'nothing')?.other
    if (rival)
      return starved(
        `nothing arrives; the session ${rival.session} of somebody else, with number ${rival.number}, may take its packets first.`,
      )
    return busy.has(row.eni)
      ? starved(
          'it has traffic and nothing of it arrives: a session that cannot be seen may take its packets first, or it is not used on these ports.',
        )
      : []
  })
}
