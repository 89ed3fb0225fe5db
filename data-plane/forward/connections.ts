import { errors } from 'undici'
import type { Forward } from './forward.ts'
import { Http1Connection, type Http1Events, type OpenReadingSocket } from './http1-connection.ts'
import { Http2Connection, NotHttp2Error, type OpenSocket } from './http2-connection.ts'
import type { ShadowTimeouts } from './shadow.ts'

/** A shadow that does not speak HTTP/2 is asked again after so long. */
const NOT_HTTP2_MS = 1_000

/** How to reach a shadow, and how long a connection may carry nothing. */
export type Access = {
  readonly origin: string
  readonly http1: { readonly openSocket: OpenReadingSocket; readonly idleMs: number }
  readonly http2: { readonly openSocket: OpenSocket; readonly idleMs: number }
  readonly timeouts: ShadowTimeouts
  /** So much of each answer's body is kept. */
  readonly keepBytes: number
}

/**
 * Connections to one shadow, made when all others are taken: HTTP/1.1 for one request at a time, HTTP/2 for many. Whoever
 * sends keeps to a bound. The one that was used last goes first, so that those which are not needed close.
 */
export class Connections implements Http1Events {
  readonly #access: Access
  readonly #http1 = new Set<Http1Connection>()
  /** Those that carry nothing, the one that was used last at the end. */
  readonly #free: Http1Connection[] = []
  readonly #http2 = new Set<Http2Connection>()
  #notHttp2: { error: NotHttp2Error; until: number } | null = null

  constructor(access: Access) {
    this.#access = access
  }

  send(forward: Forward): void {
    if (!forward.isHttp2) (this.#free.pop() ?? this.#open()).send(forward)
    else if (this.#notHttp2 !== null && performance.now() < this.#notHttp2.until)
      forward.fail(this.#notHttp2.error)
    else this.#withRoom().send(forward)
  }

  /** Closes what has carried nothing for too long; `now` is of the monotonic clock. */
  expire(now: number): void {
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const connection = this.#free[i]
      if (connection && now - connection.usedAt >= connection.idleMs) connection.abort(new Error('idle'))
    }
  }

  destroy(): void {
    for (const connection of this.#http1) connection.abort(new errors.ClientDestroyedError())
    for (const connection of this.#http2) connection.destroy()
  }

  onFree(connection: Http1Connection): void {
    this.#free.push(connection)
  }

  onClosed(connection: Http1Connection): void {
    this.#http1.delete(connection)
    const place = this.#free.indexOf(connection)
    if (place >= 0) this.#free.splice(place, 1)
  }

  #open(): Http1Connection {
    const { http1, keepBytes } = this.#access
    const connection = new Http1Connection(http1.openSocket, http1.idleMs, keepBytes, this)
    this.#http1.add(connection)
    return connection
  }

  #withRoom(): Http2Connection {
    for (const connection of this.#http2) if (connection.hasRoom) return connection
    const { origin, http2, timeouts, keepBytes } = this.#access
    const onClosed = (error: Error | null) => {
      this.#http2.delete(connection)
      if (error instanceof NotHttp2Error) this.#notHttp2 = { error, until: performance.now() + NOT_HTTP2_MS }
    }
    const connection = new Http2Connection(
      origin,
      http2.openSocket,
      http2.idleMs,
      timeouts,
      keepBytes,
      onClosed,
    )
    this.#http2.add(connection)
    return connection
  }
}
