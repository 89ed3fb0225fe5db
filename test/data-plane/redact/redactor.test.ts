import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { Redaction, type RedactionInput } from '../../../contract/redaction.ts'
import { isCard } from '../../../data-plane/redact/card.ts'
import { Redactor } from '../../../data-plane/redact/redactor.ts'
import { capturedRequest } from '../../support/captured-request.ts'

const key = (fill: number) => Buffer.alloc(32, fill).toString('base64')

const redactorOf = (settings: RedactionInput = {}, of: string | null = key(1)) =>
  new Redactor({ settings: Redaction.parse(settings), key: of })

const post = (body: unknown, contentType = 'application/json', headers: string[] = []) =>
  capturedRequest({
    method: 'POST',
    target: '/login',
    headers: ['Host', 'h', 'Content-Type', contentType, ...headers],
    body: Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  })

/** What a JSON body becomes. */
const json = (body: unknown, redactor = redactorOf()) => {
  const request = post(body)
  redactor.request(request)
  return JSON.parse(request.body.toString())
}

test('one value is one pseudonym wherever it stands, and another one under another key', () => {
  const redactor = redactorOf()
  const request = capturedRequest({
    method: 'POST',
    target: '/people/jane@corp.example/orders?to=jane%40corp.example',
    headers: ['Host', 'h', 'Content-Type', 'application/json', 'From', 'jane@corp.example'],
    body: Buffer.from('{"mail":"Jane@corp.example","e":"jane\\u0040corp.example"}'),
  })
  redactor.request(request)
  const body = Buffer.from('<from>jane@corp.example</from>')
  const answer = redactor.response(request, 'production', ['Content-Type', 'text/xml'], body)
  const echoed = redactor.response(request, 'shadow', ['Content-Type', 'text/xml'], answer?.body ?? body)
  const other = json({ mail: 'jane@corp.example' }, redactorOf({}, key(2))).mail

  const [, pseudonym = ''] = /people\/([^/]+)\//.exec(request.target) ?? []
  expect(pseudonym).toMatch(/^[a-z0-9]{12}@example\.com$/)
  expect(request.target).toBe(`/people/${pseudonym}/orders?to=${pseudonym}`)
  expect(request.headers.at(-1)).toBe(pseudonym)
  expect(JSON.parse(request.body.toString())).toEqual({ mail: pseudonym, e: pseudonym })
  expect(answer?.body.toString()).toBe(`<from>${pseudonym}</from>`)
  expect(echoed).toEqual(answer)
  expect(other).not.toBe(pseudonym)
})

test('what has nothing to hide stays byte for byte, and costs no copy', () => {
  const body = Buffer.from(
    '{ "sku" : "SKU-0042",\r\n"price": 1.50e3, "at": 1795000000000, "id": "6d0b9f30-8f4f-4b6e-9c7a-0a4a7d2e7f11" }',
  )
  const request = post(body, 'application/json; charset=utf-8', [
    'X-Request-Id',
    'a',
    'If-None-Match',
    '"abc"',
  ])
  const { headers, target } = request

  const usable = redactorOf().request(request)

  expect(usable).toBe(true)
  expect([request.headers, request.target, request.body]).toEqual([headers, target, body])
  expect(request.headers).toBe(headers)
  expect(request.body).toBe(body)
})

test('a mask keeps the shape, and its card numbers pass Luhn’s check', () => {
  const masked = json(
    { password: 'Hunter-22', card: '4012 8888 8888 1881', n: 378734493671000, mail: 'jane.doe@corp.example' },
    redactorOf({ mode: 'mask' }),
  )

  expect(masked).toEqual({
    password: 'Xxxxxx-00',
    card: '4111 1100 0000 0005',
    n: 378282000000008,
    mail: 'xxxxxxxxx@example.com',
  })
  expect(isCard('4111110000000005')).toBe(true)
})

test('removal leaves out headers, cookies and parameters, and empties fields', () => {
  const request = capturedRequest({
    method: 'POST',
    target: '/?a=1&token=abc&b=2',
    headers: [
      ...['Host', 'h', 'Authorization', 'Bearer abc', 'Cookie', 'theme=dark; sid=1; lang=de'],
      ...['Content-Type', 'application/json'],
    ],
    body: Buffer.from('{"password":"x","pin":1234,"note":"write to jane@x.example now"}'),
  })

  redactorOf({ mode: 'remove' }).request(request)

  expect(request.target).toBe('/?a=1&b=2')
  expect(request.headers).toEqual([
    'Host',
    'h',
    'Cookie',
    'theme=dark; lang=de',
    'Content-Type',
    'application/json',
  ])
  expect(request.body.toString()).toBe('{"password":"","pin":0,"note":"write to  now"}')
})

