import type { ShadowResult } from '../../contract/traffic.ts'
import type { Forward } from '../forward/forward.ts'
import { COMPARED_BYTES_MAX, type ShadowOutcome } from './comparer.ts'

/**
 * A finished forward as one side of a pair. That no connection could be made, or none that speaks HTTP/2, says nothing about the release; an answer
 * that did not come, or broke off, does.
 */
export const shadowOutcome = (forward: Forward, result: ShadowResult): ShadowOutcome => {
  const { startedAt, firstByteAt, endedAt, status, kept, responseBytes } = forward
  if (result === 'failed_connect' || result === 'failed_protocol') return { unpaired: 'shadow_unreachable' }
  const wholeMilliseconds = endedAt - startedAt
  if (result.startsWith('failed') || kept === null)
    return { answer: null, milliseconds: wholeMilliseconds, wholeMilliseconds }
  if (responseBytes > COMPARED_BYTES_MAX) return { unpaired: 'shadow_oversized' }
  return {
    answer: { status, headers: kept.headers, body: kept.body },
    milliseconds: firstByteAt - startedAt,
    wholeMilliseconds,
  }
}
