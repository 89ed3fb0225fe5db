import type { Packet } from './packet.ts'

/**
 * IP fragments (RFC 791, RFC 8200 4.5) put together again.
 *
 * An exact copy of a fragment is ignored; any other overlap gives up the packet, as RFC 5722 demands for IPv6 and Linux
 * does for both. Everything is bounded: packets under reassembly, bytes, and the time that one may wait.
 */

const MAX_PACKET = 65_535
/** Linux's `ipfrag_time`. */
const MAX_AGE_MS = 30_000
const MAX_PACKETS = 1024
const MAX_BYTES = 8 << 20

type Part = { from: number; bytes: Uint8Array }
type Partial = { parts: Part[]; bytes: number; end: number; since: number; givenUp: boolean }

export class Fragments {
  /** The last packet that was completed, without its IP header. Valid until the next call of `add`. */
  whole: Buffer = Buffer.alloc(0)
  /** Packets that were given up because they grew old or the limit was reached. */
  expired = 0
  readonly #packets = new Map<string, Partial>()
  #bytes = 0

  /** Takes `b[start, end)` as the fragment at byte `from`; the addresses and the VNI are taken from `packet`. */
  add(
    packet: Packet,
    protocol: number,
    identification: number,
    from: number,
    more: boolean,
    b: Buffer,
    start: number,
    end: number,
    at: number,
  ): 'fragment' | 'fragment_dropped' | 'whole' {
    const length = end - start
    if (length <= 0 || from + length > MAX_PACKET || (more && length % 8 !== 0)) return 'fragment_dropped'
    this.#expire(at)

    const key = `${packet.vni} ${protocol} ${identification} ${packet.source0} ${packet.source1} ${packet.source2} ${packet.source3} ${packet.destination0} ${packet.destination1} ${packet.destination2} ${packet.destination3}`
    let partial = this.#packets.get(key)
    if (partial === undefined) {
      partial = { parts: [], bytes: 0, end: -1, since: at, givenUp: false }
      this.#packets.set(key, partial)
    }
    if (partial.givenUp) return 'fragment_dropped'

    for (const part of partial.parts) {
      if (from >= part.from + part.bytes.length || part.from >= from + length) continue
      if (part.from === from && part.bytes.length === length) return 'fragment_dropped'
      this.#giveUp(partial)
      return 'fragment_dropped'
    }
    if (!more) partial.end = from + length
    partial.parts.push({ from, bytes: Uint8Array.prototype.slice.call(b, start, end) })
    partial.bytes += length
    this.#bytes += length
    if (partial.end < 0 || partial.bytes < partial.end) return 'fragment'

    this.#packets.delete(key)
    this.#bytes -= partial.bytes
    const whole = Buffer.alloc(partial.end)
    for (const part of partial.parts) {
      if (part.from + part.bytes.length > partial.end) return 'fragment_dropped'
      whole.set(part.bytes, part.from)
    }
    this.whole = whole
    return 'whole'
  }

  #giveUp(partial: Partial): void {
    this.#bytes -= partial.bytes
    partial.parts = []
    partial.bytes = 0
    partial.givenUp = true
  }

  #expire(at: number): void {
    for (const [key, partial] of this.#packets) {
      const old = at - partial.since > MAX_AGE_MS
      if (!old && this.#packets.size < MAX_PACKETS && this.#bytes < MAX_BYTES) return
      this.#packets.delete(key)
      this.#bytes -= partial.bytes
      this.expired++
    }
  }
}