test('rules decide first: by path, by field, by kind', () => {
  const redactor = redactorOf({
    rules: [
      { match: { paths: ['/public/**'] }, fields: ['token'], action: 'keep' },
      { fields: ['user.name', 'birthday'], action: 'mask' },
      { headers: ['X-Trace'], action: 'remove' },
      { kinds: ['email'], action: 'keep' },
    ],
  })
  const there = post({
    token: 'abc',
    user: { name: 'Jane' },
    name: 'Jane',
    birthday: '1990-01-02',
    e: 'a@b.example',
  })
  there.headers = [...there.headers, 'x-trace', 't']
  const open = post({ token: 'abc' })
  open.target = '/public/x'

  redactor.request(there)
  redactor.request(open)

  expect(JSON.parse(there.body.toString())).toEqual({
    ...{ token: expect.not.stringMatching('abc'), user: { name: 'Xxxx' }, name: 'Jane' },
    ...{ birthday: '0000-00-00', e: 'a@b.example' },
  })
  expect(there.headers).not.toContain('x-trace')
  expect(open.body.toString()).toBe('{"token":"abc"}')
  expect(redactor.counts).toMatchObject({ 'rules[1].body': 2, 'rules[2].header': 1, 'credential.body': 1 })
})

test('an allow-list replaces whatever no rule keeps, and holds back what it cannot read', () => {
  const redactor = redactorOf({
    unlisted: 'replace',
    rules: [{ fields: ['sku'], query: ['page'], action: 'keep' }],
  })
  const request = post({ sku: 'SKU-1', city: 'Leeds', n: 17, on: true })
  request.target = '/orders?page=2&sort=asc'

  const usable = redactor.request(request)
  const image = redactor.request(post(Buffer.from([1, 2, 3]), 'image/png'))

  const body = JSON.parse(request.body.toString())
  expect(usable).toBe(true)
  expect(body).toMatchObject({ sku: 'SKU-1', on: true })
  expect(body.city).toMatch(/^[A-Z][a-z]{4}$/)
  expect([body.city === 'Leeds', body.n === 17]).toEqual([false, false])
  expect(request.target).toMatch(/^\/orders\?page=2&sort=(?!asc)[a-z]{3}$/)
  expect(image).toBe(false)
})

test('a compressed body goes out as it came when nothing is in it, else without its coding', () => {
  const clean = post(gzipSync('{"a":1}'), 'application/json', ['Content-Encoding', 'gzip'])
  const planted = post(gzipSync('{"password":"abc"}'), 'application/json', [
    ...['Content-Encoding', 'gzip', 'Content-MD5', 'Q2hlY2sgSW50ZWdyaXR5IQ=='],
  ])
  const redactor = redactorOf()

  const usable = [redactor.request(clean), redactor.request(planted)]

  expect(usable).toEqual([true, true])
  expect(clean.headers).toContain('Content-Encoding')
  expect(gunzipSync(clean.body).toString()).toBe('{"a":1}')
  expect(planted.headers).toEqual(['Host', 'h', 'Content-Type', 'application/json'])
  expect(JSON.parse(planted.body.toString()).password).toMatch(/^[a-z]{3}$/)
})

test.each([
  ['a coding nobody knows', post('x', 'text/plain', ['Content-Encoding', 'secret'])],
  ['a broken coding', post('no gzip', 'text/plain', ['Content-Encoding', 'gzip'])],
  ['a bomb', post(gzipSync(Buffer.alloc(20 << 20)), 'text/plain', ['Content-Encoding', 'gzip'])],
  ['a body that is too long', post(Buffer.alloc((16 << 20) + 1, 0x61), 'text/plain')],
  ['multipart without its boundary', post('--a\r\n\r\n', 'multipart/form-data; boundary=b')],
  ['UTF-16', post(Buffer.from('password=x', 'utf16le'), 'text/plain; charset=utf-16')],
  ['compressed gRPC', post(Buffer.alloc(9), 'application/grpc', ['grpc-encoding', 'gzip'])],
])('%s is held back', (_, request) => {
  expect(redactorOf().request(request)).toBe(false)
})

test.each([
  [
    'curl -H "Authorization: Bearer k3y-of.the_shop~1234" /',
    'curl -H "Authorization: Bearer x0x-xx.xxx_xxxx~0000" /',
  ],
  ['the bearer of good news, bearer instruments', 'the bearer of good news, bearer instruments'],
])('in %s a bearer token is found, and nothing else', (text, expected) => {
  const request = post(text, 'text/plain')

  redactorOf({ mode: 'mask' }).request(request)

  expect(request.body.toString()).toBe(expected)
})

test('without a key it masks', () => {
  expect(json({ password: 'abc' }, redactorOf({}, null))).toEqual({ password: 'xxx' })
})

