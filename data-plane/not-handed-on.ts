import type { RequestReason } from '../contract/traffic.ts'
import type { MessageOutcome } from './counters.ts'

/**
 * Requests that the pipeline counted and did not hand on. Where a start cannot be proven, or the rest is not HTTP, nobody
 * can say what the server has read.
 */
export const NOT_HANDED_ON: readonly (readonly [Exclude<MessageOutcome, 'complete'>, RequestReason])[] = [
  ['ambiguous', 'held_back.ambiguous_framing'],
  ['malformed', 'held_back.ambiguous_framing'],
  ['protocol', 'held_back.ambiguous_framing'],
  ['unproven', 'incomplete.gap'],
  ['gap', 'incomplete.gap'],
  ['closed', 'incomplete.closed'],
  ['reset', 'incomplete.closed'],
  ['idle', 'incomplete.closed'],
  ['too_large', 'incomplete.oversized'],
  ['evicted', 'incomplete.evicted'],
]
