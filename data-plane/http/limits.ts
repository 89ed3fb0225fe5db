/** Bounds of message parsing. A message over one is incomplete (`too_large`) and counted; framing goes on. */
export type HttpLimits = {
  /** Bytes of a head, or of a trailer section. nginx and Apache stop at 8 to 64 KiB. */
  readonly headBytes: number
  readonly requestBodyBytes: number
  readonly responseBodyBytes: number
  /** All unfinished bodies of a worker together. */
  readonly totalBodyBytes: number
  /** How long a request found by a join in the middle waits for proof before it is taken as presumed. */
  readonly quietMs: number
  /** The same where only the client's half is captured and a turn begins with it: its sender would have gone on by now. */
  readonly turnQuietMs: number
  /** How long the server of a new connection has to show before its requests are given out without their answers. */
  readonly unansweredMs: number
}

export const HTTP_LIMITS: HttpLimits = {
  headBytes: 1 << 16,
  requestBodyBytes: 10 << 20,
  responseBodyBytes: 10 << 20,
  totalBodyBytes: 256 << 20,
  quietMs: 2000,
  turnQuietMs: 1000,
  unansweredMs: 250,
}