const order = {
  email: 'jane@corp.example',
  phone: '+49 151 23456789',
  webhookUrl: 'https://partner.example/hooks/1',
  notify: 'https://hooks.slack.com/services/T0001/B0001/abcDEF123',
  paymentToken: 'tok_1MzZ2eLkdIwHu7ix',
  card: '4012888888881881',
  password: 'as it is',
}
const write = (settings: RedactionInput) => {
  const request = post(order, 'application/json', ['Idempotency-Key', 'a1b2c3d4-0001'])
  redactorOf({ mode: 'off', ...settings }).request(request)
  return { body: JSON.parse(request.body.toString()), key: request.headers.at(-1) }
}

test('without redaction a write still reaches nobody: addresses, numbers, hooks, tokens and keys are others', () => {
  const { body, key: idempotencyKey } = write({})

  expect(body).toEqual({
    email: expect.stringMatching(/@example\.com$/),
    phone: expect.stringMatching(/^\+99 9/),
    webhookUrl: expect.stringMatching(/^https:\/\/webhook\.invalid\//),
    notify: expect.stringMatching(/^https:\/\/webhook\.invalid\//),
    paymentToken: 'tok_visa',
    card: expect.not.stringMatching(order.card),
    password: 'as it is',
  })
  expect(isCard(body.card)).toBe(true)
  expect(idempotencyKey).toMatch(/^(?!a1b2c3d4-0001)/)
})

test('what a write carries goes as it is only where the spec says so', () => {
  const read = post(order)
  redactorOf({ mode: 'off' }).request(read, false)

  expect(write({ sideEffects: 'keep' })).toEqual({ body: order, key: 'a1b2c3d4-0001' })
  expect(write({ kinds: { email: 'keep' } }).body.email).toBe(order.email)
  expect(write({ kinds: { email: 'keep' } }).body.phone).not.toBe(order.phone)
  expect(JSON.parse(read.body.toString())).toEqual(order)
})

test('without redaction nothing is looked for in what can reach nobody: it goes as it is, readable or not', () => {
  const unreadable = ['Content-Type', 'application/json', 'Content-Encoding', 'unheard-of']
  const body = Buffer.from('{"email":"jane@corp.example"}')
  const search = () =>
    capturedRequest({ method: 'GET', target: '/?q=jane@corp.example', headers: unreadable, body })
  const read = search()

  const isTaken = redactorOf({ mode: 'off' }).request(read, false)
  const isWriteTaken = redactorOf({ mode: 'off' }).request(search(), true)
  const isKeptWriteTaken = redactorOf({ mode: 'off', sideEffects: 'keep' }).request(search(), true)

  expect({ isTaken, isWriteTaken, isKeptWriteTaken }).toEqual({
    isTaken: true,
    isWriteTaken: false,
    isKeptWriteTaken: true,
  })
  expect(read).toEqual(search())
})

test.each<[string, RedactionInput]>([
  ['kind', { kinds: { email: 'mask' } }],
  ['rule', { rules: [{ query: ['q'], action: 'mask' }] }],
])('without redaction a %s that asks for it is still redacted in reads', (_, settings) => {
  const read = capturedRequest({ target: '/?q=jane@corp.example', headers: ['Host', 'h'] })

  redactorOf({ mode: 'off', ...settings }).request(read, false)

  expect(read.target).not.toContain('jane')
})

test.each([
  'https://hooks.slack.com/services/T0001/B0001/abcDEF123',
  'https://discord.com/api/v10/webhooks/1234/abc-DEF_9',
  'https://corp.webhook.office.com/webhookb2/1@2/IncomingWebhook/3/4',
  'https://chat.googleapis.com/v1/spaces/AAA/messages/a-B9',
  'http://hooks.zapier.com/hooks/catch/1/abc',
  'https://api.telegram.org/bot123:ABC-DEF/sendMessage',
])('a webhook is known by its address in any text: %s', (hook) => {
  const request = post(`{"text":"tell ${hook} of it, see https://slack.com/services/T0001"}`)

  redactorOf({ mode: 'pseudonymise' }).request(request)

  expect(request.body.toString()).toMatch(
    /^\{"text":"tell https:\/\/webhook\.invalid\/\w+ of it, see https:\/\/slack\.com\/services\/T0001"\}$/,
  )
})

test('an answer that repeats a token says the same, whoever has signed it', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = (sub: string, signature: string) =>
    `${part({ alg: 'RS256' })}.${part({ sub, name: 'Jane Doe' })}.${signature}`
  for (const mode of ['pseudonymise', 'mask'] as const) {
    const redactor = redactorOf({ mode })
    const request = post({ token: token('user-1', 'c2lnbmVk') })
    redactor.request(request)
    const { token: sent } = JSON.parse(request.body.toString())
    const again = `${sent.slice(0, sent.lastIndexOf('.'))}.b3RoZXI`
    const answer = (from: 'production' | 'shadow', text: string) =>
      redactor.response(
        request,
        from,
        ['Content-Type', 'application/json'],
        Buffer.from(JSON.stringify({ token: text })),
      )

    expect(answer('shadow', again)).toEqual(answer('production', token('user-1', 'c2lnbmVk')))
    expect(answer('shadow', token('user-2', 'eA'))).not.toEqual(
      mode === 'mask' ? null : answer('production', token('user-1', 'eA')),
    )
  }
})

/** Texts that make patterns with going back, or scanners that look ahead without bound, take for ever. */
const HOSTILE: [string, (big: (text: string) => string) => string, string][] = [
  ['one @ after the other', (big) => big('@'), 'text/plain'],
  ['addresses without end', (big) => big('a@a.'), 'text/plain'],
  ['one word', (big) => big('a'), 'text/plain'],
  ['beginnings of tokens', (big) => big('eyJ.'), 'text/plain'],
  ['beginnings of keys', (big) => big('-----BEGIN PRIVATE KEY-----'), 'text/plain'],
  ['digits', (big) => big('4'), 'text/plain'],
  ['groups of digits', (big) => big('411 '), 'text/plain'],
  ['phone numbers', (big) => big('+1('), 'text/plain'],
  ['assignments', (big) => big('token="'), 'text/plain'],
  ['open brackets', (big) => big('['), 'application/json'],
  ['objects in objects', (big) => big('{"a":'), 'application/json'],
  ['backslashes', (big) => `"${big('\\')}`, 'application/json'],
  ['JSON in JSON', (big) => big('"[\\"'), 'application/json'],
  ['questions', (big) => `a=${big('?a=')}`, 'application/x-www-form-urlencoded'],
  ['percent signs', (big) => `a=${big('%25')}`, 'application/x-www-form-urlencoded'],
  ['pairs', (big) => big('a=b&'), 'application/x-www-form-urlencoded'],
  ['open tags', (big) => big('<a '), 'text/xml'],
  ['attributes', (big) => `<a ${big('b="')}`, 'text/xml'],
  ['entities', (big) => big('&#x'), 'text/xml'],
  ['comments', (big) => big('<!--'), 'text/xml'],
  ['boundaries', (big) => `--b\r\n${big('\r\n--b\r\n')}`, 'multipart/form-data; boundary=b'],
  ['addresses in binary', (big) => big('a@b.cc\0'), 'application/octet-stream'],
  ['beginnings of tokens in one word', (big) => big('-eyJ'), 'text/plain'],
  [
    'requests of a batch',
    (big) => big('--b\r\nContent-Type: application/http\r\n\r\nGET / HTTP/1.1\r\nA: b\r\n\r\n\r\n'),
    'multipart/mixed; boundary=b',
  ],
  ['lines of a head', (big) => `GET / HTTP/1.1\r\n${big('a:\r\n')}`, 'application/http'],
  ['empty parts', (big) => big('--b\r\n'), 'multipart/form-data; boundary=b'],
]

const repeated = (length: number) => (text: string) => text.repeat(Math.ceil(length / text.length))

test.each(HOSTILE)('%s: a quarter of a mebibyte is read in linear time', (_, textOf, contentType) => {
  const text = textOf(repeated(1 << 18))
  const redactor = redactorOf({ regions: ['br', 'de', 'es', 'fr', 'gb', 'us'] })
  const start = process.threadCpuUsage()

  redactor.request(post(text, contentType))

  const { user, system } = process.threadCpuUsage(start)
  const spent = (user + system) / 1000
  // Ordinary text takes some 10 ms, the slowest of these some 500; what grows with the square takes minutes.
  expect(spent).toBeLessThan(2_000)
})

/** How many characters are looked at one by one, or searched, while something is done. */
const charactersRead = (work: () => void): number => {
  const { charCodeAt, indexOf } = String.prototype
  let read = 0
  String.prototype.charCodeAt = function (this: string, index) {
    read++
    return charCodeAt.call(this, index)
  }
  String.prototype.indexOf = function (this: string, text, from = 0) {
    const found = indexOf.call(this, text, from)
    read += (found < 0 ? this.length : found) - from
    return found
  }
  try {
    work()
  } finally {
    Object.assign(String.prototype, { charCodeAt, indexOf })
  }
  return read
}

test.each(HOSTILE)('%s: of twice the text twice as much is read', (_, textOf, contentType) => {
  const read = [1 << 13, 1 << 14].map((length) => {
    const request = post(textOf(repeated(length)), contentType)
    return charactersRead(() => redactorOf().request(request))
  }) as [number, number]

  expect(read[1]).toBeLessThan(2.5 * read[0] + 1_000)
})
