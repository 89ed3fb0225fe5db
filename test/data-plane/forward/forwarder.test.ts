import { once } from 'node:events'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { ShadowTarget } from '../../../contract/forwarding.ts'
import type { ShadowResult } from '../../../contract/traffic.ts'
import type { Forward } from '../../../data-plane/forward/forward.ts'
import { RESPONSE_BYTES_MAX } from '../../../data-plane/forward/forward.ts'
import { Forwarder, type ForwarderOptions } from '../../../data-plane/forward/forwarder.ts'
import { resolveShadows, type ShadowSettings } from '../../../data-plane/forward/settings.ts'
import { newShadowTally } from '../../../data-plane/telemetry/shadow-tally.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { ticking } from '../../support/forwarding.ts'
import {
  headerOf,
  type RecordingShadow,
  startRecordingShadow,
  until,
} from '../../support/recording-shadow.ts'

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const shadowThat = async (...answer: Parameters<typeof startRecordingShadow>): Promise<RecordingShadow> => {
  const shadow = await startRecordingShadow(...answer)
  cleanups.push(shadow.stop)
  return shadow
}

const settingsOf = (target: ShadowTarget): ShadowSettings =>
  resolveShadows(target, {}).list[0] as ShadowSettings

const forwarderTo = (url: string, options: Partial<ForwarderOptions> = {}) => {
  const tally = newShadowTally()
  const counters = tally.requests
  const forwarder = new Forwarder({
    settings: settingsOf({ url }),
    experiment: 'exp_test',
    tally,
    ...options,
  })
  cleanups.push(() => forwarder.stop(0), ticking(forwarder))
  const submit = (given: Parameters<typeof capturedRequest>[0]) => {
    forwarder.submit(capturedRequest(given))
  }
  return { forwarder, tally, counters, submit }
}

