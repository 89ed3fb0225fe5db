import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { Redaction } from '../../../contract/redaction.ts'
import type { Request } from '../../../data-plane/http/exchange.ts'
import { Pipeline } from '../../../data-plane/pipeline.ts'
import { LargeBodies, type LargeBodiesLimits } from '../../../data-plane/redact/large-bodies.ts'
import {
  type LargeBody,
  type RedactedLargeBody,
  redactLargeBody,
} from '../../../data-plane/redact/large-body.ts'
import { Redactor } from '../../../data-plane/redact/redactor.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { type GatewayProcess, startGateway } from '../../support/gateway-process.ts'
import { MirroredConnection } from '../../support/mirrored-connection.ts'
import { headerOf, startRecordingShadow, until } from '../../support/recording-shadow.ts'
import { SCALE } from '../../support/scale.ts'
import { sendDatagrams } from '../../support/send-datagrams.ts'

vi.setConfig({ testTimeout: 60_000 })

const REDACTION = { settings: Redaction.parse({}), key: Buffer.alloc(32, 1).toString('base64') }
const SECRETS = ['jane@corp.example', 'hunter-22-secret', '4012888888881881', '+49 151 23456789']

const person = (n: number) =>
  JSON.stringify({ n, mail: `${n}.${SECRETS[0]}`, password: SECRETS[1], card: SECRETS[2], call: SECRETS[3] })

const jsonOf = (bytes: number): string => {
  const people: string[] = []
  for (let n = 0, length = 0; length < bytes; n++) length += people[people.push(person(n)) - 1]?.length ?? 0
  return `[${people.join(',')}]`
}

const multipartOf = (bytes: number): string =>
  ['mail', 'password', 'file']
    .map(
      (name) =>
        `--cut\r\nContent-Disposition: form-data; name="${name}"\r\n${name === 'file' ? 'Content-Type: application/json\r\n' : ''}\r\n${
          name === 'mail' ? SECRETS[0] : name === 'password' ? SECRETS[1] : jsonOf(bytes)
        }\r\n`,
    )
    .join('')
    .concat('--cut--\r\n')

const largeBody = (body: Buffer, headers = ['Content-Type', 'text/plain']): LargeBody => {
  const request = capturedRequest({ headers, body })
  return { redaction: REDACTION, request, body: request.body, isWrite: true }
}

const bodiesWith = (limits: Partial<LargeBodiesLimits>) => {
  const bodies = new LargeBodies(limits)
  onTestFinished(() => bodies.close())
  return (body: Buffer, headers?: string[]) =>
    new Promise<RedactedLargeBody | null | 'no room'>((resolve) => {
      if (!bodies.redact(largeBody(body, headers), resolve)) resolve('no room')
    })
}

test('bodies wait for one another up to a bound in bytes', async () => {
  const redact = bodiesWith({ bytes: 400_000 })
  const text = Buffer.from(`${'words '.repeat(30_000)}${SECRETS[0]}`)

  const first = redact(Buffer.from(text))
  const second = redact(Buffer.from(text))
  const third = await redact(Buffer.from(text))
  const [one, two] = (await Promise.all([first, second])) as RedactedLargeBody[]
  const again = await redact(Buffer.from(text))

  expect(third).toBe('no room')
  expect(again).not.toBe('no room')
  expect(one?.counts).toEqual({ 'email.body': 1 })
  expect(one?.body).toEqual(two?.body)
  expect(one?.body.includes(SECRETS[0] as string)).toBe(false)
})

test('one that takes too long, or too much memory, is given up, and the next one is redacted', async () => {
  const redactInTime = bodiesWith({ bodyMs: 500, byteNs: 1 })
  const slow = Buffer.from('411 '.repeat(4 << 20))
  const redactInMemory = bodiesWith({ heapMb: 16, bodyMs: 50_000 })
  // All that stands within twice the length of a value is read with it.
  const wide = Buffer.from(`["${'x'.repeat(8 << 20)}",${'"a@b.example",'.repeat(500_000)}0]`)

  const [late, onTime] = await Promise.all([redactInTime(slow), redactInTime(Buffer.from(person(1)))])
  const [large, small] = await Promise.all([redactInMemory(wide), redactInMemory(Buffer.from(person(1)))])

  expect([late === null, large === null]).toEqual([true, true])
  expect(onTime).toMatchObject({ counts: { 'email.body': 1 } })
  expect(small).toMatchObject({ counts: { 'email.body': 1 } })
})

test('the heap does not grow with a body that is made of short values', async () => {
  const redact = bodiesWith({ heapMb: 16, bodyMs: 50_000 })
  const dense = Buffer.from(`[${'"a@b.example",'.repeat(250_000)}0]`)

  const redacted = (await redact(dense)) as RedactedLargeBody

  expect(redacted.counts).toEqual({ 'email.body': 250_000 })
})

const PEOPLE = Array.from({ length: 1_500 }, (_, n) => person(n))

