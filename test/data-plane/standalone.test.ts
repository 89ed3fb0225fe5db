import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { baggageOf } from '../../contract/forwarding.ts'
import { parseAddress } from '../../data-plane/wire/address.ts'
import { genevePayload, udpPacket } from '../../data-plane/wire/emit.ts'
import { connectionsOf, distinctRequests } from '../support/distinct-requests.ts'
import { startGateway } from '../support/gateway-process.ts'
import { MirroredConnection } from '../support/mirrored-connection.ts'
import { headerOf, type RecordingShadow, startRecordingShadow, until } from '../support/recording-shadow.ts'
import { interleave, sendDatagrams } from '../support/send-datagrams.ts'

// Each test starts processes: on a busy machine that alone takes seconds.
vi.setConfig({ testTimeout: 60_000 })

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const gatewayTo = async (shadow: string, ...args: string[]) => {
  const gateway = await startGateway([
    ...['--listen', '127.0.0.1:0', '--port', '8080', '--health', '127.0.0.1:0', '--shadow', shadow],
    ...args,
  ])
  cleanups.push(() => gateway.child.kill('SIGKILL'))
  return gateway
}

const recordingShadow = async (
  ...answer: Parameters<typeof startRecordingShadow>
): Promise<RecordingShadow> => {
  const shadow = await startRecordingShadow(...answer)
  cleanups.push(shadow.stop)
  return shadow
}

const aConnection = (vni: number, port = 33_000) =>
  new MirroredConnection({
    vni,
    client: { address: '10.0.0.1', port },
    server: { address: '10.1.0.9', port: 8080 },
  })

