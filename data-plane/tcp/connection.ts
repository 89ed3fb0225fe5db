import type { Packet } from '../wire/packet.ts'

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
 * One direction of a connection.
 *
 * Invariant: once `started`, every byte before `next` was delivered or given up as a gap; `held` is sorted, its segments
 * do not overlap, and all their bytes are at or after `next`.
 */
export class Half {
  /** A packet from this side was captured. */
  seen = false
  started = false
  /** It started at its SYN: `next` was right from the first byte. */
  fromSyn = false
  initial = 0
  next = 0
  delivered = false
  held: Segment[] = []
  heldBytes = 0
  /** Since when the first held segment waits. */
  blockedSince = 0
  /** The highest of this half's bytes that the other side has acknowledged. */
  acked = 0
  hasAcked = false
  /** Sequence number of the first segment without data, while not `started`. */
  hint = 0
  hasHint = false
  /** Where the half's last empty segment was, and the lowest acknowledgement number of those there. */
  hasPause = false
  pause = 0
  pauseAck = 0
  fin = false
  finSequence = 0
  finAcknowledgement = 0
  ended = false
}

export class Connection<App> {
  readonly id: number
  readonly hash: number
  readonly vni: number
  readonly family: 4 | 6
  /** The sender of the first packet is side 0. */
  readonly a0: number
  readonly a1: number
  readonly a2: number
  readonly a3: number
  readonly b0: number
  readonly b1: number
  readonly b2: number
  readonly b3: number
  readonly aPort: number
  readonly bPort: number
  readonly halves: readonly [Half, Half] = [new Half(), new Half()]
  /** Other VNIs that are proven to carry this connection too. */
  twins: number[] | null = null
  /** Which side serves, -1 when neither MAC nor port tells. */
  server: -1 | 0 | 1 = -1
  /** Which side sent the SYN, -1 when it was not captured. */
  opener: -1 | 0 | 1 = -1
  readonly openedAt: number
  lastAt: number
  /** When a reset, or the end of the only half that is seen, said that it is over; -1 before. */
  endingAt = -1
  endingBy: 'fin' | 'reset' = 'fin'
  /** The other side had time to show and did not: its bytes are not waited for. */
  isOneSided = false
  /** Segments outside the window since the last one inside. */
  strays = 0
  /** All its packets are counted and dropped: it does not carry what we read. */
  ignored = false
  closed = false
  /** In the set of connections that a timer must look at. */
  waiting = false
  app: App | null = null
  nextInBucket: Connection<App> | null = null
  /** Neighbours in the list of open or of lingering connections, and when it was put there. */
  older: Connection<App> | null = null
  newer: Connection<App> | null = null
  listedAt: number

  constructor(id: number, hash: number, p: Packet, at: number) {
    this.id = id
    this.hash = hash
    this.vni = p.vni
    this.family = p.family
    this.a0 = p.source0
    this.a1 = p.source1
    this.a2 = p.source2
    this.a3 = p.source3
    this.b0 = p.destination0
    this.b1 = p.destination1
    this.b2 = p.destination2
    this.b3 = p.destination3
    this.aPort = p.sourcePort
    this.bPort = p.destinationPort
    this.openedAt = at
    this.lastAt = at
    this.listedAt = at
  }
}
