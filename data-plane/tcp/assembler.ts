import type { Counters, SegmentOutcome } from '../counters.ts'
import type { Packet } from '../wire/packet.ts'
import { ACK, FIN, RST, SYN } from '../wire/tcp.ts'
import type { Connection, Half } from './connection.ts'
import { ConnectionPool } from './connection-pool.ts'
import { Delivery } from './delivery.ts'
import {
  fitsBefore,
  isBeyond,
  isFull,
  isOpen,
  isPlausible,
  notePause,
  startFromHints,
  startFromSyn,
  WINDOW,
} from './half-rules.ts'
import { hold, trim } from './held.ts'
import { instant } from './instant.ts'
import type { TcpLimits } from './limits.ts'
import { add, diff } from './sequence.ts'
import type { StreamHandler } from './stream-handler.ts'
import { type Twinship, twinship } from './twins.ts'

/** So many segments in a row outside the window are a new connection whose SYN was not captured. */
const STRAYS = 8
/** A packet passes few mirrored ENIs on its way; further ones are not followed. */
const MAX_TWINS = 8

/**
 * TCP reassembly (RFC 9293) of captured packets: SYN or mid-stream start, any order, explicit gaps, bounded memory.
 * Fast because bytes that arrive in order are handed on in place; only early ones are copied.
 */
export class Assembler<App> {
  readonly #limits: TcpLimits
  readonly #counters: Counters
  readonly #pool: ConnectionPool<App>
  readonly #delivery: Delivery<App>
  readonly #serverOf: (p: Packet) => -1 | 0 | 1

  /** `serverOf` says which end of a packet serves: 0 its sender, 1 its receiver, -1 when that is not known. */
  constructor(
    handler: StreamHandler<App>,
    limits: TcpLimits,
    counters: Counters,
    serverOf: (p: Packet) => -1 | 0 | 1 = () => -1,
  ) {
    this.#serverOf = serverOf
    this.#limits = limits
    this.#pool = new ConnectionPool(limits)
    this.#counters = counters
    this.#delivery = new Delivery(handler, limits, counters, this.#pool)
  }

  /** Connections that are remembered, lingering ones included. */
  get connections(): number {
    return this.#pool.size
  }

  get heldBytes(): number {
    return this.#delivery.heldBytes
  }

  /** Takes one decoded TCP packet. */
  segment(p: Packet, at: number): void {
    const length = p.end - p.start
    this.#counters.bytes.received += length
    const outcome = this.#take(p, length, at)
    // By far the most frequent one by its name, which costs less than a look-up.
    if (outcome === 'data') this.#counters.segments.data++
    else this.#counters.segments[outcome]++
    if (p.missing > 0) this.#counters.truncatedSegments++
  }