/** Each of them on its own. */
const peopleRedacted = (): string => {
  const redactor = new Redactor(REDACTION)
  const people = PEOPLE.map((one) => {
    const request = capturedRequest({
      headers: ['Content-Type', 'application/json'],
      body: Buffer.from(one),
    })
    redactor.request(request)
    return request.body.toString()
  })
  return `[${people.join(',')}]`
}

const redactedWith = async (coding: string, body: Buffer): Promise<RedactedLargeBody | null> => {
  const headers = ['Content-Type', 'application/json', 'Content-Encoding', coding]
  const request = capturedRequest({ method: 'POST', headers, body })
  return await redactLargeBody({ redaction: REDACTION, request, body, isWrite: true })
}

test('what is in a large body becomes what it would on its own, in whatever codings it comes', async () => {
  const plain = Buffer.from(`[${PEOPLE.join(',')}]`)
  const coded: [string, Buffer][] = [
    ['identity', plain],
    ['gzip', gzipSync(plain)],
    ['x-gzip', Buffer.concat([gzipSync(plain.subarray(0, 99)), gzipSync(plain.subarray(99))])],
    ['deflate', deflateSync(plain)],
    ['deflate', deflateRawSync(plain)],
    ['br', brotliCompressSync(plain)],
    ['zstd', zstdCompressSync(plain)],
    ['deflate, gzip', gzipSync(deflateRawSync(plain))],
  ]

  const bodies = await Promise.all(coded.map(([coding, body]) => redactedWith(coding, body)))

  const expected = peopleRedacted()
  expect(bodies.map((redacted) => redacted?.body.toString() === expected)).toEqual(coded.map(() => true))
  expect(bodies.map((redacted) => redacted?.counts['card.body'])).toEqual(coded.map(() => PEOPLE.length))
})

test('a large body that has nothing to hide goes out as it came', async () => {
  const body = gzipSync(`[${'{"sku":"SKU-0042"},'.repeat(20_000)}0]`)

  expect(await redactedWith('gzip', body)).toMatchObject({ body, isDecoded: false, counts: {} })
})

test.each([
  ['is broken', 'gzip', gzipSync(Buffer.alloc(1 << 20)).subarray(0, -20)],
  ['is none', 'br', Buffer.alloc(1 << 18, 'x')],
  ['nobody knows', 'secret', Buffer.alloc(1 << 18, 'x')],
  ['goes off', 'gzip', gzipSync(Buffer.alloc(17 << 20))],
])('a large body whose coding %s cannot be read', async (_, coding, body) => {
  expect(await redactedWith(coding, body)).toBeNull()
})

test('a value that is longer than many pieces is one value', async () => {
  const file = Buffer.from(`${'words '.repeat(60_000)}${SECRETS[0]}`).toString('base64')
  const body = Buffer.from(`{"file":"${file}","password":"${'aB3 '.repeat(80_000)}","n":1}`)

  const redacted = await redactedWith('identity', body)

  const { file: said, password, n } = JSON.parse(redacted?.body.toString() ?? '')
  expect(Buffer.from(said, 'base64').toString()).toMatch(/words [a-z0-9]+@example\.com$/)
  expect(password).toMatch(/^[a-z][A-Z]\d (?!aB3 )[a-z][A-Z]\d .*$/)
  expect([password.length, n]).toEqual([320_000, 1])
  expect(redacted?.counts).toEqual({ 'email.body': 1, 'credential.body': 1 })
})

