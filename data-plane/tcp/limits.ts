/** Bounds of reassembly. Whatever passes one is counted. */
export type TcpLimits = {
  /**
   * How long a missing packet may be late once the other end has acknowledged its bytes: from there on only the mirror's
   * own path can delay it. Also how long the first bytes of a half joined in the middle wait for earlier ones.
   */
  readonly reorderMs: number
  /** How long a hole may stay when nobody has acknowledged it: the sender will still retransmit (RFC 6298 backs off). */
  readonly retransmitMs: number
  /**
   * The same where only this half is captured: nobody can acknowledge the hole, so only time tells. What was lost on its
   * way to the server comes again within its sender's timeout, which RFC 6298 (2.4) starts from 1 s; later it is lost here.
   */
  readonly aloneMs: number
  /** Bytes one half may hold behind a hole. */
  readonly reorderBytes: number
  /** Bytes all halves together may hold behind holes. */
  readonly heldBytes: number
  readonly connections: number
  /** A connection without packets for so long is given up. */
  readonly idleMs: number
  /** How long an ended connection is remembered, so that late copies of its packets are not taken for a new one. */
  readonly lingerMs: number
}

export const TCP_LIMITS: TcpLimits = {
  reorderMs: 250,
  retransmitMs: 10_000,
  aloneMs: 1000,
  reorderBytes: 1 << 20,
  heldBytes: 64 << 20,
  connections: 131_072,
  idleMs: 300_000,
  lingerMs: 15_000,
}