  /** Timers: late packets, resets, idle and lingering connections. */
  sweep(now: number): void {
    this.#delivery.sweep(now)
    for (let c = this.#pool.idle(now); c !== null; c = this.#pool.idle(now))
      this.#delivery.finish(c, 'idle', now)
    this.#pool.forgetLingering(now)
  }

  /** The capture is over: ends every connection. */
  close(now: number): void {
    for (let c = this.#pool.oldestOpen; c !== null; c = this.#pool.oldestOpen)
      this.#delivery.finish(c, c.endingAt >= 0 ? c.endingBy : 'capture_end', now)
    this.#pool.forgetLingering(null)
  }

  /** Everything that comes on this connection from now on is counted and dropped. */
  ignore(c: Connection<App>): void {
    c.ignored = true
    this.#delivery.dropHeld(c)
  }

  #take(p: Packet, length: number, at: number): SegmentOutcome {
    const { flags } = p
    let c = this.#pool.find(p)
    if (c === null || c.closed || (flags & SYN) !== 0) {
      const relation = this.#meetTwin(c, p, at)
      if (relation === 'copy') {
        this.#counters.bytes.duplicate += length
        return 'duplicate_vni'
      }
      c = this.#pool.find(p)
    }
    const { side } = this.#pool
    if ((flags & SYN) !== 0) c = this.#openBySyn(c, side, p, at)
    else if (c === null || (c.closed && length > 0 && isBeyond(c.half(side), p.sequence))) {
      if ((flags & RST) !== 0) {
        this.#counters.bytes.ignored += length
        return 'stray'
      }
      c = this.#add(c, p, at)
    }
    const outcome = this.#read(c, this.#pool.side, p, length, at)
    if (c.twins === null) return outcome
    const isCopy = outcome === 'duplicate' || (outcome === 'control' && p.vni !== c.vni)
    return isCopy ? 'duplicate_vni' : outcome
  }

  #read(c: Connection<App>, side: 0 | 1, p: Packet, length: number, at: number): SegmentOutcome {
    const { flags } = p
    c.lastAt = instant(at)
    if (c.closed) {
      this.#counters.bytes.after_end += length
      return 'after_end'
    }
    const half = c.half(side)
    const peer = c.half(side === 0 ? 1 : 0)
    if (!half.seen) {
      half.seen = true
      if (c.endingBy === 'fin') c.endingAt = -1
    }
    if (c.ignored) {
      this.#followIgnored(c, half, flags, at)
      this.#counters.bytes.ignored += length
      return length > 0 ? 'ignored' : 'control'
    }

    const hasAck = (flags & ACK) !== 0
    if (hasAck) this.#noteAck(c, side, p)
    if ((flags & RST) !== 0) {
      if (isPlausible(half, p.sequence)) this.#delivery.endSoon(c, 'reset', at)
      this.#counters.bytes.ignored += length
      return 'control'
    }
    const sequence = (flags & SYN) !== 0 ? add(p.sequence, 1) : p.sequence
    if ((flags & FIN) !== 0 && !half.fin) {
      const finSequence = add(sequence, length + p.missing)
      if (!half.started || Math.abs(diff(finSequence, half.next)) <= WINDOW) {
        half.fin = true
        half.finSequence = finSequence
        half.finAcknowledgement = hasAck ? p.acknowledgement : half.finAcknowledgement
        if (half.held.length === 0) half.blockedSince = at
      }
    }
    if (length > 0) return this.#payload(c, side, half, p, sequence, length, hasAck, at)
    if (!half.started && !half.hasHint && (flags & (SYN | RST)) === 0) {
      half.hasHint = true
      half.hint = p.sequence
    }
    if (hasAck && p.missing === 0 && (flags & (SYN | FIN)) === 0)
      notePause(half, p.sequence, p.acknowledgement)
    if (half.fin || peer.held.length > 0) this.#delivery.drain(c, at)
    return 'control'
  }

  /** Looks for the connection under another VNI, and lets this packet's VNI carry it from now on when it is proven. */
  #meetTwin(own: Connection<App> | null, p: Packet, at: number): Twinship {
    for (let c = this.#pool.findOther(p, null); c !== null; c = this.#pool.findOther(p, c)) {
      const relation = twinship(c, this.#pool.side, p, at)
      if (relation === 'foreign' || (relation !== 'same' && own !== null)) continue
      if (relation === 'same') {
        if (own !== null) this.#remove(own, at)
        c.twins ??= []
        if (c.twins.length >= MAX_TWINS) return 'copy'
        c.twins.push(p.vni)
      } else if (relation === 'successor') this.#remove(c, at)
      return relation
    }
    return 'foreign'
  }

