import type { Connection } from '../tcp/connection.ts'
import { formatIpv4, formatIpv6 } from '../wire/address.ts'
import type { ConnectionInfo } from './exchange.ts'

/** `client` is the side that asks; unknown (-1) counts as the side that was seen first. */
export function connectionInfo(c: Connection<unknown>, client: -1 | 0 | 1): ConnectionInfo {
  const format = c.family === 4 ? formatIpv4 : formatIpv6
  const a = { address: format(c.a0, c.a1, c.a2, c.a3), port: c.aPort }
  const b = { address: format(c.b0, c.b1, c.b2, c.b3), port: c.bPort }
  const vni = c.vni < 0 ? null : c.vni
  return client === 1 ? { id: c.id, vni, client: b, server: a } : { id: c.id, vni, client: a, server: b }
}
