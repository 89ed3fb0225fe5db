import { MirroredConnection } from './mirrored-connection.ts'

/** A request with all that a shadow should receive of it. */
export type DistinctRequest = {
  id: string
  method: string
  target: string
  /** Name, value ... without Host, framing and hop-by-hop headers. */
  headers: string[]
  body: Buffer
  /** As production's client wrote it. */
  bytes: Buffer
}

const METHODS = [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'GET',
  'POST',
  'OPTIONS',
  'HEAD',
  'PURGE',
  'PROPFIND',
]

/** Requests of every shape, no two alike: methods, bodies with a length or chunked, repeated and latin-1 headers. */
export const distinctRequests = (count: number): DistinctRequest[] =>
  Array.from({ length: count }, (_, i) => distinctRequest(i))

const distinctRequest = (i: number): DistinctRequest => {
  const id = String(i).padStart(5, '0')
  const method = METHODS[i % METHODS.length] as string
  const target = `/item/${i}?q=${encodeURIComponent(`größe ${i}`)}&raw=a,b;c'%`
  const hasBody = ['POST', 'PUT', 'PATCH', 'PROPFIND'].includes(method)
  const body = hasBody ? bodyOf(i) : Buffer.alloc(0)
  const headers = ['X-Request-Id', id, 'Accept', 'text/html, application/json;q=0.9, */*;q=0.8']
  if (i % 3 === 0) headers.push('X-Multi', `one, ${i}`, 'x-multi', 'two', 'X-MULTI', 'three')
  if (i % 4 === 0) headers.push('X-Name', `Jos\xe9 M\xfcller \xff ${i}`)
  if (i % 5 === 0) headers.push('cookie', `session=${i}; theme="dark, blue"`, 'X-Empty', '')
  if (hasBody) headers.push('Content-Type', i % 2 ? 'application/json' : 'application/octet-stream')

  const isChunked = hasBody && i % 2 === 1
  const wire = ['Host', `shop-${i % 7}.example`, ...headers]
  if (i % 6 === 0) wire.push('Connection', 'keep-alive')
  if (isChunked) wire.push('Transfer-Encoding', 'chunked')
  else if (hasBody) wire.push('Content-Length', String(body.length))
  let head = `${method} ${target} HTTP/1.1\r\n`
  for (let at = 0; at < wire.length; at += 2) head += `${wire[at]}: ${wire[at + 1]}\r\n`
  const payload = isChunked ? chunked(body, i) : body
  return {
    id,
    method,
    target,
    headers,
    body,
    bytes: Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), payload]),
  }
}

/** Every byte value, all-zero stretches, and bytes that look like a request; up to 9 KB. */
const bodyOf = (i: number): Buffer => {
  const parts = [Buffer.from(`{"number":${i},"text":"GET /inside HTTP/1.1\\r\\n"}`)]
  if (i % 4 === 1) parts.push(Buffer.alloc(3_000))
  if (i % 4 === 2) parts.push(Buffer.from(Array.from({ length: 9_000 }, (_, at) => (at * 7 + i) & 0xff)))
  return Buffer.concat(parts)
}

const chunked = (body: Buffer, i: number): Buffer => {
  const parts: Buffer[] = []
  const size = 1 + ((i * 37) % 900)
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size)
    parts.push(
      Buffer.from(`${chunk.length.toString(16)}${i % 3 ? '' : ';ext=1'}\r\n`),
      chunk,
      Buffer.from('\r\n'),
    )
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

const ANSWER = Buffer.from('HTTP/1.1 204 No Content\r\nServer: production\r\n\r\n')

/**
 * The packets of connections that carry these requests: some pipelined, some one after the other, segments of several
 * sizes, both directions.
 */
export const connectionsOf = (
  requests: readonly DistinctRequest[],
  perConnection: number,
  vni: number,
): Buffer[][] => {
  const connections: Buffer[][] = []
  for (let at = 0; at < requests.length; at += perConnection) {
    const n = connections.length
    const connection = new MirroredConnection({
      vni,
      client: { address: `10.0.${n % 3}.${1 + (n % 250)}`, port: 20_000 + n },
      server: { address: '10.1.0.9', port: 8080 },
      mss: [1460, 536, 8_400, 250][n % 4] as number,
      sequence: [(0xffffff00 + n) >>> 0, (0xfffffff0 + n) >>> 0],
    })
    const packets = connection.open()
    const own = requests.slice(at, at + perConnection)
    if (n % 2 === 0)
      for (const { bytes } of own) packets.push(...connection.request(bytes), ...connection.response(ANSWER))
    else {
      packets.push(...connection.request(Buffer.concat(own.map(({ bytes }) => bytes))))
      packets.push(...connection.response(Buffer.concat(own.map(() => ANSWER))))
    }
    connections.push([...packets, ...connection.close()])
  }
  return connections
}
