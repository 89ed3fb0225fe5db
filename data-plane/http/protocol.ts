import { isTokenByte } from './head.ts'

/** What the first bytes of a half say about its protocol. */
export type Protocol = 'tls' | 'http2' | 'ssh' | 'redis' | 'postgres' | 'websocket' | 'tunnel' | 'unknown'

const SPACE = 32
const LF = 10
/** No registered method is longer than 19 bytes. */
const MAX_METHOD = 32
const RESPONSE = 'HTTP/1.'
// biome-ignore lint/suspicious/noControlCharactersInRegex: a request target has none of them
const REQUEST_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [^\x00-\x20\x7f]+ HTTP\/\d\.\d\r?\n$/

/** A method and a space, or as much of them as is there. */
export function mayBeRequest(b: Buffer, start: number, end: number): boolean {
  const limit = Math.min(end, start + MAX_METHOD)
  let i = start
  while (i < limit && isTokenByte(b[i] ?? 0)) i++
  if (i === start) return false
  if (i < limit) return b[i] === SPACE
  return i === end
}

/** `HTTP/1.`, or as much of it as is there. */
export function mayBeResponse(b: Buffer, start: number, end: number): boolean {
  const length = Math.min(end - start, RESPONSE.length)
  for (let i = 0; i < length; i++) if (b[start + i] !== RESPONSE.charCodeAt(i)) return false
  return length > 0
}

/** Stricter, for halves joined in the middle: a method, the start of a target, and the rest of the line if it is there. */
export function isRequestStart(b: Buffer, start: number, end: number): boolean {
  const limit = Math.min(end, start + MAX_METHOD)
  let i = start
  while (i < limit && isTokenByte(b[i] ?? 0)) i++
  if (i === start || i + 1 >= limit || b[i] !== SPACE || (b[i + 1] ?? 0) <= SPACE) return false
  while (i < end && b[i] !== LF) i++
  return i >= end || REQUEST_LINE.test(b.toString('latin1', start, i + 1))
}

/** Whether the method is a registered one: a cut-off `GET` may pass for a method `ET`. Call after `isRequestStart`. */
export const hasKnownMethod = (b: Buffer, start: number): boolean =>
  isKnownMethod(b.toString('latin1', start, b.indexOf(SPACE, start)))

export const isKnownMethod = (method: string): boolean => KNOWN_METHODS.has(method)

/** The IANA registry of HTTP methods that are in use, and caches' PURGE, BAN and SSDP's. */
const KNOWN_METHODS = new Set(
  'GET HEAD POST PUT DELETE OPTIONS PATCH TRACE CONNECT PRI QUERY PURGE BAN M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK SEARCH REPORT ACL CHECKOUT CHECKIN MERGE MKACTIVITY MKCALENDAR VERSION-CONTROL BASELINE-CONTROL LABEL UPDATE BIND UNBIND REBIND LINK UNLINK ORDERPATCH MKWORKSPACE MKREDIRECTREF UPDATEREDIRECTREF UNCHECKOUT'.split(
    ' ',
  ),
)

export const isResponseStart = (b: Buffer, start: number, end: number): boolean =>
  end - start >= 12 && mayBeResponse(b, start, end)

/** A 1xx status other than 101, which ends HTTP on the connection. */
export const isInterimStart = (b: Buffer, start: number, end: number): boolean =>
  isResponseStart(b, start, end) &&
  b[start + 9] === 0x31 &&
  !(b[start + 10] === 0x30 && b[start + 11] === 0x31)

/** A record header of TLS (RFC 8446 5.1), in the handshake or after it. */
export function isTls(b: Buffer, start: number, end: number): boolean {
  if (end - start < 5) return false
  const type = b[start] ?? 0
  const minor = b[start + 2] ?? 0
  const length = ((b[start + 3] ?? 0) << 8) | (b[start + 4] ?? 0)
  return type >= 20 && type <= 24 && b[start + 1] === 3 && minor <= 4 && length > 0 && length <= 16_640
}

/** Names what is not HTTP/1. */
export function recognise(b: Buffer, start: number, end: number): Protocol {
  if (isTls(b, start, end)) return 'tls'
  const text = b.toString('latin1', start, Math.min(end, start + 16))
  if (text.startsWith('PRI * HTTP/2')) return 'http2'
  if (text.startsWith('SSH-')) return 'ssh'
  if (/^[*$]\d+\r\n/.test(text) || /^[+-][A-Z]{2,}/.test(text)) return 'redis'
  // A startup message of version 3.0 after its length, or the request for TLS before it.
  if (text.slice(4, 8) === '\0\x03\0\0' || text.slice(4, 8) === '\x04\xd2\x16\x2f') return 'postgres'
  return 'unknown'
}

/** Connections that carry something else, by what it is and who serves it. Bounded. */
export class ProtocolCounts {
  readonly #entries = new Map<string, ProtocolCount>()
  readonly #limit: number

  constructor(limit = 1024) {
    this.#limit = limit
  }

  add(protocol: Protocol, vni: number | null, peer: string, port: number): void {
    let key = `${protocol} ${vni} ${peer} ${port}`
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      const isFull = this.#entries.size >= this.#limit
      if (isFull) key = `${protocol} others`
      entry = this.#entries.get(key)
      if (entry === undefined) {
        entry = isFull
          ? { protocol, vni: null, peer: 'others', port: 0, connections: 0 }
          : { protocol, vni, peer, port, connections: 0 }
        this.#entries.set(key, entry)
      }
    }
    entry.connections++
  }

  list(): readonly ProtocolCount[] {
    return [...this.#entries.values()]
  }
}

export type ProtocolCount = {
  readonly protocol: Protocol
  readonly vni: number | null
  /** The server's address; `others` past the limit of distinct entries. */
  readonly peer: string
  readonly port: number
  connections: number
}

/** Connections by protocol, whoever serves them. */
export const connectionsOf = (counts: readonly ProtocolCount[]): Record<string, number> => {
  const sum: Record<string, number> = {}
  for (const { protocol, connections } of counts) sum[protocol] = (sum[protocol] ?? 0) + connections
  return sum
}
