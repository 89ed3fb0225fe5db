import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect, test, vi } from 'vitest'
import { readRecord } from '../../../data-plane/record/read-record.ts'
import { writePcap } from '../../../data-plane/source/pcap.ts'
import { standaloneOptions } from '../../../data-plane/standalone/options.ts'
import { replayOptions } from '../../../data-plane/standalone/replay-options.ts'
import { Conversation } from '../../support/conversation.ts'
import { connectionsOf, distinctRequests } from '../../support/distinct-requests.ts'
import { startGateway } from '../../support/gateway-process.ts'
import { MirroredConnection } from '../../support/mirrored-connection.ts'
import { headerOf, startRecordingShadow, until } from '../../support/recording-shadow.ts'
import { interleave, sendDatagrams } from '../../support/send-datagrams.ts'

// Each test starts processes: on a busy machine that alone takes seconds.
vi.setConfig({ testTimeout: 60_000 })

const MAIN = new URL('../../../data-plane/main.ts', import.meta.url).pathname
const run = promisify(execFile)

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'replay-'))
  cleanups.push(() => rmSync(path, { recursive: true }))
  return path
}

const aShadow = async (...answer: Parameters<typeof startRecordingShadow>) => {
  const shadow = await startRecordingShadow(...answer)
  cleanups.push(shadow.stop)
  return shadow
}

/** A gateway that records; stopped, it says what it recorded. */
const recordingGateway = async (shadow: string, file: string, ...args: string[]) => {
  const gateway = await startGateway([
    ...['--listen', '127.0.0.1:0', '--port', '8080', '--shadow', shadow, '--health', '127.0.0.1:0'],
    ...['--record', file, ...args],
  ])
  cleanups.push(() => gateway.child.kill('SIGKILL'))
  return gateway
}

