import { addUsd } from '../../contract/money.ts'
import { canAfford, type Outlook } from '../cost/budget.ts'
import { peakBytesPerSecond } from '../cost/capacity.ts'
import { stopSeconds } from '../cost/hours.ts'
import type { Ceiling } from '../cost/month.ts'
import { assumedPeak } from '../cost/peak.ts'
import type { Usage } from '../cost/usage.ts'
import type { Observed, View } from '../experiments/observed.ts'
import { joinable } from '../experiments/plan-fleet.ts'
import { liveRows } from '../experiments/plan-sessions.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import { killTime, leaseTime } from '../experiments/times.ts'
import type { PriceTable } from '../prices/table.ts'
import type { TaskTotal } from '../store/tasks.ts'
import { metricsOfLook } from '../watch/metrics.ts'
import type { ControlPlane } from './control-plane.ts'
import type { Look } from './observe.ts'

/** What the meter knows when the budget is asked. */
export type Reading = Readonly<{
  now: Date
  usage: Usage
  totals: readonly TaskTotal[]
  running: ReadonlySet<string>
  bytesPerSecond: number
  prices: PriceTable
}>

/** What the budget answers, and what a yes may cost before the next look. */
export type Afforded = NonNullable<Observed['money']> & { heldUsd: number }

/**
 * Whether the budget affords to stay until the next look, and which of the ENIs that could join it pays for: all of
 * them, else half, and so on. No session-hour is opened that was not asked for here.
 */
export const afford = (
  plane: ControlPlane,
  view: View,
  look: Look,
  reading: Reading,
  limit: Ceiling,
): Afforded => {
  const candidates = joinable(view, reading.now, plane.settings).map(({ eni }) => eni)
  for (let count = candidates.length; count > 0; count = Math.floor(count / 2)) {
    const joiners = candidates.slice(0, count)
    const { affordable, ...more } = ask(plane, view, look, reading, joiners, limit)
    if (affordable) return { affordable, ...more, joiners }
  }
  return { ...ask(plane, view, look, reading, [], limit), joiners: [] }
}

const ask = (
  { settings }: ControlPlane,
  view: View,
  look: Look,
  { now, usage, totals, running, bytesPerSecond, prices }: Reading,
  joiners: readonly string[],
  limit: Ceiling,
): Omit<Afforded, 'joiners'> => {
  const { experiment } = view.record
  const packetsUntil = new Date(Date.parse(leaseTime(experiment.endAt, now, settings)) + settings.precisionMs)
  const newSessions = sessionsToOpen(view) + joiners.length
  const active = view.sessions.filter(({ state }) => state === 'active').length
  const stop = stopSeconds(active + newSessions)
  const unseenSeconds = (settings.leaseMs + settings.precisionMs + settings.tickMs) / 1000 + stop
  const capacities = [...chosen(view), ...joiners].map((eni) => peakBytesPerSecond(look.capacity.get(eni)))
  const known = knownUntil(experiment.mirroringSince, totals, running, now)
  const silent = isSilent(view.record, known)
  // Measured of the whole source when it was planned: an upper bound for what a ramp has of it now.
  const maximum = view.record.life.peakBytesPerSecond || null
  const peak = assumedPeak({ capacities, maximum }, unseenSeconds, limit.usd, usage.crossAzShare, prices)
  const outlook: Outlook = {
    now,
    nextLook: new Date(now.getTime() + settings.tickMs + settings.precisionMs),
    endAt: new Date(experiment.endAt),
    packetsUntil,
    stopSeconds: stop,
    killedBy: new Date(
      Date.parse(killTime(experiment.endAt, active + newSessions, settings)) + settings.precisionMs,
    ),
    newSessions,
    tasks: Math.max(1, view.seen.gateways.desired),
    metricsPerLook: metricsOfLook(experiment.spec, capacities.length),
    peakBytesPerSecond: silent ? 0 : peak.bytesPerSecond,
    knownUntil: known,
    observedBytesPerSecond: silent ? 0 : bytesPerSecond,
  }
  const { affordable, reason, committedUsd, worstCaseUsd } = canAfford(
    usage,
    prices,
    limit.usd,
    outlook,
    limit.name,
  )
  return { affordable, reason, heldUsd: addUsd(committedUsd, worstCaseUsd) }
}

/** Paused with every rule closed, and all that was mirrored before is reported: no packet comes before it is resumed. */
const isSilent = ({ experiment, life }: ExperimentRecord, known: Date): boolean =>
  experiment.pausedSince !== null &&
  life.rules.every(({ leaseUntil }) => leaseUntil === null) &&
  known >= new Date(experiment.pausedSince)

/** Sessions that are wanted, or intended, and not known to exist. */
const sessionsToOpen = ({ record, sessions, seen }: View): number => {
  const intended = liveRows(sessions).filter(({ state }) => state === 'intended').length
  if (record.experiment.phase !== 'preparing') return intended
  const wanted = record.life.enis?.length ?? seen.sources?.length ?? 0
  return Math.max(intended, wanted - sessions.filter(({ state }) => state !== 'intended').length)
}

/** ENIs that send, or are about to. */
const chosen = ({ record, sessions, seen }: View): string[] => {
  if (record.experiment.phase !== 'preparing') return liveRows(sessions).map(({ eni }) => eni)
  const enis = new Set(record.life.enis ?? seen.sources?.map(({ eni }) => eni))
  for (const { eni, state } of sessions) if (state === 'deleted') enis.delete(eni)
  return [...enis]
}

const knownUntil = (
  mirroringSince: string | null,
  totals: readonly TaskTotal[],
  running: ReadonlySet<string>,
  now: Date,
): Date => {
  if (mirroringSince === null) return now
  const reported = totals.filter(({ task }) => running.has(task)).map(({ at }) => Date.parse(at))
  const known = reported.length > 0 ? Math.min(...reported) : Date.parse(mirroringSince)
  return new Date(Math.min(now.getTime(), known))
}
