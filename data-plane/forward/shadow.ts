import { isIP } from 'node:net'
import { buildConnector } from 'undici'
import { Connections } from './connections.ts'
import { ForbiddenDestination, guardedLookup, isForbiddenHost } from './destination.ts'
import type { OnRead } from './http1-connection.ts'

/** Where forwarded requests go. */
export type Shadow = {
  /** scheme://host:port */
  readonly origin: string
  readonly hostname: string
  /** Stands before every path; empty or begins with a slash and does not end with one. */
  readonly basePath: string
  readonly secure: boolean
}

/** Throws TypeError on what is no HTTP address. A query and a fragment say nothing about where to send requests. */
export const parseShadow = (url: string): Shadow => {
  const { protocol, origin, hostname, pathname, username, password } = new URL(url)
  if (username !== '' || password !== '') throw new TypeError('credentials in an address are not used')
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError(`not an HTTP address: ${url}`)
  return {
    origin,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    basePath: pathname.replace(/\/+$/, ''),
    secure: protocol === 'https:',
  }
}

export type ShadowTimeouts = {
  connectMs: number
  /** Until the response's head is complete. */
  headersMs: number
  /** Without a byte of its body. */
  bodyMs: number
  /** From its start to its end: for an answer that drips. */
  totalMs: number
}

export const SHADOW_TIMEOUTS: ShadowTimeouts = {
  connectMs: 2_000,
  headersMs: 30_000,
  bodyMs: 30_000,
  totalMs: 60_000,
}

/** Whether nothing is ever forwarded to an address: production’s own, or one that is not allowed. */
export type IsProduction = (address: string, port: number) => boolean

/** HTTP/1.1 connections that carry nothing are closed after so long, before servers that keep them for 5 s do. */
const CONNECTION_IDLE_MS = 4_000
/** HTTP/2 connections that carry nothing are closed after so long. */
const HTTP2_IDLE_MS = 60_000
/** A source connection that says nothing for so long has its connection to the shadow closed; it is made anew when something comes. */
export const SOURCE_IDLE_MS = 60_000

/**
 * Connections to the shadow. In HTTP/1.1 one request at a time on each: a request behind another one would be measured with
 * the other's slowness, and be sent twice when the connection breaks.
 *
 * @param keepBytes so much of each answer's body is kept
 * @param isForSource carries the requests of one source connection: kept as long as that may rest
 */
export const openConnections = (
  shadow: Shadow,
  timeouts: ShadowTimeouts,
  isProduction: IsProduction,
  keepBytes: number,
  isForSource: boolean,
): Connections => {
  const { hostname, protocol, port } = new URL(shadow.origin)
  const to = { hostname: shadow.hostname, protocol, port, host: hostname }
  const connectHttp2 = connector(shadow, timeouts, isProduction, { isHttp2: true })
  return new Connections({
    origin: shadow.origin,
    timeouts,
    keepBytes,
    http1: {
      idleMs: isForSource ? SOURCE_IDLE_MS : CONNECTION_IDLE_MS,
      openSocket: (onread, done) =>
        connector(shadow, timeouts, isProduction, { isHttp2: false, onread })(to, done),
    },
    http2: { idleMs: HTTP2_IDLE_MS, openSocket: (done) => connectHttp2(to, done) },
  })
}

const connector = (
  shadow: Shadow,
  timeouts: ShadowTimeouts,
  isProduction: IsProduction,
  { isHttp2, onread }: { isHttp2: boolean; onread?: OnRead },
): buildConnector.connector => {
  const port = Number(new URL(shadow.origin).port) || (shadow.secure ? 443 : 80)
  const lookup = guardedLookup(port, isProduction)
  const connect = buildConnector({
    timeout: timeouts.connectMs,
    allowH2: isHttp2,
    preferH2: isHttp2,
    lookup,
    ...(onread && { onread }),
  })
  // The certificate is the shadow's own, whatever Host says; an IP address is no server name (RFC 6066 section 3).
  const servername = isIP(shadow.hostname) === 0 ? shadow.hostname : ''
  return (options, callback) => {
    if (isForbiddenHost(shadow.hostname, port, isProduction)) {
      queueMicrotask(() => callback(new ForbiddenDestination(shadow.hostname), null))
      return
    }
    connect(
      shadow.secure ? { ...options, servername, host: shadow.hostname } : options,
      (...[error, socket]: Parameters<buildConnector.Callback>) => {
        if (error) callback(error, null)
        else if (isProduction(socket.remoteAddress ?? '', socket.remotePort ?? 0)) {
          socket.destroy()
          callback(new ForbiddenDestination(shadow.hostname), null)
        } else callback(null, socket)
      },
    )
  }
}
