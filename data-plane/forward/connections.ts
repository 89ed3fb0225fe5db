import type { Clients } from './clients.ts'
import type { Forward } from './forward.ts'
import { Http2Connection, NotHttp2Error, type OpenSocket } from './http2-connection.ts'
import type { ShadowTimeouts } from './shadow.ts'

/** A shadow that does not speak HTTP/2 is asked again after so long. */
const NOT_HTTP2_MS = 1_000

/** How to speak HTTP/2 to a shadow. */
export type Http2Access = {
  readonly origin: string
  readonly openSocket: OpenSocket
  readonly idleMs: number
  readonly timeouts: ShadowTimeouts
}

/** Connections to one shadow: HTTP/1.1 by undici and, made when the first such request needs one, HTTP/2. */
export class Connections {
  readonly #http1: Clients
  readonly #http2: Http2Access
  readonly #open = new Set<Http2Connection>()
  #notHttp2: { error: NotHttp2Error; until: number } | null = null

  constructor(http1: Clients, http2: Http2Access) {
    this.#http1 = http1
    this.#http2 = http2
  }

  send(forward: Forward): void {
    if (!forward.isHttp2) this.#http1.send(forward)
    else if (this.#notHttp2 !== null && performance.now() < this.#notHttp2.until)
      forward.onResponseError(null, this.#notHttp2.error)
    else this.#withRoom().send(forward)
  }

  /** The request has finished. */
  release(forward: Forward): void {
    this.#http1.release(forward)
  }

  async destroy(): Promise<void> {
    for (const connection of this.#open) connection.destroy()
    await this.#http1.destroy()
  }

  #withRoom(): Http2Connection {
    for (const connection of this.#open) if (connection.hasRoom) return connection
    const { origin, openSocket, idleMs, timeouts } = this.#http2
    const connection = new Http2Connection(origin, openSocket, idleMs, timeouts, (error) => {
      this.#open.delete(connection)
      if (error instanceof NotHttp2Error) this.#notHttp2 = { error, until: performance.now() + NOT_HTTP2_MS }
    })
    this.#open.add(connection)
    return connection
  }
}
