import { isIP } from 'node:net'
import type { ConnectionInfo } from '../http/exchange.ts'

/** Of TEST-NET-1 and the documentation prefix (RFC 5737, RFC 3849): nobody’s. */
const CLIENTS = { 4: '192.0.2.1', 6: '2001:db8::1' } as const
const SERVERS = { 4: '192.0.2.2', 6: '2001:db8::2' } as const
const PORTS = 60_000

/**
 * A connection for an exchange of a format that does not say which it was on: one of its own, by its number in the file.
 *
 * @param server what is known of it: its address, and its port by the Host header
 */
export const placeholderConnection = (
  number: number,
  server: { address?: string | undefined; host: string | null; port?: number | undefined },
): ConnectionInfo => {
  const family = isIP(server.address ?? '') === 6 ? 6 : 4
  const [, port] = /:(\d{1,5})$/.exec(server.host ?? '') ?? []
  return {
    id: number,
    vni: null,
    client: { address: CLIENTS[family], port: 1_024 + (number % PORTS) },
    server: {
      address: isIP(server.address ?? '') === 0 ? SERVERS[family] : (server.address as string),
      port: server.port ?? Math.min(Number(port ?? 80), 65_535),
    },
  }
}
