import type { Packet } from '../wire/packet.ts'
import { ACK, SYN } from '../wire/tcp.ts'
import type { Connection, Half } from './connection.ts'
import { isBeyond, WINDOW } from './half-rules.ts'
import { elapsed, instant } from './instant.ts'
import { add, diff } from './sequence.ts'

/**
 * A connection that is mirrored at both of its ends comes twice, under two VNIs. What a packet of another VNI is to a
 * connection between the same addresses and ports:
 *
 * - `same`: proven to be of this very connection. From here on its VNI's packets belong to it, so that each VNI fills the
 *   gaps of the other.
 * - `copy`: fits, but nothing proves it yet. The VNI that is followed goes on alone.
 * - `successor`: fits, is ahead, and the VNI that was followed has fallen silent.
 * - `foreign`: another connection, in another network with the same addresses.
 *
 * Proof are 32 bits that agree by nothing but being the same: the initial sequence number, or, where both halves are
 * known, sequence and acknowledgement number exactly where the connection is.
 */
export type Twinship = 'same' | 'copy' | 'successor' | 'foreign'

/** The owner is silent: its copy of a packet is never later than this. */
const SILENT_MS = 1000

export function twinship<App>(c: Connection<App>, side: 0 | 1, p: Packet, at: number): Twinship {
  const half = c.half(side)
  const peer = c.half(side === 0 ? 1 : 0)
  const hasAck = (p.flags & ACK) !== 0
  if ((p.flags & SYN) !== 0) {
    if (isSameSyn(half, peer, p, hasAck)) return 'same'
    // The SYN that was not captured of this connection, or that of another.
    const isBefore =
      !half.started || (!half.fromSyn && diff(p.sequence, half.next) < 0 && isNear(half, p.sequence))
    return isBefore && (!hasAck || isNear(peer, p.acknowledgement)) ? 'copy' : 'foreign'
  }

  // Where it is, is not known any more.
  if (c.ignored) return 'copy'

  const length = p.end - p.start + p.missing
  if (isAt(half, p.sequence, length) && (!hasAck || isAcked(peer, p.acknowledgement))) return 'same'
  if (!isNear(half, p.sequence) || (hasAck && !isNear(peer, p.acknowledgement))) return 'foreign'
  const isAhead = isBeyond(half, p.sequence)
  if (c.closed) return isAhead && length > 0 ? 'foreign' : 'copy'
  return isAhead && elapsed(c.lastAt, instant(at)) >= SILENT_MS ? 'successor' : 'copy'
}

function isSameSyn(half: Half, peer: Half, p: Packet, hasAck: boolean): boolean {
  const first = add(p.sequence, 1)
  if (hasAck && peer.fromSyn && p.acknowledgement !== add(peer.initial, 1)) return false
  if (half.fromSyn) return half.initial === p.sequence
  if (half.delivered) return false
  if (hasAck && peer.fromSyn) return true
  return half.held[0]?.sequence === first || (half.hasAcked && half.acked === first)
}

/** These bytes begin or end exactly where the half is. */
function isAt(half: Half, sequence: number, length: number): boolean {
  if (half.started) return sequence === half.next || add(sequence, length) === half.next
  for (const held of half.held) if (held.sequence === sequence && held.bytes.length === length) return true
  return (half.hasHint && half.hint === sequence) || (half.hasAcked && half.acked === sequence)
}

function isAcked(half: Half, acknowledgement: number): boolean {
  if (half.started) return acknowledgement === half.next
  return !half.hasAcked || acknowledgement === half.acked
}

function isNear(half: Half, sequence: number): boolean {
  if (half.started) return Math.abs(diff(sequence, half.next)) <= WINDOW
  return !half.hasAcked || Math.abs(diff(sequence, half.acked)) <= WINDOW
}