const JANE = '"Jane" <jane@corp.example> & Söhne 🏠\n'
const VALUES: readonly [string, (value: string) => string][] = [
  ['JSON', (value) => JSON.stringify({ a: value })],
  ['escaped JSON', (value) => `{"a":"${value.replace(/./gs, escapedUnit)}"}`],
  ['a form', (value) => `a=${encodeURIComponent(value).replaceAll('%20', '+')}`],
  ['XML', (value) => `<a>${value.replace(/[<>&"]/g, (char) => `&#${char.charCodeAt(0)};`)}</a>`],
]
const escapedUnit = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

test.each(VALUES)(
  'a long value in %s takes little heap, and becomes what its parts become',
  async (_, put) => {
    const redactor = new Redactor(REDACTION)
    const short = capturedRequest({ headers: ['Host', 'h'], body: Buffer.from(put(JANE)) })
    const redact = bodiesWith({ heapMb: 16, bodyMs: 50_000 })
    const times = 30_000

    redactor.request(short)
    const long = (await redact(Buffer.from(put(JANE.repeat(times))), [])) as RedactedLargeBody

    const value = /^(?:\{"a":"|a=|<a>)(.*?)(?:"\}|<\/a>)?$/s
    const [, one = ''] = value.exec(short.body.toString()) ?? []
    const [, many = ''] = value.exec(long.body.toString()) ?? []
    expect(many === one.repeat(times)).toBe(true)
    expect(long.counts).toEqual({ 'email.body': times })
    expect(one).not.toContain('corp')
  },
)

/** What the packet path reads of a request that comes in segments and chunks of these sizes. */
const captured = (type: string, body: Buffer, mss: number, chunks: readonly number[]): Request => {
  const requests: Request[] = []
  const pipeline = new Pipeline({ onRequest: (request) => requests.push(request), onExchange: () => {} })
  const connection = new MirroredConnection({
    vni: 7,
    client: { address: '10.0.0.1', port: 20_000 },
    server: { address: '10.1.0.9', port: 8080 },
    mss,
  })
  const pieces: Buffer[] = []
  for (let at = 0, n = 0; at < body.length; n++) {
    const piece = body.subarray(at, at + (chunks[n % chunks.length] as number))
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'))
    at += piece.length
  }
  const head = `POST /people HTTP/1.1\r\nHost: shop\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`
  const bytes = Buffer.concat([Buffer.from(head), ...pieces, Buffer.from('0\r\n\r\n')])
  for (const packet of [...connection.open(), ...connection.request(bytes)])
    pipeline.datagram(packet, 0, packet.length, 0, 1_000)
  pipeline.close(2_000)
  return requests[0] as Request
}

test('a body that is cut anywhere is redacted as the whole one is, at once or later', async () => {
  const types = { 'application/json': jsonOf(3_000), 'multipart/form-data; boundary=cut': multipartOf(3_000) }

  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.entries(types)),
      fc.integer({ min: 1, max: 1_460 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 }),
      async ([type, text], mss, chunks) => {
        const whole = capturedRequest({
          method: 'POST',
          headers: ['Content-Type', type],
          body: Buffer.from(text),
        })
        const cut = captured(type, Buffer.from(text), mss, chunks)
        const redactor = new Redactor(REDACTION)

        new Redactor(REDACTION).request(whole, true)
        const large = redactor.requestOrLarge(cut, true, 1_000) as LargeBody
        const left = cut.body.length
        redactor.finish(cut, (await redactLargeBody(large)) as RedactedLargeBody)

        expect(left).toBe(0)
        expect(cut.body.equals(whole.body)).toBe(true)
        expect(SECRETS.filter((secret) => cut.body.includes(secret))).toEqual([])
        expect(redactor.counts['email.body']).toBeGreaterThan(10)
      },
    ),
    { numRuns: 15 * SCALE },
  )
})

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const upload = (gateway: GatewayProcess, port: number, head: string, body: Buffer) => {
  const connection = new MirroredConnection({
    vni: 7,
    client: { address: '10.0.0.1', port },
    server: { address: '10.1.0.9', port: 8080 },
  })
  const bytes = Buffer.from(`${head}\r\nHost: shop\r\nContent-Length: ${body.length}\r\n\r\n`)
  return sendDatagrams(
    [...connection.open(), ...connection.request(Buffer.concat([bytes, body])), ...connection.close()],
    gateway.udp,
  )
}

test('large uploads reach the shadow redacted, whatever they are; what passes the bounds is held back, and all of it is counted', async () => {
  const shadow = await startRecordingShadow()
  cleanups.push(shadow.stop)
  const gateway = await startGateway([
    ...['--listen', '127.0.0.1:0', '--port', '8080', '--health', '127.0.0.1:0', '--shadow', shadow.url],
    ...['--writes', 'forward'],
  ])
  cleanups.push(() => gateway.child.kill('SIGKILL'))
  const json = 'POST /json HTTP/1.1\r\nContent-Type: application/json'
  const bodies: [string, Buffer][] = [
    [json, Buffer.from(jsonOf(600_000))],
    [
      'POST /form HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=cut',
      Buffer.from(multipartOf(200_000)),
    ],
    [`${json}\r\nContent-Encoding: gzip`, gzipSync(jsonOf(1 << 20))],
    [`${json}\r\nContent-Encoding: gzip`, gzipSync(Buffer.alloc(17 << 20, '1 '))],
    ['GET /small HTTP/1.1', Buffer.alloc(0)],
  ]

  for (const [i, [head, body]] of bodies.entries()) await upload(gateway, 20_000 + i, head, body)
  await until(() => shadow.requests.length >= 4, 50_000)
  const { summary } = await gateway.stop()
  const of = (url: string, nth = 0) => shadow.requests.filter((request) => request.url === url)[nth]

  const [one, two] = ['/json', '/json'].map((url, nth) => of(url, nth)?.body.toString() ?? '')
  const sizes = [one, two].map((text) => JSON.parse(text ?? '').length).sort((a, b) => a - b)
  expect(sizes).toEqual([JSON.parse(jsonOf(600_000)).length, JSON.parse(jsonOf(1 << 20)).length])
  expect(of('/form')?.body.toString()).toContain('--cut--')
  for (const request of shadow.requests) {
    expect(SECRETS.filter((secret) => request.body.includes(secret))).toEqual([])
    expect(headerOf(request, 'content-encoding')).toBeUndefined()
  }
  expect(summary.requests).toMatchObject({ received: 5, forwarded: 4, held_back: 1 })
  expect(summary.requests.reasons).toEqual({ 'held_back.unredactable': 1 })
  expect(summary.violations).toEqual([])
})