/** What a replay that ended by itself said, and its code. */
const replayed = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(process.execPath, [MAIN, '--replay', ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
  const [ready = '', summary = 'null'] = stdout.trim().split('\n')
  return { code, ready, summary: JSON.parse(summary), stderr }
}

const aConnection = () =>
  new MirroredConnection({
    vni: 7,
    client: { address: '10.0.0.1', port: 33_000 },
    server: { address: '10.1.0.9', port: 8080 },
  })

/** One GET after the other on one connection, each answered so, `gapMs` apart. */
const aCapture = (targets: readonly string[], gapMs: number, status = '200 OK'): Buffer => {
  const conversation = new Conversation({ serverPort: 8080 }).open()
  for (const target of targets) {
    conversation.say('client', `GET ${target} HTTP/1.1\r\nHost: shop.example\r\n\r\n`)
    conversation.say('server', `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`)
  }
  let at = 1_795_000_000_000
  return writePcap(
    1,
    conversation.packets.map(({ frame, from, message }) => {
      if (from === 'client' && message > 0) at += gapMs
      return { at, data: frame }
    }),
  )
}

test('a record under a key is read with it alone', async () => {
  const shadow = await aShadow()
  const dir = folder()
  const [file, key] = [join(dir, 'sealed'), join(dir, 'key')]
  writeFileSync(key, `${randomBytes(32).toString('base64')}\n`)
  const gateway = await recordingGateway(shadow.url, file, '--record-key', key)
  const connection = aConnection()

  await sendDatagrams(
    [...connection.open(), ...connection.request(Buffer.from('GET /orders/17 HTTP/1.1\r\nHost: h\r\n\r\n'))],
    gateway.udp,
  )
  await until(() => shadow.requests.length === 1)
  await gateway.stop()
  const bare = await replayed(file, '--shadow', shadow.url)
  const opened = await replayed(file, '--shadow', shadow.url, '--record-key', key)

  expect(gateway.ready).toContain('(encrypted, at most')
  expect(readFileSync(file).includes('orders')).toBe(false)
  expect([bare.code, bare.stderr]).toEqual([
    1,
    expect.stringContaining('is encrypted: name the file with its key'),
  ])
  expect([opened.code, opened.summary.requests.forwarded]).toEqual([0, 1])
  expect(shadow.requests.map(({ url }) => url)).toEqual(['/orders/17', '/orders/17'])
})

test.each(['1', '2'])(
  '%s workers: what is recorded is replayed as it was forwarded, both answers kept',
  async (workers) => {
    const first = await aShadow((_request, response) => {
      response.writeHead(201, { 'Content-Type': 'text/plain', 'X-Shadow-Said': 'yes' }).end('from the shadow')
    })
    const second = await aShadow()
    const file = join(folder(), 'record.ndjson')
    const requests = distinctRequests(60)
    const gateway = await recordingGateway(first.url, file, '--redact', 'off', '--workers', workers)

    await sendDatagrams(interleave(connectionsOf(requests, 5, 7)), gateway.udp)
    await until(() => first.requests.length >= 60, 20_000).catch(() => {})
    const { code, summary } = await gateway.stop()
    const content = readRecord(readFileSync(file))
    const replay = await replayed(file, '--shadow', second.url, '--pace', '1000/s', '--redact', 'off')

    expect([code, replay.code]).toEqual([0, 0])
    expect(gateway.ready).toContain(`recorded into ${file} (NOT ENCRYPTED, at most 100 MB in 3600 s)`)
    expect(summary).toMatchObject({ record: { file, exchanges: 60 }, violations: [] })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(content).toMatchObject({ format: 'native', redacted: false, cut: null })
    for (const { request, production, shadow } of content.exchanges) {
      expect(production).toMatchObject({ status: 204, headers: ['Server', 'production'] })
      expect(shadow).toMatchObject({ result: 'answered_2xx', answer: { status: 201 } })
      expect(shadow?.answer?.body.toString()).toBe(request.method === 'HEAD' ? '' : 'from the shadow')
      expect(shadow?.sentAt).toBeLessThanOrEqual(shadow?.answer?.firstAt ?? 0)
    }
    const arrived = (recorded: typeof first.requests) =>
      recorded
        .map(({ method, url, body, rawHeaders }) => ({
          method,
          url,
          body,
          rawHeaders: withoutMarkers(rawHeaders),
        }))
        .sort((a, b) => a.url.localeCompare(b.url))
    expect(arrived(second.requests)).toEqual(arrived(first.requests))
    expect(headerOf(second.requests[0]!, 'x-shadow-experiment')).toBe('replay')
    expect(replay.summary).toMatchObject({
      requests: { received: 60, forwarded: 60, shadow: { answered_2xx: 60 } },
      errors: {},
    })
  },
)

const withoutMarkers = (rawHeaders: readonly string[]): string[] =>
  rawHeaders.filter((_, i) => !/^(?:x-shadow-experiment|baggage)$/i.test(rawHeaders[i - (i % 2)] as string))

test('a record holds no secret of either side, and a replay leaves its pseudonyms as they are', async () => {
  const secrets = [
    's3cr3t-session-of-jane',
    'jane@corp.example',
    'answer-token-0123456789',
    'john@corp.example',
  ]
  const first = await aShadow((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(`{"owner":"${secrets[3]}"}`)
  })
  const second = await aShadow()
  const file = join(folder(), 'record.ndjson')
  const gateway = await recordingGateway(first.url, file)
  const connection = aConnection()

  await sendDatagrams(
    [
      ...connection.open(),
      ...connection.request(
        Buffer.from(
          `GET /people?email=${secrets[1]} HTTP/1.1\r\nHost: h\r\nCookie: session=${secrets[0]}\r\n\r\n`,
        ),
      ),
      ...connection.response(
        Buffer.from(`HTTP/1.1 200 OK\r\nSet-Cookie: session=${secrets[2]}\r\nContent-Length: 0\r\n\r\n`),
      ),
      ...connection.close(),
    ],
    gateway.udp,
  )
  await until(() => first.requests.length === 1)
  await gateway.stop()
  const replay = await replayed(file, '--shadow', second.url)

  const text = readFileSync(file, 'latin1')
  for (const secret of secrets) expect(text).not.toContain(secret)
  expect(text).toContain('"redacted":true')
  expect(replay.ready).toContain('redacted when they were recorded')
  expect(second.requests.map(({ url }) => url)).toEqual(first.requests.map(({ url }) => url))
  expect(headerOf(second.requests[0]!, 'cookie')).toBe(headerOf(first.requests[0]!, 'cookie'))
})

test('a record ends at its size, and what is not in it is counted', async () => {
  const shadow = await aShadow((_request, response) => response.end(Buffer.alloc(400_000, 'x')))
  const file = join(folder(), 'record.ndjson')
  const gateway = await recordingGateway(shadow.url, file, '--record-mb', '1', '--redact', 'off')

  await sendDatagrams(interleave(connectionsOf(distinctRequests(10), 1, 7)), gateway.udp)
  await until(() => shadow.requests.length >= 10)
  const { summary } = await gateway.stop()

  const { exchanges } = readRecord(readFileSync(file))
  expect(summary.record).toMatchObject({ exchanges: exchanges.length, 'missed.size': 10 - exchanges.length })
  expect(exchanges.length).toBeGreaterThanOrEqual(2)
  expect(statSync(file).size).toBeLessThan(1_000_000 + 500)
})

test('a capture is replayed at its own pace, faster, as a slice and over again', async () => {
  const shadow = await aShadow()
  const file = join(folder(), 'capture.pcap')
  writeFileSync(file, aCapture(['/0', '/1', '/2', '/3'], 200))
  const replay = async (...args: string[]) => {
    shadow.requests.length = 0
    const { code, summary } = await replayed(file, '--shadow', shadow.url, ...args)
    return { code, seconds: summary.seconds, urls: shadow.requests.map(({ url }) => url) }
  }

  const original = await replay()
  const twice = await replay('--pace', '2x', '--loop', '2')
  const slice = await replay('--from', '+200ms', '--to', '2026-11-18T11:06:40.500Z', '--pace', '10x')

  expect(original).toMatchObject({ code: 0, urls: ['/0', '/1', '/2', '/3'] })
  expect(original.seconds).toBeGreaterThanOrEqual(0.599)
  expect(twice).toMatchObject({ code: 0, urls: ['/0', '/1', '/2', '/3', '/0', '/1', '/2', '/3'] })
  // Each pass takes 300 ms, and a mean gap lies between them.
  expect(twice.seconds).toBeGreaterThanOrEqual(0.699)
  expect(slice).toMatchObject({ code: 0, urls: ['/1', '/2'] })
})

test('a shadow that fails where production did not makes the code 1, by what failed', async () => {
  const shadow = await aShadow((_request, response) => response.writeHead(503).end())
  const dead = await startRecordingShadow()
  await dead.stop()
  const path = folder()
  const [good, bad] = [join(path, 'good.pcap'), join(path, 'bad.pcap')]
  writeFileSync(good, aCapture(['/0', '/1'], 0))
  writeFileSync(bad, aCapture(['/0', '/1'], 0, '500 Internal Server Error'))

  const failed = await replayed(good, '--shadow', shadow.url)
  const alike = await replayed(bad, '--shadow', shadow.url)
  const unreachable = await replayed(good, '--shadow', dead.url)

  expect([failed.code, failed.summary.errors]).toEqual([1, { answered_5xx: 2 }])
  expect([alike.code, alike.summary.errors]).toEqual([0, {}])
  expect([unreachable.code, unreachable.summary.errors]).toEqual([1, { failed_connect: 2 }])
})

test('a capture that is cut is replayed up to its cut, which the summary names', async () => {
  const shadow = await aShadow()
  const file = join(folder(), 'capture.pcap')
  writeFileSync(file, aCapture(['/0', '/1'], 0).subarray(0, -90))

  const { code, summary } = await replayed(file, '--shadow', shadow.url, '--writes', 'hold')

  expect(code).toBe(0)
  expect(summary.file).toMatchObject({
    format: 'pcap',
    cut: expect.stringMatching(/^cut in a packet \(byte \d+\)$/),
  })
  expect(shadow.requests.map(({ url }) => url)).toEqual(['/0', '/1'])
})

test('a file that is not there: one line, exit code 2', async () => {
  const { code, stderr } = await replayed('nowhere.pcap', '--shadow', 'http://127.0.0.1:1')

  expect(code).toBe(2)
  expect(stderr).toMatch(/^gateway: --replay nowhere\.pcap: ENOENT[^\n]*\n$/)
})

test.each([
  [['--pace', 'fast'], /^--pace fast: is 'original', a factor like 2x/],
  [['--from', 'noon'], /^--from noon: is a time since the first request/],
  [['--loop', '0'], /^--loop 0: is a whole number from 1/],
  [['--listen', '127.0.0.1:0'], /^--listen: not together with --replay/],
  [['--record-mb', '5'], /^--record-mb: goes with --record FILE/],
])('%j is refused in one line', (args, line) => {
  const options = () => replayOptions(['--replay', 'x', '--shadow', 'http://127.0.0.1:1', ...args], {})

  expect(options).toThrow(line)
})

test('what belongs to a replay is refused without one', () => {
  const options = () => standaloneOptions(['--shadow', 'http://127.0.0.1:1', '--pace', '2x'], {})

  expect(options).toThrow(/^--pace: goes with --replay FILE/)
})

test('a token of a capture is signed again and holds now, as it held then', async () => {
  const shadow = await aShadow()
  const directory = folder()
  const [file, forward] = [join(directory, 'old.pcap'), join(directory, 'forward.json')]
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const capturedAt = 1_795_000_000
  const token = `${part({ alg: 'RS256' })}.${part({ sub: 'jane', iat: capturedAt - 60, exp: capturedAt + 600 })}.c2ln`
  writeFileSync(file, aCapture([`/orders?access_token=${token}`], 10))
  const credential = { by: 'jwt', in: 'query', name: 'access_token', key: 'replay-key', algorithm: 'HS256' }
  writeFileSync(forward, JSON.stringify({ credentials: [credential] }))
  process.env.SHADOWMETER_SECRET_REPLAY_KEY = 'a-key-of-the-shadow-of-32-bytes-or-more'
  cleanups.push(() => delete process.env.SHADOWMETER_SECRET_REPLAY_KEY)

  const { code } = await replayed(file, '--shadow', shadow.url, '--forward', forward)

  const [, payload = ''] = shadow.requests[0]?.url.split('.') ?? []
  const { sub, iat, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const now = Date.now() / 1000
  expect(code).toBe(0)
  expect(sub).not.toBe('jane')
  expect([exp - iat, exp > now, iat < now]).toEqual([660, true, true])
})
