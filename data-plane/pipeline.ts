import { type Counters, newCounters, type PacketOutcome } from './counters.ts'
import type { BodyBudget } from './http/body.ts'
import type { ExchangeHandler } from './http/exchange.ts'
import type { HttpFlow } from './http/flow.ts'
import { HTTP_LIMITS, type HttpLimits } from './http/limits.ts'
import type { ProtocolCount } from './http/protocol.ts'
import { HttpStreams } from './http/streams.ts'
import { Assembler } from './tcp/assembler.ts'
import { type BothEnds, NOT_AT_BOTH_ENDS } from './tcp/both-ends.ts'
import { Direction } from './tcp/direction.ts'
import { TCP_LIMITS, type TcpLimits } from './tcp/limits.ts'
import { Fragments } from './wire/fragments.ts'
import { GeneveTunnel } from './wire/geneve-tunnel.ts'
import { decodeFrame, decodeNetwork, Packet, type PacketKind } from './wire/packet.ts'
import * as vxlan from './wire/vxlan.ts'

export type Watched = {
  /** Packets that touch none of these TCP ports are counted and dropped; null takes all. */
  ports: ReadonlySet<number> | null
  /** MAC addresses of the mirrored ENIs, as numbers (wire/ethernet.ts), by VNI. */
  macs: ReadonlyMap<number, number>
  /** Which of two copies is read where both ends of a connection are mirrored. */
  bothEnds: BothEnds
}

export type PipelineOptions = Partial<Watched> & {
  /**
   * Whether a datagram of this VNI from this outer source counts. Called before anything inside it is read. `source` is
   * whatever the caller gives to `datagram`.
   */
  admit?: (vni: number, source: number) => boolean
  limits?: Partial<TcpLimits & HttpLimits>
  /** For unfinished bodies, shared with other pipelines; of its own when left out. */
  bodies?: BodyBudget
}

/** How far capture time moves on before timers are looked at without a call of `flush`. */
const SWEEP_MS = 50

/** The path from a mirrored packet to exchanges. One per worker. Never throws, whatever the packets are. */
export class Pipeline {
  readonly counters: Counters = newCounters()
  /** The VNI of the datagram being read, for `onRequest` and `onExchange` it is in the connection. */
  readonly #packet = new Packet()
  readonly #fragments = new Fragments()
  readonly #tunnel = new GeneveTunnel()
  readonly #streams: HttpStreams
  readonly #assembler: Assembler<HttpFlow>
  readonly #admit: ((vni: number, source: number) => boolean) | null
  readonly #direction: Direction
  #bothEnds: BothEnds
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor(handler: ExchangeHandler, options: PipelineOptions = {}) {
    const limits = { ...TCP_LIMITS, ...HTTP_LIMITS, ...options.limits }
    const bodies = options.bodies ?? { used: 0, limit: limits.totalBodyBytes }
    this.#streams = new HttpStreams(handler, limits, this.counters, bodies, (c) => this.#assembler.ignore(c))
    this.#direction = new Direction(options.ports ?? null, options.macs ?? new Map())
    this.#assembler = new Assembler(this.#streams, limits, this.counters, (p) => this.#direction.server(p))
    this.#admit = options.admit ?? null
    this.#bothEnds = options.bothEnds ?? NOT_AT_BOTH_ENDS
  }

  /** Ports and copies take effect for the next packet, MAC addresses for connections that are new from now on. */
  watch({ ports, macs, bothEnds }: Watched): void {
    this.#direction.ports = ports
    this.#direction.macs = macs
    this.#bothEnds = bothEnds
  }

  /** Connections and bytes that are held at the moment. */
  get usage(): { connections: number; heldBytes: number; bodyBytes: number } {
    return {
      connections: this.#assembler.connections,
      heldBytes: this.#assembler.heldBytes,
      bodyBytes: this.#streams.bodyBytes,
    }
  }

  /** Connections that carry something other than HTTP/1, by protocol, server and port. */
  get protocols(): readonly ProtocolCount[] {
    return this.#streams.protocols.list()
  }

  /**
   * One UDP payload from port 4789, read in place in `b[offset, offset + length)`. `source` identifies the outer source
   * address for `admit`; `at` is the capture time in milliseconds. The buffer may be reused after the call.
   */
  datagram(b: Buffer, offset: number, length: number, source: number, at: number): void {
    const { datagrams } = this.counters
    if (!vxlan.isLongEnough(length)) {
      datagrams.short++
      return
    }
    if (!vxlan.hasVni(b, offset)) {
      datagrams.not_vxlan++
      return
    }
    const vni = vxlan.vni(b, offset)
    if (this.#admit !== null && !this.#admit(vni, source)) {
      datagrams.refused++
      return
    }
    datagrams.accepted++
    this.frame(b, offset + vxlan.HEADER_LENGTH, length - vxlan.HEADER_LENGTH, vni, at)
  }

  /** One UDP payload from port 6081: a mirrored packet that came through a Gateway Load Balancer. */
  geneve(b: Buffer, offset: number, length: number, at: number): void {
    const kind = this.#tunnel.unwrap(b, offset, length, at)
    if (kind !== 'vxlan') {
      this.counters.datagrams[kind]++
      return
    }
    const { buffer, start, end } = this.#tunnel.payload
    this.datagram(buffer, start, end - start, this.#tunnel.source, at)
  }

  /** An Ethernet frame; `vni` is negative when it did not come in VXLAN. */
  frame(b: Buffer, offset: number, length: number, vni: number, at: number): void {
    this.#packet.vni = vni
    this.#packet.frame = b
    this.#packet.frameStart = offset
    this.#count(decodeFrame(this.#packet, this.#fragments, b, offset, offset + length, at), at)
  }

  /** A packet without a link header, by its EtherType. */
  network(etherType: number, b: Buffer, offset: number, length: number, vni: number, at: number): void {
    this.#packet.vni = vni
    this.#packet.frame = null
    const end = offset + length
    this.#count(decodeNetwork(this.#packet, this.#fragments, etherType, b, offset, end, at), at)
  }

  /** A packet that the caller has decoded. */
  decoded(packet: Packet, kind: PacketKind, at: number): void {
    const outcome = this.#outcome(packet, kind)
    this.counters.packets[outcome]++
    if (outcome === 'tcp') this.#assembler.segment(packet, at)
    if (at - this.#sweptAt >= SWEEP_MS) this.flush(at)
  }

  /** Runs the timers: call it at least a few times a second also when no packets come. */
  flush(now: number): void {
    this.#sweptAt = now
    this.#assembler.sweep(now)
    this.#streams.sweep(now)
  }

  /** No packet comes any more: gives out everything that can be said. */
  close(now: number): void {
    this.flush(now)
    this.#assembler.close(now)
  }

  #count(kind: PacketKind, at: number): void {
    this.decoded(this.#packet, kind, at)
  }

  #outcome(packet: Packet, kind: PacketKind): PacketOutcome {
    if (kind !== 'tcp') return kind
    if (!this.#direction.isWanted(packet)) return 'other_port'
    return this.#bothEnds.isOther(packet) ? 'other_end' : 'tcp'
  }
}
