import * as z from 'zod'

/** What happened to a request the gateway received: exactly one of these, always (the conservation law). */
export const REQUEST_OUTCOMES = [
  'forwarded',
  'sampled_out',
  'filtered',
  'held_back',
  'incomplete',
  'dropped',
] as const
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number]

/** Why, as `outcome.reason`: the closed list of reasons for a request that did not go to the shadow. */
export const REQUEST_REASONS = [
  'sampled_out.percent',
  'sampled_out.absent_key',
  'sampled_out.adapted',
  'sampled_out.rate_limit',
  'filtered.not_allowed',
  'filtered.denied',
  'filtered.undecidable',
  'filtered.health_check',
  'filtered.shadow_marker',
  'filtered.other_hop',
  'held_back.unsafe_method',
  'held_back.ambiguous_framing',
  'held_back.upgrade',
  'held_back.connect',
  'held_back.not_forwardable',
  'held_back.no_credentials',
  'held_back.unredactable',
  'incomplete.gap',
  'incomplete.truncated',
  'incomplete.closed',
  'incomplete.oversized',
  'incomplete.evicted',
  'dropped.queue_full',
  'dropped.breaker_open',
  'dropped.shutdown',
  'dropped.ended',
] as const
export type RequestReason = (typeof REQUEST_REASONS)[number]

/** What became of a forwarded request at the shadow: `answered` by status class, or failed with a cause. */
export const SHADOW_RESULTS = [
  'answered_1xx',
  'answered_2xx',
  'answered_3xx',
  'answered_4xx',
  'answered_5xx',
  'answered_other',
  'failed_connect',
  'failed_timeout',
  'failed_reset',
  'failed_protocol',
  'failed_other',
] as const
export type ShadowResult = (typeof SHADOW_RESULTS)[number]

const count = z.int().nonnegative()

/** What a share above 100 % sends beside the requests themselves. */
export const CopyCounts = z.strictObject({ forwarded: count, dropped: count })
export type CopyCounts = z.output<typeof CopyCounts>

export const RequestCounts = z
  .strictObject({
    received: count.describe('requests seen on the wire; the sum of the six outcomes'),
    forwarded: count,
    sampled_out: count,
    filtered: count,
    held_back: count,
    incomplete: count,
    dropped: count,
    reasons: z.partialRecord(z.enum(REQUEST_REASONS), count).describe('the same requests, by reason'),
    shadow: z
      .partialRecord(z.enum(SHADOW_RESULTS), count)
      .describe('the forwarded ones, by what the shadow did'),
    copies: CopyCounts.default({ forwarded: 0, dropped: 0 }).describe(
      'sent beside the requests by a share above 100 %; in none of the other numbers',
    ),
  })
  .meta({ id: 'RequestCounts' })
export type RequestCounts = z.output<typeof RequestCounts>

export const zeroRequests = (): RequestCounts => ({
  received: 0,
  forwarded: 0,
  sampled_out: 0,
  filtered: 0,
  held_back: 0,
  incomplete: 0,
  dropped: 0,
  reasons: {},
  shadow: {},
  copies: { forwarded: 0, dropped: 0 },
})

/** What was replaced in forwarded requests: by what (a kind or a rule) and where, as `email.body`. */
export const Redacted = z.record(z.string(), count).meta({ id: 'Redacted' })
export type Redacted = z.output<typeof Redacted>

/** What was recorded of forwarded requests: `exchanges` and `bytes`, and requests that are in no record, as `missed.size`. */
export const RecordedCounts = z.record(z.string(), count).meta({ id: 'RecordedCounts' })
export type RecordedCounts = z.output<typeof RecordedCounts>

/** More endpoints than this are counted as one. */
export const HELD_ENDPOINTS_MAX = 100
export const OTHER_ENDPOINTS = 'others'

/** Writes that were held back, by endpoint. */
export const HeldBack = z.record(z.string().max(1_000), count).meta({ id: 'HeldBack' })
export type HeldBack = z.output<typeof HeldBack>

/** What each gateway names is bounded; so is what they name together. */
export const addHeldBack = (a: HeldBack, b: HeldBack): HeldBack => {
  const sum = addCounts(a, b) as HeldBack
  const most = Object.entries(sum)
    .filter(([endpoint]) => endpoint !== OTHER_ENDPOINTS)
    .sort(([, x], [, y]) => y - x)
  if (most.length <= HELD_ENDPOINTS_MAX) return sum
  const rest = most.slice(HELD_ENDPOINTS_MAX).reduce((total, [, n]) => total + n, sum[OTHER_ENDPOINTS] ?? 0)
  return { ...Object.fromEntries(most.slice(0, HELD_ENDPOINTS_MAX)), [OTHER_ENDPOINTS]: rest }
}

/** Mirrored traffic as the gateway received it. */
export const Volume = z
  .strictObject({
    packets: count,
    bytes: count.describe(
      'inner bytes: the mirrored Ethernet frames without the VXLAN, UDP and IP headers around them',
    ),
  })
  .meta({ id: 'Volume' })
export type Volume = z.output<typeof Volume>

/**
 * What became of packets that a gateway received and did not read: it was behind, and their experiment took more than its
 * equal share of it.
 */
export const OVERLOAD = 'overload'

/** TCP payload as the gateway received it, as far as it could read HTTP in it. */
export const Payload = z.strictObject({
  received: count.describe('bytes'),
  unreadable: count.describe('of these, in connections that carry no HTTP that can be read'),
  truncatedPackets: count.describe('cut by the packet length, or on the way'),
  protocols: z.record(z.string(), count).describe('connections that carry something else, by what it is'),
})
export type Payload = z.output<typeof Payload>

export const noPayload = (): Payload => ({ received: 0, unreadable: 0, truncatedPackets: 0, protocols: {} })

export const addCounts = <Key extends string>(
  a: Partial<Record<Key, number>>,
  b: Partial<Record<Key, number>>,
) => {
  const sum = { ...a }
  for (const key of Object.keys(b) as Key[]) sum[key] = (sum[key] ?? 0) + (b[key] ?? 0)
  return sum
}

export const addRedacted = (a: Redacted, b: Redacted): Redacted => addCounts(a, b) as Redacted

export const addRecorded = (a: RecordedCounts, b: RecordedCounts): RecordedCounts =>
  addCounts(a, b) as RecordedCounts

export const addRequests = (a: RequestCounts, b: RequestCounts): RequestCounts => ({
  received: a.received + b.received,
  forwarded: a.forwarded + b.forwarded,
  sampled_out: a.sampled_out + b.sampled_out,
  filtered: a.filtered + b.filtered,
  held_back: a.held_back + b.held_back,
  incomplete: a.incomplete + b.incomplete,
  dropped: a.dropped + b.dropped,
  reasons: addCounts(a.reasons, b.reasons),
  shadow: addCounts(a.shadow, b.shadow),
  copies: {
    forwarded: a.copies.forwarded + b.copies.forwarded,
    dropped: a.copies.dropped + b.copies.dropped,
  },
})
