import { Fragments } from './fragments.ts'
import * as geneve from './geneve.ts'
import { decodeFrame, decodeNetwork, Packet, type PacketKind } from './packet.ts'
import * as vxlan from './vxlan.ts'

/**
 * What a datagram to the GENEVE port has inside.
 *
 * - `vxlan`: a mirrored packet; `payload` is the VXLAN datagram
 * - `not_geneve`: too short for its header, or another version
 * - `geneve_fragment`: a piece of a packet, kept until the rest comes
 * - `geneve_other`: GENEVE with something else than VXLAN
 */
export type GeneveKind = 'vxlan' | 'not_geneve' | 'geneve_fragment' | 'geneve_other'

/** Takes mirrored packets out of what a Gateway Load Balancer forwards. */
export class GeneveTunnel {
  /** The VXLAN datagram found last, in place: valid while the caller's buffer is, and until the next call. */
  readonly payload = new Packet()
  readonly #fragments = new Fragments()

  /** The sender of the VXLAN datagram as a 32-bit number, -1 when it is an IPv6 address. */
  get source(): number {
    return this.payload.family === 4 ? this.payload.source0 >>> 0 : -1
  }

  /** Reads a UDP payload in `b[offset, offset + length)`. */
  unwrap(b: Buffer, offset: number, length: number, at: number): GeneveKind {
    if (length < geneve.HEADER_LENGTH || geneve.version(b, offset) !== 0) return 'not_geneve'
    const end = offset + length
    const start = offset + geneve.headerLength(b, offset)
    if (start > end) return 'not_geneve'
    if (geneve.isControl(b, offset)) return 'geneve_other'
    const kind = this.#decode(geneve.protocolType(b, offset), b, start, end, at)
    if (kind === 'fragment') return 'geneve_fragment'
    return kind === 'udp' && this.payload.destinationPort === vxlan.PORT ? 'vxlan' : 'geneve_other'
  }

  #decode(type: number, b: Buffer, start: number, end: number, at: number): PacketKind {
    if (type === geneve.TYPE_ETHERNET) return decodeFrame(this.payload, this.#fragments, b, start, end, at)
    return decodeNetwork(this.payload, this.#fragments, type, b, start, end, at)
  }
}
