import { Probe, type ProbeNow } from '../../contract/probe.ts'
import { addCounts, type Volume } from '../../contract/traffic.ts'
import { projected } from '../cost/forecast.ts'
import { OUTER_BYTES_PER_PACKET } from '../cost/spend.ts'
import type { Usage } from '../cost/usage.ts'
import type { View } from '../experiments/observed.ts'
import { liveRows } from '../experiments/plan-sessions.ts'
import { candidates } from '../experiments/preflight.ts'
import { judgeProbe, zonesAmong } from '../experiments/probe.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import type { PriceTable } from '../prices/table.ts'
import type { TaskTotal } from '../store/tasks.ts'

type Reading = Readonly<{
  totals: readonly TaskTotal[]
  running: ReadonlySet<string>
  usage: Usage
  prices: PriceTable
  /** Between the last two looks, outer headers included. */
  bytesPerSecond: number
}>

/** Interfaces that are named, of those of which nothing arrived. */
const SILENT_SHOWN = 10

/**
 * What the record has to remember of its probe after this reading: where its measuring began while it has not, else
 * what it has found by now.
 */
export const readProbe = (
  view: View,
  reading: Reading,
  now: Date,
): { probe: ProbeNow; base: ExperimentRecord['life']['probe'] } | null => {
  const { experiment, life } = view.record
  const { probe } = experiment
  if (probe === null || probe.state !== 'probing') return null
  const { volume } = reading.usage
  if (probe.since === null || life.probe === null)
    return { probe, base: { ...volume, peakBytesPerSecond: 0 } }
  const base = {
    ...life.probe,
    peakBytesPerSecond: Math.max(life.probe.peakBytesPerSecond, reading.bytesPerSecond),
  }
  return { probe: { ...probe, found: found(view, reading, { since: probe.since, base }, now) }, base }
}

const found = (
  view: View,
  { totals, running, usage, prices }: Reading,
  { since, base }: { since: string; base: NonNullable<ExperimentRecord['life']['probe']> },
  now: Date,
): ProbeNow['found'] => {
  const { spec, endAt } = view.record.experiment
  const waited = (now.getTime() - Date.parse(since)) / 1000
  const seconds = Math.max(0, (knownUntil(totals, running) - Date.parse(since)) / 1000)
  const rows = liveRows(view.sessions)
  const all = candidates(view)
  const volume: Volume = {
    packets: Math.max(0, usage.volume.packets - base.packets),
    bytes: Math.max(0, usage.volume.bytes - base.bytes),
  }
  const more = Math.max(0, all.length - rows.length)
  const perSecond = (total: number): number => (seconds > 0 ? total / seconds : 0)
  const times = (total: number): number =>
    perSecond(total) * ((rows.length + more) / Math.max(1, rows.length))
  const onwards = {
    end: new Date(endAt),
    more,
    perSecond: { packets: times(volume.packets), bytes: times(volume.bytes) },
  }
  const expected = projected(usage, prices, onwards, now)
  const requests = totals.map((total) => total.requests)
  const sum = (of: (total: TaskTotal) => number): number => totals.reduce((all, one) => all + of(one), 0)
  const payload = sum((one) => one.payload.received)
  const received = sum((one) => one.requests.received)
  const outer = volume.bytes + OUTER_BYTES_PER_PACKET * volume.packets
  const measured = {
    at: now.toISOString(),
    seconds,
    sources: rows.length,
    candidates: rows.length + more,
    zones: zonesAmong(rows),
    silent: rows
      .filter(({ vni }) => totals.every(({ sources }) => (sources[vni]?.packets ?? 0) === 0))
      .map(({ eni }) => eni)
      .slice(0, SILENT_SHOWN),
    volume,
    bytesPerSecond: perSecond(outer),
    peakBytesPerSecond: Math.max(base.peakBytesPerSecond, perSecond(outer)),
    received,
    forwarded: sum((one) => one.requests.forwarded),
    answered: requests.reduce((all, { shadow }) => all + answeredIn(shadow), 0),
    bytesPerRequest: received === 0 ? null : usage.volume.bytes / received,
    unreadableShare: payload === 0 ? null : Math.min(1, sum((one) => one.payload.unreadable) / payload),
    truncatedPackets: sum((one) => one.payload.truncatedPackets),
    protocols: totals.reduce((all, one) => addCounts(all, one.payload.protocols), {}),
    expectedUsd: expected.usd,
    expectedUsdPerGb: expected.bytes > 0 ? expected.usd / (expected.bytes / 1e9) : null,
  }
  return judgeProbe(spec, Probe.parse(spec.probe ?? {}), measured, waited)
}

const answeredIn = (shadow: TaskTotal['requests']['shadow']): number =>
  Object.entries(shadow).reduce((sum, [result, n]) => (result.startsWith('answered_') ? sum + n : sum), 0)

/** Until when the running tasks have told what they counted, on average: a report is as old as a minute. */
const knownUntil = (totals: readonly TaskTotal[], running: ReadonlySet<string>): number => {
  const told = totals.filter(({ task }) => running.has(task)).map(({ at }) => Date.parse(at))
  return told.length === 0 ? 0 : told.reduce((sum, at) => sum + at, 0) / told.length
}
