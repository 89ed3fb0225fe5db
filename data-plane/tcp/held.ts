import { type Half, NOTHING_HELD, type Segment } from './connection.ts'
import { add, diff } from './sequence.ts'

/**
 * Puts bytes that cannot be delivered yet into `half.held`, copied. Overlap policy: the bytes that came first stay, as
 * with bytes that were delivered already; of a copy only what is new is taken. Returns how many bytes were new.
 */
export function hold(
  half: Half,
  b: Buffer,
  start: number,
  end: number,
  sequence: number,
  acknowledgement: number,
  hasAck: boolean,
  aligned: boolean,
  at: number,
): number {
  const held = half.held.length === 0 ? [] : (half.held as Segment[])
  // Most late packets go to the end.
  let index = held.length
  while (index > 0 && diff(held[index - 1]!.sequence, sequence) > 0) index--

  let from = sequence
  const until = add(sequence, end - start)
  if (index > 0) {
    const before = held[index - 1]!
    const beforeEnd = add(before.sequence, before.bytes.length)
    if (diff(beforeEnd, from) > 0) from = beforeEnd
  }
  let taken = 0
  while (diff(until, from) > 0) {
    const after = held[index]
    const pieceEnd = after !== undefined && diff(after.sequence, until) < 0 ? after.sequence : until
    const length = diff(pieceEnd, from)
    if (length > 0) {
      const offset = start + diff(from, sequence)
      const bytes = Buffer.from(b.subarray(offset, offset + length))
      const segment: Segment = {
        sequence: from,
        acknowledgement,
        hasAck,
        bytes,
        aligned: aligned && from === sequence,
        pausedAck: half.hasPause && half.pause === from ? half.pauseAck : null,
        at,
      }
      held.splice(index, 0, segment)
      taken += length
      index++
    }
    if (after === undefined || pieceEnd === until) break
    from = add(after.sequence, after.bytes.length)
    index++
  }
  if (taken > 0) half.held = held
  half.heldBytes += taken
  return taken
}

/** Takes the first segment out; its bytes stay counted. */
export function dropFirst(half: Half): void {
  if (half.held.length === 1) half.held = NOTHING_HELD
  else (half.held as Segment[]).shift()
}

/** Drops held bytes before `next`. Returns how many. */
export function trim(half: Half): number {
  let dropped = 0
  while (half.held.length > 0) {
    const first = half.held[0]!
    const old = diff(half.next, first.sequence)
    if (old <= 0) break
    if (old >= first.bytes.length) {
      dropped += first.bytes.length
      dropFirst(half)
      continue
    }
    first.bytes = first.bytes.subarray(old)
    first.sequence = half.next
    first.aligned = false
    dropped += old
    break
  }
  half.heldBytes -= dropped
  return dropped
}