const aGet = (vni: number, path: string, port?: number): Buffer[] => {
  const connection = aConnection(vni, port)
  return [
    ...connection.open(),
    ...connection.request(Buffer.from(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`)),
    ...connection.response(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')),
    ...connection.close(),
  ]
}

test.each(['1', '2'])('%s workers read VXLAN in GENEVE where they are asked to', async (workers) => {
  const shadow = await recordingShadow()
  const gateway = await gatewayTo(shadow.url, '--listen-geneve', '127.0.0.1:0', '--workers', workers)
  const [, address, port] = / and ([\d.]+):(\d+) \(GENEVE\)/.exec(gateway.ready) ?? []
  const ip = { source: parseAddress('10.1.0.9'), destination: parseAddress('10.9.0.1') }
  const ports = { sourcePort: 65_500, destinationPort: 4789 }
  const inGeneve = aGet(7, '/geneve').map((datagram) => genevePayload(udpPacket(ip, ports, datagram)))
  const other = genevePayload(udpPacket(ip, { ...ports, destinationPort: 53 }))

  await sendDatagrams([...inGeneve, other, Buffer.alloc(4)], { address: address ?? '', port: Number(port) })
  await sendDatagrams(aGet(7, '/plain', 33_001), gateway.udp)
  await until(() => shadow.requests.length >= 2, 10_000).catch(() => {})
  const { summary } = await gateway.stop()

  expect(shadow.requests.map(({ url }) => url).sort()).toEqual(['/geneve', '/plain'])
  expect(summary.datagrams).toMatchObject({ geneve_other: 1, not_geneve: 1, accepted: 2 * inGeneve.length })
  expect(summary.violations).toEqual([])
})

test('1,000 distinct requests arrive exactly once, byte for byte where nothing is redacted', {
  timeout: 60_000,
}, async () => {
  const shadow = await recordingShadow()
  const gateway = await gatewayTo(shadow.url, '--redact', 'off')
  const requests = distinctRequests(1_000)
  const connections = connectionsOf(requests, 25, 0x123456)

  await sendDatagrams(interleave(connections), gateway.udp)
  await until(() => shadow.requests.length >= 1_000, 20_000).catch(() => {})
  const { code, summary } = await gateway.stop()

  const sent = requests.map(({ id, method, target, headers, body }) => ({
    id,
    method,
    target,
    headers,
    body,
  }))
  const arrived = shadow.requests
    .map((recorded) => ({
      id: headerOf(recorded, 'x-request-id') ?? '',
      method: recorded.method,
      target: recorded.url,
      headers: withoutOwn(recorded.rawHeaders),
      body: recorded.body,
    }))
    .sort((a, b) => a.id.localeCompare(b.id))
  expect(arrived.map(({ id }) => id)).toEqual(sent.map(({ id }) => id))
  expect(arrived).toEqual(sent)
  for (const recorded of shadow.requests) {
    expect(headerOf(recorded, 'x-shadow-request')).toBe('1')
    expect(headerOf(recorded, 'host')).toMatch(/^shop-\d\.example$/)
  }
  expect(code).toBe(0)
  expect(summary.requests).toMatchObject({
    received: 1_000,
    forwarded: 1_000,
    shadow: { answered_2xx: 1_000 },
  })
  expect(summary.violations).toEqual([])
})

/** Leaves out what the forwarding connection adds of its own. */
const withoutOwn = (rawHeaders: readonly string[]): string[] => {
  const own = new Set([
    'host',
    'connection',
    'content-length',
    'x-shadow-request',
    'x-shadow-experiment',
    'baggage',
  ])
  return rawHeaders.filter((_, i) => !own.has((rawHeaders[i - (i % 2)] as string).toLowerCase()))
}

test('says where it listens and what it does in one line, and its counters in another at the end', async () => {
  const shadow = await recordingShadow()
  const gateway = await gatewayTo(shadow.url, '--vni', '7', '--percent', '50', '--writes', 'hold')

  const { code } = await gateway.stop('SIGINT')

  expect(code).toBe(0)
  expect(gateway.stdout.length).toBe(2)
  expect(gateway.ready).toContain(`udp 127.0.0.1:${gateway.udp.port}`)
  expect(gateway.ready).toContain('VNI 7')
  expect(gateway.ready).toContain(`50 % of GET, HEAD and OPTIONS requests to ${shadow.url}`)
  expect(gateway.stderr).toEqual([])
})

test('whatever is sent to it, nothing is forwarded that should not be, and everything is counted', async () => {
  const shadow = await recordingShadow()
  const gateway = await gatewayTo(shadow.url, '--vni', '7', '--writes', 'hold')
  const get = (headers: string) => Buffer.from(`GET /${headers.length} HTTP/1.1\r\nHost: h\r\n${headers}\r\n`)
  const connection = aConnection(7)
  const packets = [
    ...connection.open(),
    ...connection.request(get('X-Shadow-Request: 1\r\n')),
    ...connection.request(get(`Baggage: ${baggageOf('exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y')}\r\n`)),
    ...connection.request(get('User-Agent: ELB-HealthChecker/2.0\r\n')),
    ...connection.request(Buffer.from('POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi')),
    ...connection.request(get('X-Good: yes\r\n')),
    ...connection.close(),
  ]

  const foreign = aGet(8, '/other-vni')
  const broken = [Buffer.from([8, 0, 0, 0]), Buffer.alloc(0), Buffer.alloc(60)]
  await sendDatagrams([...packets, ...foreign, ...broken], gateway.udp)
  await until(() => shadow.requests.length > 0)
  const { summary } = await gateway.stop()

  expect(shadow.requests.map((recorded) => headerOf(recorded, 'x-good'))).toEqual(['yes'])
  expect(summary.datagrams).toMatchObject({
    ...{ received: packets.length + foreign.length + broken.length, accepted: packets.length },
    ...{ too_short: 2, not_vxlan: 1, unknown_vni: foreign.length },
  })
  expect(summary.requests.reasons).toEqual({
    ...{ 'filtered.shadow_marker': 2, 'filtered.health_check': 1, 'held_back.unsafe_method': 1 },
  })
  expect(summary.requests).toMatchObject({ received: 5, forwarded: 1 })
  expect(summary.violations).toEqual([])
})

test('with redaction off a write that is let through still reaches nobody by what it carries; a read goes as it is', async () => {
  const shadow = await recordingShadow()
  const gateway = await gatewayTo(shadow.url, '--writes', 'forward', '--redact', 'off')
  const connection = aConnection(7)
  const told = {
    email: 'jane@corp.example',
    phone: '+49 151 23456789',
    webhookUrl: 'https://partner.example/hooks/1',
    paymentToken: 'tok_1MzZ2eLkdIwHu7ix',
  }
  const body = JSON.stringify(told)
  const head = `POST /orders HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nIdempotency-Key: a1b2c3d4-0001\r\n`

  await sendDatagrams(
    [
      ...connection.open(),
      ...connection.request(Buffer.from('GET /people?mail=jane@corp.example HTTP/1.1\r\nHost: h\r\n\r\n')),
      ...connection.request(Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n${body}`)),
    ],
    gateway.udp,
  )
  await until(() => shadow.requests.length === 2)
  await gateway.stop()
  const written = shadow.requests.find(({ method }) => method === 'POST')
  const sent = JSON.parse(written?.body.toString() ?? '{}')

  expect(shadow.requests.find(({ method }) => method === 'GET')?.url).toBe('/people?mail=jane@corp.example')
  expect(Object.keys(told).filter((name) => sent[name] === told[name as keyof typeof told])).toEqual([])
  expect(Object.keys(sent)).toEqual(Object.keys(told))
  expect(written && headerOf(written, 'idempotency-key')).toMatch(/^(?!a1b2c3d4-0001)\w{8}-\w{4}$/)
})

