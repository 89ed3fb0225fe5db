import type { Counters, SegmentOutcome } from '../counters.ts'
import type { Packet } from '../wire/packet.ts'
import { ACK, FIN, RST, SYN } from '../wire/tcp.ts'
import type { Connection, EndReason, Half, Segment } from './connection.ts'
import { ConnectionPool } from './connection-pool.ts'
import {
  fitsBefore,
  isBeyond,
  isBlocked,
  isFull,
  isOpen,
  isPlausible,
  startFromHints,
  startFromSyn,
  WINDOW,
} from './half-rules.ts'
import { hold, trim } from './held.ts'
import type { TcpLimits } from './limits.ts'
import { add, diff } from './sequence.ts'

/**
 * What reassembly tells its user. Bytes of one half come in order; `gap` says that bytes before the next ones were never
 * captured. Across the halves the order is causal: bytes come after all bytes that their sender had acknowledged, as
 * far as those were captured. `b` is only valid during the call.
 */
export type StreamHandler<App> = {
  data(
    c: Connection<App>,
    side: 0 | 1,
    b: Buffer,
    start: number,
    end: number,
    sequence: number,
    acknowledgement: number,
    aligned: boolean,
    at: number,
  ): void
  gap(c: Connection<App>, side: 0 | 1, bytes: number, at: number): void
  end(c: Connection<App>, side: 0 | 1, reason: EndReason, at: number): void
  /** Both halves have ended. */
  closed(c: Connection<App>, at: number): void
}

/** So many segments in a row outside the window are a new connection whose SYN was not captured. */
const STRAYS = 8

/**
 * TCP reassembly (RFC 9293) of captured packets: SYN or mid-stream start, any order, explicit gaps, bounded memory.
 * Fast because bytes that arrive in order are handed on in place; only early ones are copied.
 */
export class Assembler<App> {
  readonly #handler: StreamHandler<App>
  readonly #limits: TcpLimits
  readonly #counters: Counters
  readonly #pool: ConnectionPool<App>
  readonly #waiting = new Set<Connection<App>>()
  #heldBytes = 0

  constructor(handler: StreamHandler<App>, limits: TcpLimits, counters: Counters) {
    this.#handler = handler
    this.#limits = limits
    this.#pool = new ConnectionPool(limits)
    this.#counters = counters
  }

  /** Connections that are remembered, lingering ones included. */
  get connections(): number {
    return this.#pool.size
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Takes one decoded TCP packet. */
  segment(p: Packet, at: number): void {
    const length = p.end - p.start
    this.#counters.bytes.received += length
    this.#counters.segments[this.#take(p, length, at)]++
    if (p.missing > 0) this.#counters.truncatedSegments++
  }

  /** Timers: late packets, resets, idle and lingering connections. */
  sweep(now: number): void {
    for (const c of this.#waiting) {
      this.#release(c, now, false)
      if (!c.closed && c.endingAt >= 0 && now - c.endingAt >= this.#limits.reorderMs)
        this.#finish(c, c.endingBy, now)
      if (c.closed || (c.endingAt < 0 && !isBlocked(c.halves[0]) && !isBlocked(c.halves[1]))) {
        c.waiting = false
        this.#waiting.delete(c)
      }
    }
    for (let c = this.#pool.idle(now); c !== null; c = this.#pool.idle(now)) this.#finish(c, 'idle', now)
    this.#pool.forgetLingering(now)
  }

  /** The capture is over: ends every connection. */
  close(now: number): void {
    for (let c = this.#pool.oldestOpen; c !== null; c = this.#pool.oldestOpen)
      this.#finish(c, c.endingAt >= 0 ? c.endingBy : 'capture_end', now)
    this.#pool.forgetLingering(null)
  }

  /** Everything that comes on this connection from now on is counted and dropped. */
  ignore(c: Connection<App>): void {
    c.ignored = true
    this.#dropHeld(c)
  }

  #take(p: Packet, length: number, at: number): SegmentOutcome {
    const { flags } = p
    let c = this.#pool.find(p)
    let { side } = this.#pool
    if ((flags & SYN) !== 0) c = this.#openBySyn(c, side, p, at)
    else if (c === null || (c.closed && length > 0 && isBeyond(c.halves[side], p.sequence))) {
      if ((flags & RST) !== 0) {
        this.#counters.bytes.ignored += length
        return 'stray'
      }
      c = this.#add(c, p, at)
    }
    side = this.#pool.side
    c.lastAt = at
    if (c.closed) {
      this.#counters.bytes.after_end += length
      return 'after_end'
    }
    const half = c.halves[side]
    const peer = c.halves[side === 0 ? 1 : 0]
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
      if (isPlausible(half, p.sequence)) this.#endSoon(c, 'reset', at)
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
    if (half.fin || peer.held.length > 0) this.#drain(c, at)
    return 'control'
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
        this.#deliver(c, side, p.buffer, start, p.end, from, p.acknowledgement, true, at)
        const peer = c.halves[side === 0 ? 1 : 0]
        if (half.fin || peer.held.length > 0 || peer.fin) this.#drain(c, at)
        return 'data'
      }
    }
    if (half.held.length === 0) half.blockedSince = at
    const ack = p.acknowledgement
    const taken = hold(half, p.buffer, start, p.end, from, ack, hasAck, from === sequence, at)
    bytes.duplicate += p.end - start - taken
    this.#heldBytes += taken
    if (taken === 0) return 'duplicate'
    this.#drain(c, at)
    if (isFull(half, this.#limits) || this.#heldBytes > this.#limits.heldBytes) this.#release(c, at, true)
    return 'data'
  }

  /** Eight of them in a row are a connection whose SYN was not captured. */
  #outOfWindow(c: Connection<App>, p: Packet, length: number, at: number): SegmentOutcome {
    this.#counters.bytes.out_of_window += length
    if (++c.strays >= STRAYS) this.#add(c, p, at)
    return 'out_of_window'
  }

  #noteAck(c: Connection<App>, side: 0 | 1, p: Packet): void {
    const half = c.halves[side]
    const peer = c.halves[side === 0 ? 1 : 0]
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
      const half = c.halves[side]
      if (half.fromSyn && half.initial === p.sequence) return c
      if (!c.closed && !half.fromSyn && fitsBefore(half, p.sequence)) {
        startFromSyn(half, p.sequence)
        this.#heldBytes -= trim(half)
        if (c.opener < 0) c.opener = isAnswer ? (side === 0 ? 1 : 0) : side
        return c
      }
    }
    const added = this.#add(c, p, at)
    startFromSyn(added.halves[0], p.sequence)
    added.opener = isAnswer ? 1 : 0
    return added
  }

