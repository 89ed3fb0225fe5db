import type { Connection, Half } from './connection.ts'
import type { TcpLimits } from './limits.ts'
import { add, diff } from './sequence.ts'

/** What the state of a half says about the next packet. No state of its own. */

/** Bytes further than this from where a half is do not belong to it (RFC 7323 allows 1 GiB, nobody sends it). */
export const WINDOW = 1 << 25
const MAX_HELD_SEGMENTS = 2048

export const isFull = (half: Half, limits: TcpLimits): boolean =>
  half.heldBytes > limits.reorderBytes || half.held.length > MAX_HELD_SEGMENTS

export const isBlocked = (half: Half): boolean => half.held.length > 0 || (half.fin && !half.ended)

/** Bytes may be delivered when everything that their sender had acknowledged is delivered. */
export function isOpen<App>(
  c: Connection<App>,
  side: 0 | 1,
  hasAck: boolean,
  acknowledgement: number,
): boolean {
  const peer = c.half(side === 0 ? 1 : 0)
  if (!hasAck) return true
  if (!peer.started) return !peer.seen && c.isOneSided
  const ahead = diff(acknowledgement, peer.next)
  if (ahead <= 0 || ahead > WINDOW) return true
  return !peer.seen && c.isOneSided
}

export function startFromSyn(half: Half, initial: number): void {
  half.fromSyn = true
  half.initial = initial
  half.next = add(initial, 1)
  half.started = true
}

/** Whether a SYN with this sequence number can be the start of what is known of the half. */
export function fitsBefore(half: Half, sequence: number): boolean {
  if (half.delivered) return false
  const first = add(sequence, 1)
  if (half.held.length > 0) return isShortlyAfter(half.held[0]!.sequence, first)
  if (half.hasAcked) return isShortlyAfter(half.acked, first) || half.acked === sequence
  return true
}

export const isShortlyAfter = (sequence: number, first: number): boolean => {
  const distance = diff(sequence, first)
  return distance >= 0 && distance <= 1 << 20
}

/** Data on an ended connection that is not a late copy: the ports were used again and the SYN was not captured. */
export function isBeyond(half: Half, sequence: number): boolean {
  if (!half.started) return true
  const distance = diff(sequence, half.next)
  return distance > 0 || distance < -WINDOW
}

export const isPlausible = (half: Half, sequence: number): boolean =>
  !half.started || Math.abs(diff(sequence, half.next)) <= 1 << 20

/**
 * Starts a half whose SYN was not captured. Its own empty segments and the other side's acknowledgements say where the
 * next byte was: bytes from there to `sequence` are missing, not unknown.
 */
export function startFromHints(half: Half, sequence: number): void {
  let next = sequence
  if (half.hasAcked && isShortlyAfter(next, half.acked)) next = half.acked
  if (half.hasHint && isShortlyAfter(sequence, half.hint) && diff(half.hint, next) > 0) next = half.hint
  else if (!half.hasAcked && half.hasHint && isShortlyAfter(sequence, half.hint)) next = half.hint
  half.next = next
  half.started = true
}

/** The half's sender said nothing here but what it had received. */
export function notePause(half: Half, sequence: number, acknowledgement: number): void {
  const isSame = half.hasPause && half.pause === sequence
  if (isSame && diff(acknowledgement, half.pauseAck) >= 0) return
  half.hasPause = true
  half.pause = sequence
  half.pauseAck = acknowledgement
}
