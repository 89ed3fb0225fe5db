import type { ShadowResult } from '../../contract/traffic.ts'
import type { ConnectionInfo, Request, Response } from '../http/exchange.ts'

/** An answer as a record holds it. `body` is empty and shorter than `bodyLength` where it was not kept. */
export type RecordedAnswer = Pick<
  Response,
  'status' | 'reason' | 'headers' | 'trailers' | 'body' | 'bodyLength' | 'firstAt' | 'lastAt'
>

/** One request with both answers to it, as far as they are known. */
export type Recorded = {
  request: Request
  production: RecordedAnswer | null
  shadow: { result: ShadowResult; sentAt: number; answer: RecordedAnswer | null } | null
}

type Given = Pick<Request, 'method' | 'target' | 'version' | 'host' | 'headers' | 'trailers' | 'body'>

/** A whole request that does not come from packets. */
export const requestFrom = ({
  connection,
  firstAt,
  lastAt,
  ...given
}: Given & Pick<Request, 'connection' | 'firstAt' | 'lastAt'>): Request => ({
  connection: plain(connection),
  kind: given.version === '2' ? 'http2' : 'http1',
  stream: 0,
  upgrade: upgradeOf(given),
  method: given.method,
  target: given.target,
  version: given.version,
  host: given.host,
  headers: given.headers,
  trailers: given.trailers,
  body: given.body,
  bodyLength: given.body.length,
  complete: true,
  incomplete: null,
  start: 'framed',
  firstAt,
  lastAt,
})

/** An answer to it that does not come from packets. */
export const responseFrom = (answer: RecordedAnswer, { connection, kind, version }: Request): Response => ({
  ...answer,
  connection,
  kind,
  version,
  stream: 0,
  interim: [],
  tunnel: false,
  complete: true,
  incomplete: null,
  start: 'framed',
})

/** A connection of packets works its addresses out when they are asked for. */
const plain = ({ id, vni, client, server }: ConnectionInfo): ConnectionInfo => ({ id, vni, client, server })

/** As the packet path says it of requests that ask to leave HTTP. */
const upgradeOf = ({ method, version, headers }: Given): string | null => {
  if (method === 'CONNECT') return 'CONNECT'
  if (version === '2') return null
  const at = headers.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'upgrade')
  return at < 0 ? null : (headers[at + 1] as string)
}