test('at SIGTERM finishes what is in flight, and a second signal changes nothing', async () => {
  const shadow = await recordingShadow((_request, response) => {
    setTimeout(() => response.end('slow'), 700)
  })
  const gateway = await gatewayTo(shadow.url)
  await sendDatagrams([...aGet(1, '/a', 40_001), ...aGet(1, '/b', 40_002)], gateway.udp)
  await until(() => shadow.requests.length === 2)

  const stopping = gateway.stop()
  setTimeout(() => gateway.child.kill('SIGTERM'), 100)
  const { code, summary } = await stopping

  expect(code).toBe(0)
  expect(summary.requests).toMatchObject({ forwarded: 2, shadow: { answered_2xx: 2 } })
})

test('a dead shadow: ends in time, everything counted', async () => {
  const dead = await startRecordingShadow()
  await dead.stop()
  const gateway = await gatewayTo(dead.url)
  const packets = Array.from({ length: 50 }, (_, i) => aGet(1, `/${i}`, 41_000 + i)).flat()

  await sendDatagrams(packets, gateway.udp)
  const { code, summary, ms } = await gateway.stop()

  expect(code).toBe(0)
  expect(ms).toBeLessThan(5_000)
  expect(summary.requests.received).toBe(50)
  expect(summary.requests.forwarded + summary.requests.dropped).toBe(50)
  expect(summary.requests.shadow.failed_connect).toBe(summary.requests.forwarded)
  expect(summary.violations).toEqual([])
})

test('answers health checks and metrics, and says when it drains', async () => {
  const shadow = await recordingShadow((_request, response) => {
    setTimeout(() => response.end(), 600)
  })
  const gateway = await gatewayTo(shadow.url)
  const [, port] = /health http:\/\/127\.0\.0\.1:(\d+)/.exec(gateway.ready) ?? []
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return [response.status, await response.text()] as const
  }
  await sendDatagrams(aGet(1, '/slow'), gateway.udp)
  await until(() => shadow.requests.length === 1)

  const healthy = await get('/healthz')
  const [, metrics] = await get('/metrics')
  const stopping = gateway.stop()
  await new Promise((resolve) => setTimeout(resolve, 250))
  const draining = await get('/healthz')
  await stopping

  expect(healthy).toEqual([200, 'ready\n'])
  expect(draining).toEqual([503, 'draining\n'])
  expect(metrics).toContain('shadowmeter_requests_total{experiment="standalone",outcome="forwarded"} 1')
  expect(metrics).toContain('shadowmeter_datagrams_total{outcome="accepted"}')
})

test('without koffi the event loop receives, and the ready line says so', async () => {
  const shadow = await recordingShadow()
  const withoutKoffi =
    'import { registerHooks } from "node:module"; registerHooks({ resolve(name, context, next) {' +
    ' if (name === "koffi") throw new Error("not installed"); return next(name, context) } })'
  const gateway = await startGateway(
    ['--listen', '127.0.0.1:0', '--port', '8080', '--shadow', shadow.url],
    ['--import', `data:text/javascript,${encodeURIComponent(withoutKoffi)}`],
  )
  cleanups.push(() => gateway.child.kill('SIGKILL'))

  await sendDatagrams([...aGet(1, '/a', 43_001), Buffer.alloc(4)], gateway.udp)
  await until(() => shadow.requests.length === 1)
  const { code, summary } = await gateway.stop()

  expect(gateway.ready).toContain('no receiver thread: the optional package koffi is not installed')
  expect(code).toBe(0)
  expect(summary.datagrams).toMatchObject({ too_short: 1, unknown_vni: 0, ring_full: 0 })
  expect(summary.violations).toEqual([])
})