/** A TCP server that does what it likes with connections. */
const tcpServer = async (onConnection: (socket: Socket) => void): Promise<string> => {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

/** A port of this machine that nothing listens on. */
const deadUrl = async (): Promise<string> => {
  const shadow = await startRecordingShadow()
  await shadow.stop()
  return shadow.url
}

describe('what the shadow receives', () => {
  test('headers keep order, case, repetition, commas and latin-1 bytes', async () => {
    const shadow = await shadowThat()
    const { submit } = forwarderTo(shadow.url)
    const headers = [
      ...['Host', 'shop.example', 'ACCEPT', 'text/html, */*;q=0.8', 'x-Mixed-CASE', 'a'],
      ...['Cookie', 'a=1', 'Cookie', 'b=2', 'X-Name', 'Jos\xe9 \xff', 'x-empty', '', 'X-Tab', 'a\tb'],
    ]

    submit({ target: '/a%20b?q=1,2&x=%C3%A9', headers })
    await until(() => shadow.requests.length === 1)

    expect(shadow.requests[0]).toMatchObject({ method: 'GET', url: '/a%20b?q=1,2&x=%C3%A9' })
    expect(shadow.requests[0]?.rawHeaders).toEqual([
      ...headers,
      ...['X-Shadow-Request', '1', 'X-Shadow-Experiment', 'exp_test'],
      ...['baggage', 'shadow-request=1,shadow-experiment=exp_test'],
    ])
  })

  test.each(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'PURGE', 'PROPFIND', 'REPORT'])(
    '%s with a body arrives with its bytes',
    async (method) => {
      const shadow = await shadowThat()
      const { submit, counters } = forwarderTo(shadow.url)
      const body = Buffer.from(Array.from({ length: 5_000 }, (_, i) => i & 0xff))

      submit({ method, body, headers: ['Host', 'h', 'Content-Length', '5000'] })
      await until(() => counters.shadow.answered_2xx === 1)

      expect(shadow.requests.map(({ method, body }) => ({ method, body }))).toEqual([{ method, body }])
    },
  )

  test('hop-by-hop and framing headers are left out and counted', async () => {
    const shadow = await shadowThat()
    const { submit, tally } = forwarderTo(shadow.url)

    submit({
      method: 'POST',
      body: Buffer.from('hello'),
      trailers: ['X-Sum', '1'],
      headers: [
        ...['Host', 'h', 'Transfer-Encoding', 'chunked', 'Trailer', 'X-Sum', 'TE', 'trailers'],
        ...['Connection', 'keep-alive, X-Private', 'X-Private', 'secret', 'Keep-Alive', 'timeout=5'],
        ...['Expect', '100-continue', 'Proxy-Connection', 'close', 'X-Kept', 'yes'],
      ],
    })
    await until(() => shadow.requests.length === 1)

    const names = shadow.requests[0]?.rawHeaders.filter((_, i) => i % 2 === 0)
    expect(names).toEqual([
      ...['Host', 'X-Kept', 'X-Shadow-Request', 'X-Shadow-Experiment', 'baggage', 'Content-Length'],
    ])
    expect(tally.headerChanges).toMatchObject({
      ...{ connection: 1, expect: 1, 'keep-alive': 1, 'proxy-connection': 1, te: 1, trailer: 1 },
      ...{ 'transfer-encoding': 1, named_by_connection: 1, trailer_fields: 1 },
    })
  })

  test('marker headers of the client are replaced', async () => {
    const shadow = await shadowThat()
    const { submit } = forwarderTo(shadow.url)

    submit({ headers: ['Host', 'h', 'x-shadow-experiment', 'other'] })
    await until(() => shadow.requests.length === 1)

    const [recorded] = shadow.requests
    expect(recorded?.rawHeaders.filter((text) => /^x-shadow/i.test(text))).toEqual([
      'X-Shadow-Request',
      'X-Shadow-Experiment',
    ])
    expect(recorded && headerOf(recorded, 'x-shadow-experiment')).toBe('exp_test')
  })

  test('the state of a trace and its baggage say that it is shadow traffic, and no rule can take that away', async () => {
    const shadow = await shadowThat()
    const traced = [
      ...['Host', 'h', 'TraceParent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
      ...['tracestate', 'vendor=1', 'Baggage', 'user=7'],
    ]
    const { submit } = forwarderTo(shadow.url, {
      settings: settingsOf({
        url: shadow.url,
        headers: {
          remove: ['baggage', 'tracestate', 'X-None'],
          set: [{ name: 'Tracestate', value: 'other=1' }],
        },
      }),
    })
    const kept = forwarderTo(shadow.url)

    submit({ headers: traced })
    await until(() => shadow.requests.length === 1)
    kept.submit({ headers: traced })
    await until(() => shadow.requests.length === 2)

    const tracing = shadow.requests.map(({ rawHeaders }) =>
      rawHeaders.filter((_, i) => /^(tracestate|baggage)$/i.test(rawHeaders[i - (i % 2)] ?? '')),
    )
    const ours = ['baggage', 'shadow-request=1,shadow-experiment=exp_test', 'tracestate', 'shadow=exp_test']
    expect(tracing[0]).toEqual(['Tracestate', 'other=1', ...ours])
    expect(tracing[1]).toEqual(['tracestate', 'vendor=1', 'Baggage', 'user=7', ...ours])
  })

  test('the base path stands before every path, and an absolute target gives path and Host', async () => {
    const shadow = await shadowThat()
    const { submit } = forwarderTo(`${shadow.url}/base/v2/`)

    submit({ target: '/cart?x=1' })
    submit({ target: 'http://www.example:81/list?y=2', headers: ['Host', 'other'] })
    submit({ target: 'http://www.example?z', headers: [] })
    await until(() => shadow.requests.length === 3)

    expect(shadow.requests.map((recorded) => [recorded.url, headerOf(recorded, 'host')]).sort()).toEqual([
      ['/base/v2/?z', 'www.example'],
      ['/base/v2/cart?x=1', 'shop.example'],
      ['/base/v2/list?y=2', 'www.example:81'],
    ])
  })

  test('what HTTP/1.1 cannot carry unchanged is held back, and the connections stay usable', async () => {
    const shadow = await shadowThat()
    const { submit, counters } = forwarderTo(shadow.url, { limits: { connections: 2 } })

    for (let i = 0; i < 5; i++) {
      submit({ headers: ['Host', 'a', 'host', 'b'] })
      submit({ headers: ['Host', 'a', 'X-Bell', '\x07'] })
      submit({ headers: ['Host', 'a', 'X Space', '1'] })
      submit({ method: 'OPTIONS', target: '*' })
      submit({ target: '/with space' })
      submit({ target: 'shop.example:443' })
      submit({ method: 'G E T' })
    }
    for (let i = 0; i < 5; i++) submit({ target: `/good/${i}` })
    await until(() => counters.shadow.answered_2xx === 5)

    expect(counters.refused['held_back.not_forwardable']).toBe(35)
    expect(shadow.requests.length).toBe(5)
  })
})

describe('what the shadow does', () => {
  test.each([
    [200, 'answered_2xx'],
    [204, 'answered_2xx'],
    [304, 'answered_3xx'],
    [404, 'answered_4xx'],
    [503, 'answered_5xx'],
    [799, 'answered_other'],
  ] as [number, ShadowResult][])('status %i counts as %s', async (status, result) => {
    const shadow = await shadowThat((_request, response) => {
      response.writeHead(status).end()
    })
    const { submit, counters } = forwarderTo(shadow.url)

    submit({})
    await until(() => counters.shadow[result] === 1)

    expect(counters).toMatchObject({ seen: 1, forwarded: 1, waiting: 0, inFlight: 0 })
  })

  test('a 307 to another host is not followed', async () => {
    const elsewhere = await shadowThat()
    const shadow = await shadowThat((_request, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/stolen` }).end()
    })
    const { submit, counters } = forwarderTo(shadow.url)

    submit({ method: 'POST', body: Buffer.from('card=1') })
    await until(() => counters.shadow.answered_3xx === 1)

    expect(elsewhere.requests).toEqual([])
  })

  test('an interim 103 is not taken for the answer', async () => {
    const shadow = await shadowThat((_request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => response.writeHead(201).end())
    })
    const finished: number[] = []
    const { submit, counters } = forwarderTo(shadow.url, {
      onFinished: ({ status }) => finished.push(status),
    })

    submit({})
    await until(() => counters.shadow.answered_2xx === 1)

    expect(finished).toEqual([201])
  })

  test('an endless answer is cut at the cap and its connection given up', async () => {
    let written = 0
    const shadow = await shadowThat((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536
      }
      response.on('drain', more)
      more()
    })
    const { submit, counters } = forwarderTo(shadow.url)

    submit({})
    await until(() => counters.shadow.answered_2xx === 1)

    expect(counters.capped).toBe(1)
    expect(written).toBeLessThan(RESPONSE_BYTES_MAX * 2)
  })

  test('a shadow that takes requests and says nothing is a timeout', async () => {
    const { submit, counters } = forwarderTo(await tcpServer(() => {}), { timeouts: { headersMs: 200 } })

    submit({})
    await until(() => counters.shadow.failed_timeout === 1)

    expect(counters).toMatchObject({ forwarded: 1, inFlight: 0 })
  })

  test('a body that stops coming is a timeout', async () => {
    const shadow = await shadowThat((_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('x')
    })
    const { submit, counters } = forwarderTo(shadow.url, { timeouts: { bodyMs: 200 } })

    submit({})
    await until(() => counters.shadow.failed_timeout === 1)
  })

  test.each([
    ['head', 'HTTP/1.1 200 OK\r\nX: ', { headersMs: 300, bodyMs: 60_000, totalMs: 60_000 }],
    ['body', 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n', { bodyMs: 60_000, totalMs: 300 }],
  ])('an answer that drips is given up in the end: its %s', async (_, beginning, timeouts) => {
    const url = await tcpServer((socket) => {
      socket.write(beginning)
      const timer = setInterval(() => socket.write('a'), 10)
      socket.on('close', () => clearInterval(timer))
    })
    const { submit, counters } = forwarderTo(url, { timeouts })

    submit({})
    await until(() => counters.shadow.failed_timeout === 1)

    expect(counters).toMatchObject({ forwarded: 1, inFlight: 0 })
  })

  test('a shadow that resets connections fails each request once', async () => {
    let connections = 0
    const { submit, counters } = forwarderTo(
      await tcpServer((socket) => {
        connections++
        socket.on('data', () => socket.resetAndDestroy())
      }),
    )

    for (let i = 0; i < 10; i++) submit({ target: `/${i}` })
    await until(() => counters.shadow.failed_reset === 10)

    expect(connections).toBe(10)
  })

  test('what is no HTTP at all fails', async () => {
    const { submit, counters } = forwarderTo(await tcpServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n')))

    submit({})
    await until(() => counters.forwarded === 1 && counters.inFlight === 0)

    expect(counters.shadow.failed_other + counters.shadow.failed_reset).toBe(1)
  })

  test('status, times and bytes are told when a forward has finished', async () => {
    const shadow = await shadowThat((_request, response) => {
      setTimeout(() => response.end('0123456789'), 30)
    })
    const finished: [Forward, ShadowResult][] = []
    const { submit, tally } = forwarderTo(shadow.url, {
      onFinished: (forward, result) => finished.push([forward, result]),
    })

    submit({ target: '/timed' })
    await until(() => finished.length === 1)

    const [forward, result] = finished[0] as [Forward, ShadowResult]
    expect([result, forward.status, forward.responseBytes, forward.request.target]).toEqual([
      ...['answered_2xx', 200, 10, '/timed'],
    ])
    expect(forward.firstByteAt - forward.startedAt).toBeGreaterThan(25)
    expect(tally.durations.counts.reduce((a, b) => a + b)).toBe(1)
  })
})

test('response not drained: long answers are read to their end, so that connections are used again', async () => {
  const connections = new Set<number>()
  const shadow = await shadowThat((request, response) => {
    connections.add(request.socket.remotePort ?? 0)
    response.end(Buffer.alloc(100_000))
  })
  const { submit, counters } = forwarderTo(shadow.url, { limits: { connections: 8 } })

  for (let i = 0; i < 400; i++) submit({ target: `/${i}` })
  await until(() => counters.shadow.answered_2xx === 400, 15_000)

  expect(connections.size).toBeLessThanOrEqual(8)
})

describe('what a bad shadow cannot do', () => {
  test('a dead one: requests wait without delaying the caller, the oldest are dropped, some are tried', async () => {
    const url = await deadUrl()
    const { submit, counters } = forwarderTo(url, {
      settings: settingsOf({ url, breaker: 'off' }),
      limits: { queueRequests: 100 },
    })

    const started = performance.now()
    for (let i = 0; i < 64; i++) submit({ target: `/${i}` })
    await until(() => counters.shadow.failed_connect > 0)
    for (let i = 0; i < 1_000; i++) submit({ target: `/${i}` })
    const took = performance.now() - started
    await new Promise((resolve) => setTimeout(resolve, 100))

    expect(took).toBeLessThan(500)
    expect(counters.waiting).toBeLessThanOrEqual(100)
    expect(counters.refused['dropped.queue_full']).toBeGreaterThan(800)
    expect(counters.seen).toBe(counters.waiting + counters.forwarded + counters.refused['dropped.queue_full'])
    expect(counters.forwarded).toBe(counters.shadow.failed_connect)
  })

  test('one that comes back gets what still waits', async () => {
    const shadow = await startRecordingShadow()
    await shadow.stop()
    const { submit, counters } = forwarderTo(shadow.url, {
      settings: settingsOf({ url: shadow.url, breaker: 'off' }),
    })
    for (let i = 0; i < 20; i++) submit({ target: `/${i}` })
    await until(() => counters.shadow.failed_connect > 0)
    for (let i = 0; i < 20; i++) submit({ target: `/later/${i}` })
    const waiting = counters.waiting

    const { createServer } = await import('node:http')
    let answered = 0
    const server = createServer((_request, response) => {
      answered++
      response.end()
    }).listen(shadow.port, '127.0.0.1')
    cleanups.push(async () => {
      server.closeAllConnections()
      server.close()
    })
    await until(() => counters.waiting === 0 && counters.inFlight === 0)

    expect(waiting).toBeGreaterThan(0)
    expect(answered).toBe(counters.shadow.answered_2xx)
    expect(answered + counters.shadow.failed_connect).toBe(40)
  })

  test('a slow one: requests beyond its connections wait, the oldest give way', async () => {
    const held: (() => void)[] = []
    const shadow = await shadowThat((_request, response) => {
      held.push(() => response.end())
    })
    const { submit, counters } = forwarderTo(shadow.url, { limits: { connections: 4, queueRequests: 10 } })

    for (let i = 0; i < 50; i++) submit({ target: `/${i}` })
    await until(() => held.length === 4)
    expect(counters.refused['dropped.queue_full']).toBe(36)
    const answering = setInterval(() => held.splice(0).map((answer) => answer()), 5)
    await until(() => counters.shadow.answered_2xx === 14)
    clearInterval(answering)

    expect(shadow.requests.map(({ url }) => url).sort()).toEqual(
      [...[0, 1, 2, 3], ...Array.from({ length: 10 }, (_, i) => 40 + i)].map((i) => `/${i}`).sort(),
    )
  })

  test('the queue is bounded in bytes too', async () => {
    const shadow = await shadowThat(() => {})
    const { submit, forwarder, counters } = forwarderTo(shadow.url, {
      limits: { connections: 1, queueBytes: 100_000 },
    })

    for (let i = 0; i < 100; i++) submit({ method: 'POST', body: Buffer.alloc(10_000) })

    expect(forwarder.queueBytes).toBeLessThanOrEqual(100_000)
    expect(counters.refused['dropped.queue_full']).toBeGreaterThanOrEqual(89)
  })
})

test('a shadow address that leads to a mirrored service gets nothing', async () => {
  const production = await shadowThat()
  const { submit, counters } = forwarderTo(`http://localhost:${production.port}`, {
    isProduction: (address, port) => address === '127.0.0.1' && port === production.port,
  })

  submit({ target: '/never' })
  await until(() => counters.shadow.failed_connect === 1)

  expect(production.requests).toEqual([])
})

describe('stopping', () => {
  test('waits for what is in flight and in the queue', async () => {
    const shadow = await shadowThat((_request, response) => {
      setTimeout(() => response.end(), 50)
    })
    const { submit, forwarder, counters } = forwarderTo(shadow.url, { limits: { connections: 2 } })
    for (let i = 0; i < 6; i++) submit({})

    await forwarder.stop(5_000)

    expect(counters.shadow.answered_2xx).toBe(6)
  })

  test('at the deadline drops what waits and gives up what is in flight, all counted', async () => {
    const shadow = await shadowThat(() => {})
    const { submit, forwarder, counters } = forwarderTo(shadow.url, { limits: { connections: 2 } })
    for (let i = 0; i < 6; i++) submit({})
    await until(() => counters.inFlight === 2)

    const started = performance.now()
    await forwarder.stop(100)

    expect(performance.now() - started).toBeLessThan(1_000)
    expect(counters).toMatchObject({ waiting: 0, inFlight: 0, forwarded: 2 })
    expect(counters.refused['dropped.shutdown']).toBe(4)
  })

  test('does not wait for a dead shadow', async () => {
    const { submit, forwarder, counters } = forwarderTo(await deadUrl())
    for (let i = 0; i < 200; i++) submit({})

    const started = performance.now()
    await forwarder.stop(5_000)

    expect(performance.now() - started).toBeLessThan(2_500)
    expect(counters.waiting).toBe(0)
    expect(counters.forwarded + counters.refused['dropped.shutdown']).toBe(200)
  })
})