  /** Adds a connection in the place of `old`. */
  #add(old: Connection<App> | null, p: Packet, at: number): Connection<App> {
    if (old !== null) {
      if (!old.closed) this.#finish(old, 'reused', at)
      this.#pool.forget(old)
    }
    if (this.#pool.isFull) {
      const victim = this.#pool.makeRoom(at)
      if (victim !== null) {
        this.#finish(victim, 'evicted', at)
        this.#pool.forget(victim)
      }
    }
    this.#counters.connections.opened++
    return this.#pool.add(p, at)
  }

  #deliver(
    c: Connection<App>,
    side: 0 | 1,
    b: Buffer,
    start: number,
    end: number,
    sequence: number,
    acknowledgement: number,
    aligned: boolean,
    at: number,
  ): void {
    const half = c.halves[side]
    half.next = add(sequence, end - start)
    half.delivered = true
    this.#counters.bytes.delivered += end - start
    this.#handler.data(c, side, b, start, end, sequence, acknowledgement, aligned, at)
  }

  /** Delivers whatever may be delivered, on both halves, until nothing moves. */
  #drain(c: Connection<App>, at: number): void {
    for (let moved = true; moved && !c.closed; ) {
      moved = false
      for (let side: 0 | 1 = 0; ; side = 1) {
        if (this.#drainHalf(c, side, at)) moved = true
        if (c.ignored || side === 1) break
      }
      if (c.ignored) return
    }
    if (c.closed) return
    const [a, b] = c.halves
    if (a.ended && b.ended) this.#finish(c, 'fin', at)
    else if ((a.ended && !b.seen) || (b.ended && !a.seen)) this.#endSoon(c, 'fin', at)
    else if (isBlocked(a) || isBlocked(b)) this.#wait(c)
  }

  #drainHalf(c: Connection<App>, side: 0 | 1, at: number): boolean {
    const half = c.halves[side]
    if (!half.started) return false
    let moved = false
    while (half.held.length > 0) {
      const old = trim(half)
      this.#heldBytes -= old
      this.#counters.bytes.duplicate += old
      const first = half.held[0]
      if (first === undefined || diff(first.sequence, half.next) > 0) break
      if (!isOpen(c, side, first.hasAck, first.acknowledgement)) break
      half.held.shift()
      half.heldBytes -= first.bytes.length
      this.#heldBytes -= first.bytes.length
      half.blockedSince = at
      moved = true
      this.#deliverHeld(c, side, first)
      if (c.ignored) return true
    }
    if (half.fin && !half.ended && half.held.length === 0 && diff(half.next, half.finSequence) >= 0) {
      if (isOpen(c, side, true, half.finAcknowledgement)) {
        half.next = add(half.finSequence, 1)
        half.ended = true
        moved = true
        this.#handler.end(c, side, 'fin', at)
      }
    }
    return moved
  }

  #deliverHeld(c: Connection<App>, side: 0 | 1, s: Segment): void {
    this.#deliver(c, side, s.bytes, 0, s.bytes.length, s.sequence, s.acknowledgement, s.aligned, s.at)
  }

  /** Gives up what has been missing for too long, or whatever is missing when forced. */
  #release(c: Connection<App>, now: number, force: boolean): void {
    while (!c.closed && !c.ignored) {
      const [a, b] = c.halves
      // The half that was blocked first is the cause of the other's waiting more often than not.
      const first = isBlocked(a) && (!isBlocked(b) || a.blockedSince <= b.blockedSince) ? 0 : 1
      if (!this.#releaseHalf(c, first, now, force)) {
        if (!this.#releaseHalf(c, first === 0 ? 1 : 0, now, force)) return
      }
      this.#drain(c, now)
      if (force && !isFull(a, this.#limits) && !isFull(b, this.#limits) && !this.#isOverHeld()) return
    }
  }

  #isOverHeld(): boolean {
    return this.#heldBytes > this.#limits.heldBytes
  }

  #releaseHalf(c: Connection<App>, side: 0 | 1, now: number, force: boolean): boolean {
    const half = c.halves[side]
    if (!isBlocked(half)) return false
    const waited = now - half.blockedSince
    const first = half.held[0]
    if (!half.started) {
      if (!force && waited < this.#limits.reorderMs) return false
      startFromHints(half, first === undefined ? half.finSequence : first.sequence)
      return true
    }
    const sequence = first === undefined ? half.finSequence : first.sequence
    if (diff(sequence, half.next) > 0) {
      const covered = half.hasAcked && diff(half.acked, sequence) >= 0
      const wait = covered || c.endingAt >= 0 ? this.#limits.reorderMs : this.#limits.retransmitMs
      if (!force && waited < wait) return false
      this.#gap(c, side, sequence, now)
      return true
    }
    if (!force && waited < this.#limits.reorderMs) return false
    // It waits for bytes of the other half that its sender had, and that were not captured.
    const other: 0 | 1 = side === 0 ? 1 : 0
    const peer = c.halves[other]
    if (!peer.seen && !c.isOneSided) {
      c.isOneSided = true
      return true
    }
    const acknowledged = first === undefined ? half.finAcknowledgement : first.acknowledgement
    const next = peer.held[0]
    if (!peer.started) {
      const known = peer.hasAcked ? peer.acked : acknowledged
      startFromHints(peer, next === undefined ? known : next.sequence)
    } else {
      const until = next !== undefined && diff(acknowledged, next.sequence) > 0 ? next.sequence : acknowledged
      if (diff(until, peer.next) <= 0) return false
      this.#gap(c, other, until, now)
    }
    return true
  }

  #gap(c: Connection<App>, side: 0 | 1, until: number, at: number): void {
    const half = c.halves[side]
    const bytes = diff(until, half.next)
    half.next = until
    this.#counters.bytes.gap += bytes
    this.#handler.gap(c, side, bytes, at)
  }

  #finish(c: Connection<App>, reason: EndReason, at: number): void {
    while (!c.ignored && (isBlocked(c.halves[0]) || isBlocked(c.halves[1]))) {
      if (!this.#releaseHalf(c, 0, at, true) && !this.#releaseHalf(c, 1, at, true)) break
      this.#drain(c, at)
      if (c.closed) return
    }
    if (c.closed) return
    c.closed = true
    this.#dropHeld(c)
    for (const side of [0, 1] as const) {
      if (c.halves[side].ended) continue
      c.halves[side].ended = true
      if (!c.ignored) this.#handler.end(c, side, reason, at)
    }
    this.#handler.closed(c, at)
    this.#counters.connections[reason]++
    c.app = null
    this.#pool.linger(c, at)
  }

  #dropHeld(c: Connection<App>): void {
    for (const half of c.halves) {
      this.#heldBytes -= half.heldBytes
      this.#counters.bytes.ignored += half.heldBytes
      half.held = []
      half.heldBytes = 0
    }
  }

  #followIgnored(c: Connection<App>, half: Half, flags: number, at: number): void {
    if ((flags & FIN) !== 0) half.ended = true
    if ((flags & RST) !== 0) this.#finish(c, 'reset', at)
    else if (c.halves[0].ended && c.halves[1].ended) this.#finish(c, 'fin', at)
  }

  /** Ends the connection once packets that were overtaken had time to come. */
  #endSoon(c: Connection<App>, reason: 'fin' | 'reset', at: number): void {
    if (c.endingAt < 0) {
      c.endingAt = at
      c.endingBy = reason
    }
    this.#wait(c)
  }

  #wait(c: Connection<App>): void {
    if (c.waiting) return
    c.waiting = true
    this.#waiting.add(c)
  }
}