test.each([
  [['--shadow', 'http://127.0.0.1:1', '--percent', '1001'], /--percent 1001: is a number from 0 to 1000/],
  [['--listen', 'nowhere', '--shadow', 'http://127.0.0.1:1'], /--listen nowhere: is an IPv4 address/],
  [['--shadow', 'ftp://x'], /--shadow ftp:\/\/x: is an address like http/],
  [['--shadow', 'http://user:secret@x'], /--shadow/],
  [['--port', '8080'], /--shadow is missing/],
  [['--shadow', 'http://127.0.0.1:1', '--forward', '/no/such.json'], /--forward .*ENOENT/],
  [['--nonsense'], /Unknown option '--nonsense'/],
] as const)('bad options %j: one line, exit code 2', async (args, line) => {
  const { spawnSync } = await import('node:child_process')
  const main = new URL('../../data-plane/main.ts', import.meta.url).pathname

  const { status, stderr, stdout } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })

  expect([status, stdout]).toEqual([2, ''])
  expect(stderr.trim().split('\n').length).toBe(1)
  expect(stderr).toMatch(line)
})

test('--forward: two shadows as a file says, each counted, the user’s marker replaced', async () => {
  const [first, second] = [await recordingShadow(), await recordingShadow()]
  const dir = mkdtempSync(join(tmpdir(), 'two-shadows-'))
  cleanups.push(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'forward.json')
  writeFileSync(
    file,
    JSON.stringify({
      connections: 'per-source',
      host: 'rewrite',
      path: [{ pattern: '^/v1', replacement: '/v2' }],
      others: [{ url: `${second.url}/base`, name: 'control' }],
    }),
  )
  const gateway = await gatewayTo(first.url, '--forward', file)

  await sendDatagrams([...aGet(1, '/v1/a', 44_001), ...aGet(1, '/v1/b', 44_002)], gateway.udp)
  await until(() => first.requests.length === 2 && second.requests.length === 2)
  const { summary } = await gateway.stop()

  expect(gateway.ready).toContain(`${first.url} and ${second.url}/base`)
  expect(first.requests.map(({ url }) => url).sort()).toEqual(['/v2/a', '/v2/b'])
  expect(second.requests.map(({ url }) => url).sort()).toEqual(['/base/v1/a', '/base/v1/b'])
  expect(first.requests.map((recorded) => headerOf(recorded, 'host'))).toEqual(
    Array(2).fill(first.url.replace('http://', '')),
  )
  expect(summary.requests).toMatchObject({ received: 2, forwarded: 2 })
  expect(summary.shadows).toMatchObject({
    shadow: { requests: { forwarded: 2 } },
    control: { requests: { forwarded: 2, shadow: { answered_2xx: 2 } } },
  })
  expect(summary.violations).toEqual([])
})

test('a taken address: one line, exit code 1', async () => {
  const shadow = await recordingShadow()
  const gateway = await gatewayTo(shadow.url)

  await expect(
    startGateway(['--listen', `127.0.0.1:${gateway.udp.port}`, '--shadow', shadow.url]),
  ).rejects.toThrow(/cannot receive on UDP 127\.0\.0\.1:\d+: bind: EADDRINUSE/)
})

test('several workers share the address and their counters add up', { timeout: 30_000 }, async () => {
  const shadow = await recordingShadow()
  const gateway = await gatewayTo(shadow.url, '--workers', '2')

  for (let i = 0; i < 30; i++) await sendDatagrams(aGet(1, `/${i}`, 42_000 + i), gateway.udp)
  await until(() => shadow.requests.length === 30)
  const { code, summary } = await gateway.stop()

  expect(code).toBe(0)
  expect(summary.requests).toMatchObject({ received: 30, forwarded: 30 })
  expect(summary.violations).toEqual([])
})
