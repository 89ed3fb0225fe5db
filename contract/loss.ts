import type { UnpairedReason } from './comparison.ts'
import type { RequestReason } from './traffic.ts'

/** Why a request is not in the verdict, and what it is called: a reason without words does not compile. No schemas here. */

export const REQUEST_LOSS: Readonly<Record<RequestReason, string>> = {
  'sampled_out.percent': 'Outside the percentage of requests that the shadow receives',
  'sampled_out.absent_key': 'Without the key that requests are sampled by',
  'sampled_out.adapted': 'Left out while the share is lowered for the shadow',
  'sampled_out.rate_limit': 'Above the requests a second that the shadow receives',
  'filtered.not_allowed': 'Not among the requests that are allowed',
  'filtered.denied': 'Among the requests that are denied',
  'filtered.undecidable': 'A rule could not be applied to it',
  'filtered.health_check': 'A load balancer’s health check',
  'filtered.other_hop': 'Another mirrored source handed it on: its first copy went',
  'filtered.shadow_marker': 'Already shadow traffic: forwarding it again would loop',
  'held_back.unsafe_method': 'A write (POST, PUT, PATCH, DELETE …), and writes are held back',
  'held_back.ambiguous_framing': 'Its length could be read in two ways',
  'held_back.upgrade': 'A protocol upgrade, such as WebSocket',
  'held_back.connect': 'A CONNECT request',
  'held_back.no_credentials': 'The gateway has no credentials for this shadow',
  'held_back.unredactable': 'Its body could not be read, so it could not be redacted',
  'held_back.not_forwardable': 'Cannot be sent as an HTTP request of its own',
  'incomplete.gap': 'Packets of it were lost on the way',
  'incomplete.truncated': 'Cut by the packet length',
  'incomplete.closed': 'Its connection ended in the middle',
  'incomplete.oversized': 'Larger than the gateway keeps',
  'incomplete.evicted': 'Its connection was given up for newer ones',
  'dropped.breaker_open': 'The shadow kept failing: nothing was sent to it for a while',
  'dropped.queue_full': 'The shadow was too slow: the queue was full',
  'dropped.shutdown': 'A gateway task was shutting down',
  'dropped.ended': 'The experiment was ending',
}

export const PAIR_LOSS: Readonly<Record<Exclude<UnpairedReason, 'shadow_not_sent'>, string>> = {
  production_missing: 'No response of production was seen that is proven to belong to it',
  production_incomplete: 'Production’s response was not captured whole',
  production_oversized: 'Production’s response is larger than what is compared',
  shadow_unreachable: 'No connection to the shadow',
  shadow_oversized: 'The shadow’s answer is larger than what is compared',
  expired: 'The other side did not come in time',
  evicted: 'Too many waited at once',
  gateways_swapped: 'Another set of gateways took over at that time',
  ended: 'The experiment ended first',
}

/** The rest of what lies between a request that was seen and one that was judged. */
const OTHER_LOSS = {
  warm_up: 'Sent while the shadow warmed up',
  not_told:
    'Sent, and not told of by comparing: no answers are mirrored, or the gateways have not reported it yet',
  waiting: 'Waiting for one of the two answers',
  ignored: 'Of an endpoint that the thresholds ignore',
  few_samples: 'Of an endpoint with too few requests',
} as const

export const STEP = {
  received: 'Received',
  forwarded: 'Sent to the shadow',
  to_compare: 'Sent to be compared',
  compared: 'Compared',
  judged: 'Judged',
} as const

/** What is judged all the same, in its own way. */
export const PART = {
  no_answer: 'The shadow gave no answer: judged as an error',
  drift: 'Differs only where production’s data is newer: fails nothing',
} as const

export const LOSS = { ...REQUEST_LOSS, ...PAIR_LOSS, ...OTHER_LOSS } as const

const keysOf = <Words extends object>(words: Words) => Object.keys(words) as (keyof Words)[]
export const FUNNEL_STEPS = keysOf(STEP)
export const FUNNEL_LOSSES = keysOf(LOSS)
export const FUNNEL_PARTS = keysOf(PART)
