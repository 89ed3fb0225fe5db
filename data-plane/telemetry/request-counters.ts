import {
  REQUEST_REASONS,
  type RequestCounts,
  type RequestOutcome,
  type RequestReason,
  SHADOW_RESULTS,
  type ShadowResult,
  zeroRequests,
} from '../../contract/traffic.ts'

/**
 * What became of an experiment's requests. A request is in exactly one place: waiting, forwarded, or refused for one
 * reason; a forwarded one is in flight or has one result.
 */
export type RequestCounters = {
  seen: number
  /** In the queue or on its way to a connection. */
  waiting: number
  forwarded: number
  /** Forwarded, the shadow has not answered yet. */
  inFlight: number
  refused: Record<RequestReason, number>
  shadow: Record<ShadowResult, number>
  /** Answers whose body was longer than what is read of it. */
  capped: number
}

export const zeroRequestCounters = (): RequestCounters => ({
  seen: 0,
  waiting: 0,
  forwarded: 0,
  inFlight: 0,
  refused: zeroes(REQUEST_REASONS),
  shadow: zeroes(SHADOW_RESULTS),
  capped: 0,
})

const zeroes = <Key extends string>(keys: readonly Key[]): Record<Key, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>

export const outcomeOf = (reason: RequestReason): RequestOutcome =>
  reason.slice(0, reason.indexOf('.')) as RequestOutcome

/** As the contract counts: `received` are the requests whose outcome is known, zeroes left out. */
export const requestCounts = (counters: RequestCounters, copies: RequestCounters): RequestCounts => {
  const counts = zeroRequests()
  counts.copies.forwarded = copies.forwarded
  counts.copies.dropped = copies.seen - copies.forwarded - copies.waiting
  counts.forwarded = counters.forwarded
  counts.received = counters.forwarded
  for (const reason of REQUEST_REASONS) {
    const count = counters.refused[reason]
    if (count === 0) continue
    counts.reasons[reason] = count
    counts[outcomeOf(reason)] += count
    counts.received += count
  }
  for (const result of SHADOW_RESULTS)
    if (counters.shadow[result] > 0) counts.shadow[result] = counters.shadow[result]
  return counts
}

export const addRequestCounters = (a: RequestCounters, b: RequestCounters): RequestCounters => ({
  seen: a.seen + b.seen,
  waiting: a.waiting + b.waiting,
  forwarded: a.forwarded + b.forwarded,
  inFlight: a.inFlight + b.inFlight,
  refused: addAll(a.refused, b.refused),
  shadow: addAll(a.shadow, b.shadow),
  capped: a.capped + b.capped,
})

/** The sums of two records of numbers, key by key. */
export const addAll = <Counts extends Record<string, number>>(a: Counts, b: Counts): Counts => {
  const sum: Record<string, number> = { ...a }
  for (const [key, count] of Object.entries(b)) sum[key] = (sum[key] ?? 0) + count
  return sum as Counts
}
