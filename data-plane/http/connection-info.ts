import type { Connection } from '../tcp/connection.ts'
import { formatIpv4, formatIpv6 } from '../wire/address.ts'
import type { ConnectionInfo, Endpoint } from './exchange.ts'

/** `client` is the side that asks; unknown (-1) counts as the side that was seen first. */
export const connectionInfo = (c: Connection<unknown>, client: -1 | 0 | 1): ConnectionInfo =>
  new CapturedConnection(c, client)

/** Made for every message, so that its addresses become text only where somebody wants to read them. */
class CapturedConnection implements ConnectionInfo {
  readonly #c: Connection<unknown>
  readonly #clientSide: -1 | 0 | 1

  constructor(c: Connection<unknown>, client: -1 | 0 | 1) {
    this.#c = c
    this.#clientSide = client
  }

  get id(): number {
    return this.#c.id
  }

  get vni(): number | null {
    return this.#c.vni < 0 ? null : this.#c.vni
  }

  get client(): Endpoint {
    return endpoint(this.#c, this.#clientSide === 1 ? 1 : 0)
  }

  get server(): Endpoint {
    return endpoint(this.#c, this.#clientSide === 1 ? 0 : 1)
  }
}

function endpoint(c: Connection<unknown>, side: 0 | 1): Endpoint {
  const format = c.family === 4 ? formatIpv4 : formatIpv6
  return side === 0
    ? { address: format(c.a0, ...c.aRest), port: c.aPort }
    : { address: format(c.b0, ...c.bRest), port: c.bPort }
}
