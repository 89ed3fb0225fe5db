import type { Recorded } from '../record/recorded.ts'

/** A time of a record: since its first request, or of the clock, in milliseconds. */
export type Instant = { readonly since: number } | { readonly at: number }

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
const WITH_ZONE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/

/** `+90s`, `+5m`, or a time with its zone like `2026-11-26T14:00:00Z`; null when it is neither. */
export const parseInstant = (text: string): Instant | null => {
  const [, number, unit] = /^\+(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)$/.exec(text) ?? []
  if (number !== undefined) return { since: Number(number) * (UNITS[unit as string] as number) }
  const at = WITH_ZONE.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : { at }
}

/** Those that were asked from the one time on and before the other, in order. */
export const sliceOf = (
  exchanges: readonly Recorded[],
  from: Instant | null,
  to: Instant | null,
): Recorded[] => {
  const sorted = [...exchanges].sort((a, b) => a.request.firstAt - b.request.firstAt)
  const origin = sorted[0]?.request.firstAt ?? 0
  const time = (instant: Instant) => ('at' in instant ? instant.at : origin + instant.since)
  const begin = from === null ? Number.NEGATIVE_INFINITY : time(from)
  const end = to === null ? Number.POSITIVE_INFINITY : time(to)
  return sorted.filter(({ request: { firstAt } }) => firstAt >= begin && firstAt < end)
}
