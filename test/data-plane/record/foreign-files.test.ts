import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readRecord } from '../../../data-plane/record/read-record.ts'
import { requestFrom } from '../../../data-plane/record/recorded.ts'
import { writeRecord } from '../../../data-plane/record/write-record.ts'
import { capturedRequest } from '../../support/captured-request.ts'

const run = promisify(execFile)
const ABOUT = { experiment: 'e', startedAt: '2026-11-26T14:00:00.000Z', redacted: true }

const read = (...parts: string[]) => readRecord(Buffer.from(parts.join(''), 'utf8'))

describe('files of GoReplay', () => {
  const NANOSECONDS = '1795000000123456789'
  const SEPARATOR = '\n🐵🙈🙉\n'
  const request = (id: string, text: string) => `1 ${id} ${NANOSECONDS} 1500000\n${text}${SEPARATOR}`

  test('requests, chunked ones too, with production’s and the replayed answer, of versions with and without latency', () => {
    const { exchanges, skipped, format } = read(
      request(
        'a1',
        'POST /orders?x=1 HTTP/1.1\r\nHost: shop:8080\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
      ),
      `2 a1 ${NANOSECONDS} 7000000\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok${SEPARATOR}`,
      `3 a1 ${NANOSECONDS}\nHTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n${SEPARATOR}`,
      `1 b2 ${NANOSECONDS}\nGET / HTTP/1.1\r\nHost: shop\r\n\r\n${SEPARATOR}`,
    )

    expect({ format, skipped, count: exchanges.length }).toEqual({
      format: 'goreplay',
      skipped: {},
      count: 2,
    })
    const [first] = exchanges
    expect(first?.request).toMatchObject({
      ...{ method: 'POST', target: '/orders?x=1', host: 'shop:8080', firstAt: 1_795_000_000_123.456 },
      connection: { client: { address: '192.0.2.1' }, server: { port: 8080 } },
    })
    expect(first?.request.body.toString()).toBe('hi')
    expect(first?.request.lastAt).toBeCloseTo(1_795_000_000_124.956, 2)
    expect(first?.production).toMatchObject({ status: 201, reason: 'Created' })
    expect(first?.shadow).toMatchObject({ result: 'answered_5xx', answer: { status: 500 } })
  })

  test('what is not whole is left out and counted, and a cut end is named', () => {
    const { exchanges, skipped, cut } = read(
      request('a', 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nshort'),
      request('b', 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'),
      `2 zz ${NANOSECONDS} 1\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n${SEPARATOR}`,
      request('c', 'GET /cut HTTP/1.1\r\nHost: h\r\n\r\n').slice(0, 45),
    )

    expect(exchanges.map(({ request: { target } }) => target)).toEqual(['/'])
    expect(skipped).toEqual({
      ...{ 'requests that are not whole': 1, 'answers that are not whole, or to no request': 1 },
    })
    expect(cut).toBe('cut in part 4')
  })

  test('packed by gzip', () => {
    const { exchanges } = readRecord(gzipSync(request('a', 'GET /z HTTP/1.1\r\nHost: h\r\n\r\n')))

    expect(exchanges.map(({ request: { target } }) => target)).toEqual(['/z'])
  })

  test('a part that begins otherwise is refused with its number', () => {
    const reading = () => read(request('a', 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'), `hello\nthere${SEPARATOR}`)

    expect(reading).toThrow(/^part 2: does not begin like '1 ID TIME LATENCY'/)
  })

  test('a body with the separator in it cannot be written, and is counted', () => {
    const request = requestFrom({
      ...capturedRequest({ method: 'POST' }),
      body: Buffer.from(`a${SEPARATOR}b`),
    })

    const { bytes, skipped } = writeRecord('goreplay', [{ request, production: null, shadow: null }], ABOUT)

    expect([bytes.length, skipped]).toEqual([0, { 'contains the separator': 1 }])
  })
})

describe('HAR files', () => {
  const entry = (request: object, response: object = {}) => ({
    startedDateTime: '2026-11-26T15:00:00.123+01:00',
    time: 12,
    request: {
      method: 'GET',
      url: 'https://shop.example/a?b=c',
      httpVersion: 'h2',
      headers: [],
      cookies: [],
      ...request,
    },
    response: {
      status: 200,
      statusText: '',
      headers: [],
      content: { size: 0, mimeType: 'x-unknown' },
      ...response,
    },
    cache: {},
    timings: { blocked: 1, dns: -1, connect: -1, ssl: -1, send: 2, wait: 7, receive: 3 },
    serverIPAddress: '[2001:db8::7]',
  })
  const har = (...entries: object[]) =>
    `\ufeff${JSON.stringify({ log: { version: '1.2', creator: { name: 'WebInspector', version: '537.36' }, entries } })}`
  const header = (name: string, value: string) => ({ name, value })

  test('of a browser: pseudo-headers, decoded answers, posted forms, characters beyond a byte', () => {
    const { exchanges, format, redacted } = read(
      har(
        entry(
          {
            headers: [
              header(':authority', 'shop.example'),
              header('accept', '*/*'),
              header('x-name', 'Łukasz'),
            ],
          },
          {
            headers: [header('content-encoding', 'br'), header('set-cookie', 'a=1\nb=2')],
            content: { size: 5, mimeType: 'text/plain', text: 'größe' },
          },
        ),
        entry({
          method: 'POST',
          url: 'http://shop.example:8081',
          headers: [header('Host', 'other')],
          postData: {
            mimeType: 'application/x-www-form-urlencoded',
            params: [header('a', 'b c'), header('d', 'é')],
          },
        }),
      ),
    )

    expect([format, redacted]).toEqual(['har', false])
    const [get, post] = exchanges
    expect(get?.request).toMatchObject({
      ...{ target: '/a?b=c', version: '1.1', kind: 'http1', host: 'shop.example' },
      headers: ['Host', 'shop.example', 'accept', '*/*', 'x-name', Buffer.from('Łukasz').toString('latin1')],
      connection: { client: { address: '2001:db8::1' }, server: { address: '2001:db8::7', port: 80 } },
      firstAt: Date.parse('2026-11-26T14:00:00.123Z'),
    })
    expect(get?.production).toMatchObject({ headers: ['set-cookie', 'a=1', 'set-cookie', 'b=2'] })
    expect(get?.production?.body.toString()).toBe('größe')
    expect((get?.production?.firstAt ?? 0) - (get?.request.lastAt ?? 0)).toBeCloseTo(7, 3)
    expect(post?.request).toMatchObject({ target: '/', headers: ['Host', 'other'] })
    expect(post?.request.body.toString()).toBe('a=b+c&d=%C3%A9')
    expect(post?.request.connection.server.port).toBe(8081)
  })

  test('what cannot be sent is left out and counted; nobody else’s own fields are believed', () => {
    const multipart = { mimeType: 'multipart/form-data; boundary=x', params: [header('a', 'b')] }
    const { exchanges, skipped } = read(
      har(
        entry({ url: 'ws://shop.example/' }),
        entry({ headers: [header('X-A', 'b\r\nX-Injected: 1')] }),
        entry({ method: 'POST', postData: multipart }),
        {
          ...entry({}, { status: 0 }),
          _shadow: { result: 'answered_2xx', sentAt: 1, response: null, timings: {} },
        },
      ),
    )

    expect(skipped).toEqual({ 'no http URL': 1, 'not HTTP': 1, 'a form without its text': 1 })
    expect(exchanges.map(({ production, shadow }) => [production, shadow])).toEqual([[null, null]])
  })

  test.each([
    ['no JSON', '{"log": {', /^HAR: /],
    [
      'another version',
      '{"log":{"version":"2.0","creator":{"name":"a"},"entries":[]}}',
      /^HAR: log\.version: is 1\.1, 1\.2/,
    ],
    [
      'an entry without its request',
      '{"log":{"version":"1.2","creator":{"name":"a"},"entries":[{}]}}',
      /log\.entries\.0\.request/,
    ],
  ])('%s: refused with its place', (_, text, message) => {
    expect(() => read(text)).toThrow(message)
  })
})

const tshark = await run('tshark', ['--version']).then(
  () => null,
  () => 'tshark is not installed',
)
if (tshark !== null) console.warn(`skipped: reading a written capture by tshark: ${tshark}`)

test.skipIf(tshark !== null)(
  'tshark reads a written capture: whole messages, right checksums, nothing lost',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'record-'))
    const file = join(folder, 'a.pcap')
    const body = Buffer.alloc(5_000, 'x')
    const request = requestFrom({ ...capturedRequest({ method: 'PUT', target: '/big' }), body })
    const answer = { status: 201, reason: 'Created', headers: [], trailers: [], bodyLength: body.length }
    const production = { ...answer, body, firstAt: request.lastAt + 5, lastAt: request.lastAt + 9 }
    await writeFile(file, writeRecord('pcap', [{ request, production, shadow: null }], ABOUT).bytes)

    const fields = [
      'frame.len',
      'http.request.uri',
      'http.response.code',
      'http.content_length',
      'tcp.analysis.flags',
    ]
    const { stdout } = await run('tshark', [
      ...['-r', file, '-T', 'fields', '-E', 'separator=,', '-d', 'tcp.port==8080,http'],
      ...['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE', '-e', 'tcp.checksum.status'],
      ...fields.flatMap((field) => ['-e', field]),
    ])
    await rm(folder, { recursive: true })

    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(','))
    expect(new Set(rows.map(([checksum]) => checksum))).toEqual(new Set(['1']))
    expect(rows.map((row) => row[5]).filter((flags) => flags)).toEqual([])
    expect(
      rows.map(([, , uri, status, length]) => [uri, status, length]).filter((row) => row.some(Boolean)),
    ).toEqual([
      ['/big', '', '5000'],
      ['', '201', '5000'],
    ])
  },
)
