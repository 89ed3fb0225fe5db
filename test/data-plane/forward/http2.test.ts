import { once } from 'node:events'
import { createServer as createHttp1Server } from 'node:http'
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import { createServer as createHttps1Server } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type ShadowTarget, ShadowTarget as Target } from '../../../contract/forwarding.ts'
import type { Forward } from '../../../data-plane/forward/forward.ts'
import { Forwarder, type ForwarderOptions } from '../../../data-plane/forward/forwarder.ts'
import { resolveShadows, type ShadowSettings } from '../../../data-plane/forward/settings.ts'
import type { Request } from '../../../data-plane/http/exchange.ts'
import { newShadowTally } from '../../../data-plane/telemetry/shadow-tally.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { LOCALHOST } from '../../support/localhost-certificate.ts'
import { startRecordingShadow, until } from '../../support/recording-shadow.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** What a server's stream got, with the response it is to give. */
type Received = { headers: string[]; trailers: string[]; body: Buffer }
type Answer = (stream: ServerHttp2Stream, received: Received) => void

const grpcOk: Answer = (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(Buffer.from([0, 0, 0, 0, 1, 7]))
}

const listen = async (server: Http2Server | Http2SecureServer, answer: Answer) => {
  const received: Received[] = []
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => sessions.add(session))
  server.on('stream', (stream: ServerHttp2Stream, _headers: object, _flags: number, raw: string[]) => {
    const chunks: Buffer[] = []
    let trailers: string[] = []
    stream.on('error', () => {})
    stream.on('trailers', (_fields, _f, rawTrailers: string[]) => {
      trailers = rawTrailers
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      const request = { headers: raw, trailers, body: Buffer.concat(chunks) }
      received.push(request)
      answer(stream, request)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return { received, sessions, port: (server.address() as AddressInfo).port }
}

const forwarderTo = (target: ShadowTarget, options: Partial<ForwarderOptions> = {}) => {
  const tally = newShadowTally()
  const finished: Forward[] = []
  const forwarder = new Forwarder({
    settings: resolveShadows(Target.parse(target), {}).list[0] as ShadowSettings,
    experiment: 'exp_test',
    tally,
    onFinished: (forward) => finished.push(forward),
    ...options,
  })
  cleanups.push(() => forwarder.stop(0))
  return { forwarder, counters: tally.requests, changes: tally.headerChanges, finished, tally }
}

const http2Request = (given: Partial<Request> = {}): Request =>
  capturedRequest({ kind: 'http2', version: '2', stream: 1, headers: [], host: 'shop.example', ...given })

const grpcRequest = (given: Partial<Request> = {}): Request =>
  http2Request({
    method: 'POST',
    target: '/shop.Orders/Place',
    headers: ['te', 'trailers', 'content-type', 'application/grpc+proto', 'grpc-timeout', '1S'],
    body: Buffer.from([0, 0, 0, 0, 2, 1, 2]),
    ...given,
  })

describe('an HTTP/2 request in clear', () => {
  test('goes out with authority, order, repetition, commas, latin-1 and trailers as they came', async () => {
    const { received, port } = await listen(createServer(), grpcOk)
    const { forwarder, counters } = forwarderTo({ url: `http://127.0.0.1:${port}/base/` })

    forwarder.submit(
      grpcRequest({
        target: '/a?b=1,2',
        headers: [
          ...['x-b', '1', 'te', 'trailers', 'x-a', 'Jos\xe9 \xff, 2', 'x-b', '3'],
          ...['cookie', 'a=1', 'cookie', 'b=2', 'content-length', '7', 'x-empty', ''],
        ],
        trailers: ['x-checksum', 'ab', 'x-checksum', 'cd'],
      }),
    )
    await until(() => counters.shadow.answered_2xx === 1)

    expect(received[0]?.headers).toEqual([
      ...[':method', 'POST', ':scheme', 'http', ':path', '/base/a?b=1,2', ':authority', 'shop.example'],
      ...['x-b', '1', 'te', 'trailers', 'x-a', 'Jos\xe9 \xff, 2', 'x-b', '3'],
      ...['cookie', 'a=1', 'cookie', 'b=2', 'content-length', '7', 'x-empty', ''],
      ...['x-shadow-request', '1', 'x-shadow-experiment', 'exp_test'],
      ...['baggage', 'shadow-request=1,shadow-experiment=exp_test'],
    ])
    expect(received[0]?.trailers).toEqual(['x-checksum', 'ab', 'x-checksum', 'cd'])
    expect(received[0]?.body).toEqual(Buffer.from([0, 0, 0, 0, 2, 1, 2]))
  })

  test('of one worker all share connections, and an HTTP/1.1 request beside them stays one', async () => {
    const shadow = await startRecordingShadow()
    cleanups.push(shadow.stop)
    const { forwarder, counters } = forwarderTo({ url: shadow.url })

    for (let i = 0; i < 40; i++)
      forwarder.submit(i % 2 ? http2Request({ target: `/${i}` }) : capturedRequest({ target: `/${i}` }))
    await until(() => counters.shadow.answered_2xx === 40)

    expect(shadow.requests.length).toBe(40)
    expect(shadow.requests.every(({ url, isHttp2 }) => isHttp2 === (Number(url.slice(1)) % 2 === 1))).toBe(
      true,
    )
  })

  test('with a body larger than every window goes out whole, and its large answer is read', async () => {
    const large = Buffer.alloc(6 << 20, 'x')
    const { received, port, sessions } = await listen(createServer(), (stream) => {
      stream.respond({ ':status': 200 })
      stream.end(large)
    })
    const { forwarder, counters, finished } = forwarderTo({ url: `http://127.0.0.1:${port}` })

    for (let i = 0; i < 4; i++) forwarder.submit(grpcRequest({ body: large, bodyLength: large.length }))
    await until(() => counters.shadow.answered_2xx === 4, 20_000)

    expect(received.every(({ body }) => body.equals(large))).toBe(true)
    expect(finished.map(({ responseBytes }) => responseBytes)).toEqual(Array(4).fill(large.length))
    expect(sessions.size).toBe(1)
  })

  test('respects how many streams the shadow allows', async () => {
    let open = 0
    let most = 0
    const { sessions, port } = await listen(
      createServer({ settings: { maxConcurrentStreams: 3 } }),
      (stream) => {
        most = Math.max(most, ++open)
        stream.on('close', () => open--)
        setTimeout(() => {
          stream.respond({ ':status': 204 })
          stream.end()
        }, 20)
      },
    )
    const { forwarder, counters } = forwarderTo({ url: `http://127.0.0.1:${port}`, maxConnections: 2 })
    forwarder.submit(http2Request())
    await until(() => counters.shadow.answered_2xx === 1)

    for (let i = 0; i < 20; i++) forwarder.submit(http2Request())
    await until(() => counters.shadow.answered_2xx === 21)

    expect(most).toBeLessThanOrEqual(2)
    expect(sessions.size).toBe(1)
  })

  test('after the shadow said goodbye (GOAWAY) goes out on another connection', async () => {
    const { sessions, port } = await listen(createServer(), grpcOk)
    const { forwarder, counters } = forwarderTo({ url: `http://127.0.0.1:${port}` })
    forwarder.submit(grpcRequest())
    await until(() => counters.shadow.answered_2xx === 1)

    const [first] = sessions
    const closed = once(first as ServerHttp2Session, 'close')
    first?.close()
    await closed
    forwarder.submit(grpcRequest())
    await until(() => counters.shadow.answered_2xx === 2)

    expect(sessions.size).toBe(2)
  })

  test.each<[string, Answer, keyof ReturnType<typeof forwarderTo>['counters']['shadow']]>([
    ['is reset', (stream) => stream.close(2), 'failed_reset'],
    [
      'is reset in its answer',
      (stream) => {
        stream.respond()
        stream.write('a')
        stream.destroy(new Error('gone'))
      },
      'failed_reset',
    ],
    ['gets no answer', () => {}, 'failed_timeout'],
    [
      'gets half an answer',
      (stream) => {
        stream.respond()
        stream.write('a')
      },
      'failed_timeout',
    ],
    ['loses its connection', (stream) => stream.session?.socket.destroy(), 'failed_reset'],
    ['is refused', (stream) => stream.respond({ ':status': 503 }, { endStream: true }), 'answered_5xx'],
    [
      'gets an interim answer first',
      (stream) => {
        stream.additionalHeaders({ ':status': 103 })
        stream.respond({ ':status': 200 }, { endStream: true })
      },
      'answered_2xx',
    ],
  ])('that %s counts as what it is', async (_, answer, result) => {
    const { port } = await listen(createServer(), answer)
    const { forwarder, counters } = forwarderTo({
      url: `http://127.0.0.1:${port}`,
      timeouts: { headersMs: 100, bodyMs: 100 },
    })

    forwarder.submit(grpcRequest())
    await until(() => counters.shadow[result] === 1)

    expect(counters).toMatchObject({ forwarded: 1, inFlight: 0, waiting: 0 })
  })
})

describe('a shadow without HTTP/2', () => {
  const http1Only = async (): Promise<string> => {
    const server = createHttp1Server((_request, response) => response.end('ok'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  test('is told apart from one that fails: HTTP/1.1 goes on, the breaker stays closed', async () => {
    const { forwarder, counters, tally } = forwarderTo({
      url: await http1Only(),
      breaker: { consecutiveFailures: 2 },
    })

    for (let i = 0; i < 10; i++) forwarder.submit(grpcRequest())
    await until(() => counters.shadow.failed_protocol === 10)
    for (let i = 0; i < 10; i++) forwarder.submit(grpcRequest())
    for (let i = 0; i < 10; i++) forwarder.submit(capturedRequest())
    await until(() => counters.shadow.answered_2xx === 10)

    expect(counters.shadow.failed_protocol).toBe(20)
    expect(tally.breakerOpened).toBe(0)
    expect(counters).toMatchObject({ forwarded: 30, inFlight: 0, waiting: 0 })
  })

  test('that takes connections and says nothing is one too', async () => {
    const server = createTcpServer((socket) => socket.on('error', () => {}).resume())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(() => server.close())
    const { forwarder, counters } = forwarderTo({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      timeouts: { connectMs: 100 },
    })

    forwarder.submit(grpcRequest())

    await until(() => counters.shadow.failed_protocol === 1)
  })

  test('gets HTTP/1.1 where the spec says so, cookies in one line, and gRPC is held back', async () => {
    const shadow = await startRecordingShadow()
    cleanups.push(shadow.stop)
    const { forwarder, counters, changes } = forwarderTo({ url: shadow.url, protocol: 'http1' })

    forwarder.submit(grpcRequest())
    forwarder.submit(
      http2Request({
        method: 'POST',
        target: '/cart',
        headers: ['cookie', 'a=1', 'te', 'trailers', 'accept', 'b, c', 'cookie', 'd=2'],
        body: Buffer.from('hello'),
        trailers: ['x-t', '1'],
      }),
    )
    await until(() => counters.shadow.answered_2xx === 1)

    expect(counters.refused['held_back.not_forwardable']).toBe(1)
    expect(shadow.requests).toMatchObject([{ isHttp2: false, method: 'POST', url: '/cart' }])
    expect(shadow.requests[0]?.rawHeaders.slice(0, 6)).toEqual([
      ...['Host', 'shop.example', 'cookie', 'a=1; d=2', 'accept', 'b, c'],
    ])
    expect(changes).toMatchObject({ te: 1, trailer_fields: 1 })
  })

  test('that is not there counts as that', async () => {
    const shadow = await startRecordingShadow()
    await shadow.stop()
    const { forwarder, counters } = forwarderTo({ url: shadow.url })

    forwarder.submit(grpcRequest())

    await until(() => counters.shadow.failed_connect === 1)
  })
})

describe('over TLS', () => {
  const trusted = getCACertificates('default')
  beforeAll(() => setDefaultCACertificates([...trusted, LOCALHOST.cert]))
  afterAll(() => setDefaultCACertificates(trusted))

  test('HTTP/2 is agreed by ALPN, and the scheme is https', async () => {
    const { received, port } = await listen(createSecureServer(LOCALHOST), grpcOk)
    const { forwarder, counters } = forwarderTo({ url: `https://localhost:${port}` })

    forwarder.submit(grpcRequest())
    await until(() => counters.shadow.answered_2xx === 1)

    expect(received[0]?.headers.slice(0, 8)).toEqual([
      ...[':method', 'POST', ':scheme', 'https', ':path', '/shop.Orders/Place', ':authority', 'shop.example'],
    ])
  })

  test('a shadow that agrees to HTTP/1.1 only does not speak it', async () => {
    const server = createHttps1Server({ ...LOCALHOST, ALPNProtocols: ['http/1.1'] }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(() => server.close())
    const { port } = server.address() as AddressInfo
    const { forwarder, counters } = forwarderTo({ url: `https://localhost:${port}` })

    forwarder.submit(grpcRequest())

    await until(() => counters.shadow.failed_protocol === 1)
  })
})

test('a mirrored service’s address gets no HTTP/2 request either', async () => {
  const { received, port } = await listen(createServer(), grpcOk)
  const { forwarder, counters } = forwarderTo(
    { url: `http://127.0.0.1:${port}` },
    { isProduction: (address, to) => address === '127.0.0.1' && to === port },
  )

  forwarder.submit(grpcRequest())
  await until(() => counters.shadow.failed_connect === 1)

  expect(received).toEqual([])
})

test('per source, the requests of one connection go out in their order on one of their own', async () => {
  const { received, sessions, port } = await listen(createServer(), grpcOk)
  const { forwarder, counters } = forwarderTo({
    url: `http://127.0.0.1:${port}`,
    connections: 'per-source',
  })
  const sources = [0, 1, 2].map((id) => ({ ...capturedRequest().connection, id }))

  for (let i = 0; i < 30; i++)
    forwarder.submit(grpcRequest({ connection: sources[i % 3] as (typeof sources)[0], target: `/${i}` }))
  await until(() => counters.shadow.answered_2xx === 30)

  const numbers = received.map(({ headers }) => Number(headers[5]?.slice(1)))
  for (const source of [0, 1, 2]) {
    const own = numbers.filter((n) => n % 3 === source)
    expect(own).toEqual([...own].sort((a, b) => a - b))
  }
  expect(sessions.size).toBe(3)
})

test('stopping finishes what is under way and drops nothing that was sent', async () => {
  const { port } = await listen(createServer(), (stream) => {
    setTimeout(() => {
      stream.respond({ ':status': 204 })
      stream.end()
    }, 50)
  })
  const { forwarder, counters } = forwarderTo({ url: `http://127.0.0.1:${port}` })

  for (let i = 0; i < 5; i++) forwarder.submit(grpcRequest())
  await until(() => counters.inFlight === 5)
  await forwarder.stop(5_000)

  expect(counters.shadow.answered_2xx).toBe(5)
})
