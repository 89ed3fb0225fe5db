import type { Counters } from '../counters.ts'
import { type Connection, type EndReason, NOTHING_HELD, type Segment } from './connection.ts'
import type { ConnectionPool } from './connection-pool.ts'
import { isBlocked, isFull, isOpen, startFromHints } from './half-rules.ts'
import { dropFirst, trim } from './held.ts'
import type { TcpLimits } from './limits.ts'
import { add, diff } from './sequence.ts'
import type { StreamHandler } from './stream-handler.ts'

/** Hands bytes on in their order: what is held until its turn, what is given up, and the end of connections. */
export class Delivery<App> {
  /** Bytes that all halves hold behind holes. */
  heldBytes = 0
  readonly #handler: StreamHandler<App>
  readonly #limits: TcpLimits
  readonly #counters: Counters
  readonly #pool: ConnectionPool<App>
  readonly #waiting = new Set<Connection<App>>()

  constructor(handler: StreamHandler<App>, limits: TcpLimits, counters: Counters, pool: ConnectionPool<App>) {
    this.#handler = handler
    this.#limits = limits
    this.#counters = counters
    this.#pool = pool
  }

  /** Gives up what has waited for long enough. */
  sweep(now: number): void {
    for (const c of this.#waiting) {
      this.release(c, now, false)
      if (!c.closed && c.endingAt >= 0 && now - c.endingAt >= this.#limits.reorderMs)
        this.finish(c, c.endingBy, now)
      if (c.closed || (c.endingAt < 0 && !isBlocked(c.half(0)) && !isBlocked(c.half(1)))) {
        c.waiting = false
        this.#waiting.delete(c)
      }
    }
  }

  /** Hands on bytes whose turn it is. */
  deliver(
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
    const half = c.half(side)
    half.next = add(sequence, end - start)
    half.delivered = true
    this.#counters.bytes.delivered += end - start
    this.#handler.data(c, side, b, start, end, sequence, acknowledgement, aligned, at)
  }

  /** Delivers whatever may be delivered, on both halves, until nothing moves. */
  drain(c: Connection<App>, at: number): void {
    for (let moved = true; moved && !c.closed; ) {
      moved = false
      for (let side: 0 | 1 = 0; ; side = 1) {
        if (this.#drainHalf(c, side, at)) moved = true
        if (c.ignored || side === 1) break
      }
      if (c.ignored) return
    }
    if (c.closed) return
    const a = c.half(0)
    const b = c.half(1)
    if (a.ended && b.ended) this.finish(c, 'fin', at)
    else if ((a.ended && !b.seen) || (b.ended && !a.seen)) this.endSoon(c, 'fin', at)
    else if (isBlocked(a) || isBlocked(b)) this.#wait(c)
  }

  #drainHalf(c: Connection<App>, side: 0 | 1, at: number): boolean {
    const half = c.half(side)
    if (!half.started) return false
    let moved = false
    while (half.held.length > 0) {
      const old = trim(half)
      this.heldBytes -= old
      this.#counters.bytes.duplicate += old
      const first = half.held[0]
      if (first === undefined || diff(first.sequence, half.next) > 0) break
      if (!isOpen(c, side, first.hasAck, first.acknowledgement)) break
      dropFirst(half)
      half.heldBytes -= first.bytes.length
      this.heldBytes -= first.bytes.length
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
    this.deliver(c, side, s.bytes, 0, s.bytes.length, s.sequence, s.acknowledgement, s.aligned, s.at)
  }

  /** Gives up what has been missing for too long, or whatever is missing when forced. */
  release(c: Connection<App>, now: number, force: boolean): void {
    while (!c.closed && !c.ignored) {
      const a = c.half(0)
      const b = c.half(1)
      // The half that was blocked first is the cause of the other's waiting more often than not.
      const first = isBlocked(a) && (!isBlocked(b) || a.blockedSince <= b.blockedSince) ? 0 : 1
      if (!this.#releaseHalf(c, first, now, force)) {
        if (!this.#releaseHalf(c, first === 0 ? 1 : 0, now, force)) return
      }
      this.drain(c, now)
      if (force && !isFull(a, this.#limits) && !isFull(b, this.#limits) && !this.#isOverHeld()) return
    }
  }

  #isOverHeld(): boolean {
    return this.heldBytes > this.#limits.heldBytes
  }

  #releaseHalf(c: Connection<App>, side: 0 | 1, now: number, force: boolean): boolean {
    const half = c.half(side)
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
      if (!force) {
        if (!this.#isLost(c, side, sequence, first, now)) return false
        if (!c.half(side === 0 ? 1 : 0).seen) c.isOneSided = true
      }
      this.#gap(c, side, sequence, now)
      return true
    }
    if (!force && waited < this.#limits.reorderMs) return false
    // It waits for bytes of the other half that its sender had, and that were not captured.
    const other: 0 | 1 = side === 0 ? 1 : 0
    const peer = c.half(other)
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

  /** Whether the bytes from where the half is to `sequence`, where `first` is, will not come any more. */
  #isLost(
    c: Connection<App>,
    side: 0 | 1,
    sequence: number,
    first: Segment | undefined,
    now: number,
  ): boolean {
    const { reorderMs, aloneMs, retransmitMs } = this.#limits
    const half = c.half(side)
    const peer = c.half(side === 0 ? 1 : 0)
    const isCovered = half.hasAcked && diff(half.acked, sequence) >= 0
    if (peer.seen) return now - half.blockedSince >= (isCovered || c.endingAt >= 0 ? reorderMs : retransmitMs)
    // Each hole has its own time: one that was given up does not hold up the next.
    const since = first === undefined ? half.blockedSince : Math.min(half.blockedSince, first.at)
    // The sender went on, having heard more since it was past the hole: the other side has read beyond it.
    const isAnswered = first?.hasAck === true && peer.hasAcked && diff(peer.acked, first.acknowledgement) > 0
    return now - since >= (isCovered || isAnswered || c.endingAt >= 0 ? reorderMs : aloneMs)
  }

  #gap(c: Connection<App>, side: 0 | 1, until: number, at: number): void {
    const half = c.half(side)
    const bytes = diff(until, half.next)
    half.next = until
    this.#counters.bytes.gap += bytes
    this.#handler.gap(c, side, bytes, at)
  }

  /** Says all that can be said about the connection and ends it. */
  finish(c: Connection<App>, reason: EndReason, at: number): void {
    while (!c.ignored && (isBlocked(c.half(0)) || isBlocked(c.half(1)))) {
      if (!this.#releaseHalf(c, 0, at, true) && !this.#releaseHalf(c, 1, at, true)) break
      this.drain(c, at)
      if (c.closed) return
    }
    if (c.closed) return
    c.closed = true
    this.dropHeld(c)
    for (const side of [0, 1] as const) {
      if (c.half(side).ended) continue
      c.half(side).ended = true
      if (!c.ignored) this.#handler.end(c, side, reason, at)
    }
    this.#handler.closed(c, at)
    this.#counters.connections[reason]++
    c.app = null
    this.#pool.linger(c, at)
  }

  /** Held bytes of the connection will not be delivered. */
  dropHeld(c: Connection<App>): void {
    for (const side of [0, 1] as const) {
      const half = c.half(side)
      this.heldBytes -= half.heldBytes
      this.#counters.bytes.ignored += half.heldBytes
      half.held = NOTHING_HELD
      half.heldBytes = 0
    }
  }

  /** Ends the connection once packets that were overtaken had time to come. */
  endSoon(c: Connection<App>, reason: 'fin' | 'reset', at: number): void {
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
