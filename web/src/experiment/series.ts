import type { MeterPoint } from '../../../contract/meter.ts'
import type { CostLine } from '../../../contract/money.ts'
import type { RequestOutcome, RequestReason } from '../../../contract/traffic.ts'
import { COST_LINES, REQUEST_OUTCOMES } from '../words.ts'

export type Datum = { x: Date; y: number }

const BYTES_PER_GB = 1e9

/** Points are totals, so leaving some out loses nothing: at most `limit` of them, evenly, first and last kept. */
export const thin = <T>(points: readonly T[], limit: number): T[] => {
  if (points.length <= limit) return [...points]
  const step = (points.length - 1) / (limit - 1)
  return Array.from({ length: limit }, (_, index) => points[Math.round(index * step)] as T)
}

const over = (points: readonly MeterPoint[], value: (point: MeterPoint) => number): Datum[] =>
  points.map((point) => ({ x: new Date(point.at), y: value(point) }))

export const spendByLine = (points: readonly MeterPoint[]): { line: CostLine; data: Datum[] }[] =>
  COST_LINES.map((line) => ({ line, data: over(points, ({ spend }) => spend.lines[line]) })).filter(
    ({ data }) => data.some(({ y }) => y > 0),
  )

export const gigabytes = (points: readonly MeterPoint[]): Datum[] =>
  over(points, ({ volume }) => volume.bytes / BYTES_PER_GB)

/** From the first byte on: before it there is no $ per GB. */
export const dollarsPerGigabyte = (points: readonly MeterPoint[]): Datum[] =>
  over(
    points.filter(({ volume }) => volume.bytes > 0),
    ({ spend, volume }) => spend.totalUsd / (volume.bytes / BYTES_PER_GB),
  )

/** Change per second between neighbours; a total that falls back counts as standing still. */
export const rates = (points: readonly MeterPoint[], total: (point: MeterPoint) => number): Datum[] =>
  points.slice(1).flatMap((point, index) => {
    const before = points[index] as MeterPoint
    const seconds = (Date.parse(point.at) - Date.parse(before.at)) / 1000
    return seconds > 0
      ? [{ x: new Date(point.at), y: Math.max(0, total(point) - total(before)) / seconds }]
      : []
  })

export const requestRates = (points: readonly MeterPoint[]): { outcome: RequestOutcome; data: Datum[] }[] =>
  REQUEST_OUTCOMES.map((outcome) => ({
    outcome,
    data: rates(points, ({ requests }) => requests[outcome]),
  })).filter(({ outcome, data }) => outcome === 'forwarded' || data.some(({ y }) => y > 0))

/** The reasons for which requests were really lost, not left out on purpose. */
export const lossRates = (points: readonly MeterPoint[]): { reason: RequestReason; data: Datum[] }[] => {
  const last = points.at(-1)?.requests.reasons ?? {}
  return (Object.keys(last) as RequestReason[])
    .filter((reason) => isLoss(reason) && (last[reason] ?? 0) > 0)
    .map((reason) => ({ reason, data: rates(points, ({ requests }) => requests.reasons[reason] ?? 0) }))
}

export const isLoss = (reason: RequestReason): boolean =>
  reason.startsWith('incomplete.') || reason.startsWith('dropped.')
