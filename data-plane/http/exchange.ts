/**
 * What the packet path gives to the rest of the gateway: requests, responses, and pairs of them.
 * Strings are latin-1 (one character is one byte as it was on the wire). Times are capture times in milliseconds
 * since the epoch, with fractions.
 */

export type Endpoint = { readonly address: string; readonly port: number }

/** One TCP connection as it was captured. `id` tells which: messages of one connection may have objects of their own. */
export type ConnectionInfo = {
  /** Counts up per pipeline in order of first packet. */
  readonly id: number
  /** VXLAN network identifier, null for packets that were not mirrored through VXLAN. */
  readonly vni: number | null
  readonly client: Endpoint
  readonly server: Endpoint
}

/** Name, value, name, value ... in the order, case and number in which they came. */
export type RawHeaders = readonly string[]

/** Why a message is not whole. */
export type IncompleteReason =
  | 'gap' // bytes in it were never captured
  | 'closed' // the connection ended in it
  | 'reset' // the connection was reset in it
  | 'idle' // nothing more came
  | 'too_large' // over the limit for head or body
  | 'evicted' // the connection was given up to stay within the memory or flow limit
  | 'protocol' // bytes after its start are not the protocol any more

/**
 * How the start of a message is known.
 * - `framed`: every byte of the half was followed from its first byte, or from an earlier start.
 * - `proven`: found again after a loss or a join in the middle, and acknowledgement numbers prove it.
 * - `presumed`: the first bytes ever seen of this half begin with it and nothing contradicts.
 */
export type StartProof = 'framed' | 'proven' | 'presumed'

type Message = {
  readonly connection: ConnectionInfo
  readonly kind: 'http1' | 'http2'
  /** HTTP/2 stream, 0 for HTTP/1. */
  readonly stream: number
  /** '1.0', '1.1' or '2'. */
  readonly version: string
  headers: RawHeaders
  trailers: RawHeaders
  /** De-chunked; content codings are left on. Empty or cut when `bodyLength` is over the limit. */
  body: Buffer
  /** Bytes of body that were captured, de-chunked; may be more than `body` holds. */
  bodyLength: number
  complete: boolean
  incomplete: IncompleteReason | null
  start: StartProof
  /** Capture time of the first and of the last byte. */
  readonly firstAt: number
  lastAt: number
}

export type Request = Message & {
  readonly method: string
  /** The request target as sent: a path, an absolute URI, an authority (CONNECT) or `*`. */
  target: string
  /** The Host header or :authority, null when absent. */
  readonly host: string | null
  /** When production got it, where that was not just now: a record that is sent again. */
  readonly capturedAt?: number
  /** Places of tokens that production’s keys have not signed (forward/token-checks.ts). */
  unsigned?: ReadonlySet<string>
  /** The request asks to leave HTTP on this connection: CONNECT, or the Upgrade header's value. */
  readonly upgrade: string | null
}

export type Response = Message & {
  readonly status: number
  readonly reason: string
  /** Status codes of the 1xx responses that came before. */
  readonly interim: readonly number[]
  /** After this response the connection is no longer HTTP (101, or 2xx to CONNECT). */
  readonly tunnel: boolean
}

/**
 * A request with its response. `response` is null when none was seen for it or when none can be proven to belong to
 * it, `request` is null for a response of which that is true.
 */
export type Exchange = {
  readonly connection: ConnectionInfo
  readonly request: Request | null
  readonly response: Response | null
}

export type ExchangeHandler = {
  /**
   * A request is complete. Called once, before its response is known, in order within a connection.
   * Incomplete requests come only through `onExchange`; ambiguous ones through neither, they are counted.
   */
  onRequest(request: Request): void
  /** Both sides have ended or one never will. `exchange.request` is the object that `onRequest` got. */
  onExchange(exchange: Exchange): void
}