  #payload(
    c: Connection<App>,
    side: 0 | 1,
    half: Half,
    p: Packet,
    sequence: number,
    length: number,
    hasAck: boolean,
    at: number,
  ): SegmentOutcome {
    const bytes = this.#counters.bytes
    if (half.ended) {
      bytes.after_end += length
      return 'after_end'
    }
    // A half joined in the middle waits a moment: its first bytes may have been overtaken.
    if (!half.started && at - c.openedAt >= this.#limits.reorderMs && half.held.length === 0)
      startFromHints(half, sequence)

    let { start } = p
    let from = sequence
    if (half.started) {
      const ahead = diff(sequence, half.next)
      if (ahead > WINDOW || ahead < -WINDOW) return this.#outOfWindow(c, p, length, at)
      c.strays = 0
      if (ahead < 0) {
        // Bytes that were delivered stay as they were; of a retransmission only what is new is taken.
        if (-ahead >= length) {
          bytes.duplicate += length
          return 'duplicate'
        }
        bytes.duplicate -= ahead
        start -= ahead
        from = half.next
      } else if (ahead === 0 && half.held.length === 0 && isOpen(c, side, hasAck, p.acknowledgement)) {
        this.#delivery.deliver(c, side, p.buffer, start, p.end, from, p.acknowledgement, true, at)
        const peer = c.half(side === 0 ? 1 : 0)
        if (half.fin || peer.held.length > 0 || peer.fin) this.#delivery.drain(c, at)
        return 'data'
      }
    }
    if (half.held.length === 0) half.blockedSince = at
    const ack = p.acknowledgement
    const taken = hold(half, p.buffer, start, p.end, from, ack, hasAck, from === sequence, at)
    bytes.duplicate += p.end - start - taken
    this.#delivery.heldBytes += taken
    if (taken === 0) return 'duplicate'
    this.#delivery.drain(c, at)
    if (isFull(half, this.#limits) || this.#delivery.heldBytes > this.#limits.heldBytes)
      this.#delivery.release(c, at, true)
    return 'data'
  }

  /** Eight of them in a row are a connection whose SYN was not captured. */
  #outOfWindow(c: Connection<App>, p: Packet, length: number, at: number): SegmentOutcome {
    this.#counters.bytes.out_of_window += length
    if (++c.strays >= STRAYS) this.#add(c, p, at)
    return 'out_of_window'
  }

  #noteAck(c: Connection<App>, side: 0 | 1, p: Packet): void {
    const half = c.half(side)
    const peer = c.half(side === 0 ? 1 : 0)
    const ack = p.acknowledgement
    if (!peer.hasAcked || diff(ack, peer.acked) > 0) peer.acked = ack
    peer.hasAcked = true
    // The client's first segment after its SYN acknowledges the server's SYN and nothing else.
    if (
      !peer.started &&
      half.fromSyn &&
      c.opener === side &&
      p.sequence === add(half.initial, 1) &&
      (p.flags & SYN) === 0
    )
      startFromSyn(peer, add(ack, -1))
  }

  /** Finds or makes the connection that a SYN belongs to: a copy, the other half's answer, or port reuse. */
  #openBySyn(c: Connection<App> | null, side: 0 | 1, p: Packet, at: number): Connection<App> {
    const isAnswer = (p.flags & ACK) !== 0
    if (c !== null) {
      const half = c.half(side)
      if (half.fromSyn && half.initial === p.sequence) return c
      if (!c.closed && !half.fromSyn && fitsBefore(half, p.sequence)) {
        startFromSyn(half, p.sequence)
        this.#delivery.heldBytes -= trim(half)
        if (c.opener < 0) c.opener = isAnswer ? (side === 0 ? 1 : 0) : side
        else if (isAnswer && c.opener !== side) this.#counters.handshakes.count((at - c.openedAt) / 1000)
        return c
      }
    }
    const added = this.#add(c, p, at)
    startFromSyn(added.half(0), p.sequence)
    added.opener = isAnswer ? 1 : 0
    return added
  }

  /** Adds a connection in the place of `old`. */
  #add(old: Connection<App> | null, p: Packet, at: number): Connection<App> {
    if (old !== null) this.#remove(old, at)
    if (this.#pool.isFull) {
      const victim = this.#pool.makeRoom(at)
      if (victim !== null) {
        this.#delivery.finish(victim, 'evicted', at)
        this.#pool.forget(victim)
      }
    }
    this.#counters.connections.opened++
    const c = this.#pool.add(p, at)
    c.server = this.#serverOf(p)
    return c
  }

  #remove(old: Connection<App>, at: number): void {
    if (!old.closed) this.#delivery.finish(old, 'reused', at)
    this.#pool.forget(old)
  }

  #followIgnored(c: Connection<App>, half: Half, flags: number, at: number): void {
    if ((flags & FIN) !== 0) half.ended = true
    if ((flags & RST) !== 0) this.#delivery.finish(c, 'reset', at)
    else if (c.half(0).ended && c.half(1).ended) this.#delivery.finish(c, 'fin', at)
  }
}
