import type { Packet } from '../wire/packet.ts'
import { instant } from './instant.ts'

/** Bytes that came before their turn, copied out of the packet. */
export type Segment = {
  sequence: number
  acknowledgement: number
  hasAck: boolean
  bytes: Buffer
  /** It begins where a packet began, not where a copy was trimmed. */
  aligned: boolean
  /** What its sender had acknowledged when it was first seen to be at this place with nothing to send; null: it was not. */
  pausedAck: number | null
  at: number
}

/** Why a half has no more bytes. */
export type EndReason = 'fin' | 'reset' | 'idle' | 'evicted' | 'reused' | 'capture_end'

/**
 * One direction of a connection. What every packet looks at stands first, together in memory.
 *
 * Invariant: once `started`, every byte before `next` was delivered or given up as a gap; `held` is sorted, its segments
 * do not overlap, and all their bytes are at or after `next`.
 */
export class Half {
  /** Facts as bits: as fields of their own they would take more room than everything else. */
  #facts = 0
  next = 0
  /** Changed by `held.ts` only. */
  held: readonly Segment[] = NOTHING_HELD
  /** The highest of this half's bytes that the other side has acknowledged. */
  acked = 0
  initial = 0
  heldBytes = 0
  /** Since when the first held segment waits. */
  blockedSince = 0
  /** Sequence number of the first segment without data, while not `started`. */
  hint = 0
  /** Where the half's last empty segment was, and the lowest acknowledgement number of those there. */
  pause = 0
  pauseAck = 0
  finSequence = 0
  finAcknowledgement = 0

  /** A packet from this side was captured. */
  get seen(): boolean {
    return (this.#facts & SEEN) !== 0
  }

  set seen(is: boolean) {
    this.#set(SEEN, is)
  }

  get started(): boolean {
    return (this.#facts & STARTED) !== 0
  }

  set started(is: boolean) {
    this.#set(STARTED, is)
  }

  /** It started at its SYN: `next` was right from the first byte. */
  get fromSyn(): boolean {
    return (this.#facts & FROM_SYN) !== 0
  }

  set fromSyn(is: boolean) {
    this.#set(FROM_SYN, is)
  }

  get delivered(): boolean {
    return (this.#facts & DELIVERED) !== 0
  }

  set delivered(is: boolean) {
    this.#set(DELIVERED, is)
  }

  get hasAcked(): boolean {
    return (this.#facts & HAS_ACKED) !== 0
  }

  set hasAcked(is: boolean) {
    this.#set(HAS_ACKED, is)
  }

  get hasHint(): boolean {
    return (this.#facts & HAS_HINT) !== 0
  }

  set hasHint(is: boolean) {
    this.#set(HAS_HINT, is)
  }

  get hasPause(): boolean {
    return (this.#facts & HAS_PAUSE) !== 0
  }

  set hasPause(is: boolean) {
    this.#set(HAS_PAUSE, is)
  }

  get fin(): boolean {
    return (this.#facts & FIN) !== 0
  }

  set fin(is: boolean) {
    this.#set(FIN, is)
  }

  get ended(): boolean {
    return (this.#facts & ENDED) !== 0
  }

  set ended(is: boolean) {
    this.#set(ENDED, is)
  }

  #set(fact: number, is: boolean): void {
    this.#facts = is ? this.#facts | fact : this.#facts & ~fact
  }
}

/** Most halves never hold anything: they share this. */
export const NOTHING_HELD: readonly Segment[] = []

const SEEN = 1
const STARTED = 1 << 1
const FROM_SYN = 1 << 2
const DELIVERED = 1 << 3
const HAS_ACKED = 1 << 4
const HAS_HINT = 1 << 5
const HAS_PAUSE = 1 << 6
const FIN = 1 << 7
const ENDED = 1 << 8

/** What an address has beyond its first word. */
const IPV4_REST: readonly [number, number, number] = [0, 0, 0]

/** What every packet looks at stands first, together in memory: with many connections it is memory that takes the time. */
export class Connection<App> {
  readonly hash: number
  readonly vni: number
  readonly family: 4 | 6
  readonly aPort: number
  readonly bPort: number
  /** The sender of the first packet is side 0. */
  readonly a0: number
  readonly b0: number
  nextInBucket: Connection<App> | null = null
  readonly #a = new Half()
  readonly #b = new Half()
  /** Other VNIs that are proven to carry this connection too. */
  twins: number[] | null = null
  /** The instant of its last packet. */
  lastAt: number
  closed = false
  /** All its packets are counted and dropped: it does not carry what we read. */
  ignored = false
  /** The other side had time to show and did not: its bytes are not waited for. */
  isOneSided = false
  /** Segments outside the window since the last one inside. */
  strays = 0
  app: App | null = null
  readonly id: number
  /** The last three words of an IPv6 address. */
  readonly aRest: readonly [number, number, number]
  readonly bRest: readonly [number, number, number]
  /** Which side serves, -1 when neither MAC nor port tells. */
  server: -1 | 0 | 1 = -1
  /** Which side sent the SYN, -1 when it was not captured. */
  opener: -1 | 0 | 1 = -1
  readonly openedAt: number
  /** When a reset, or the end of the only half that is seen, said that it is over; -1 before. */
  endingAt = -1
  endingBy: 'fin' | 'reset' = 'fin'
  /** In the set of connections that a timer must look at. */
  waiting = false
  /** Neighbours in the list of open or of lingering connections, and the instant it was put there. */
  older: Connection<App> | null = null
  newer: Connection<App> | null = null
  listedAt: number

  constructor(id: number, hash: number, p: Packet, at: number) {
    this.id = id
    this.hash = hash
    this.vni = p.vni
    this.family = p.family
    this.a0 = p.source0
    this.b0 = p.destination0
    const isWide = p.family === 6
    this.aRest = isWide ? [p.source1, p.source2, p.source3] : IPV4_REST
    this.bRest = isWide ? [p.destination1, p.destination2, p.destination3] : IPV4_REST
    this.aPort = p.sourcePort
    this.bPort = p.destinationPort
    this.openedAt = at
    this.lastAt = instant(at)
    this.listedAt = this.lastAt
  }

  half(side: 0 | 1): Half {
    return side === 0 ? this.#a : this.#b
  }
}
