import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { RedactedKind } from '../../contract/redaction.ts'
import { integer, pick, type Random } from '../../local/demo/random.ts'

/** A request with one secret in it, and where that is. */
export type Planted = {
  kind: RedactedKind
  place: string
  secret: string
  method: 'GET' | 'POST'
  target: string
  /** Name, value, name, value ... without Host and framing. */
  headers: string[]
  body: Buffer
  /** Framed by chunks, cut into segments of so many bytes. */
  chunked: boolean
  mss: number
}

const LOWER = 'abcdefghijkmnpqrstuvwxyz'
const UPPER = 'ABCDEFGHJKLMNPQRSTUVWXYZ'
const DIGITS = '0123456789'
const text = (random: Random, alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet[integer(random, alphabet.length)]).join('')
const token = (random: Random, length: number) =>
  `${text(random, LOWER, 2)}${text(random, DIGITS, 2)}${text(random, LOWER + UPPER + DIGITS, length - 4)}`

/** By Luhn’s check, computed here in its own way. */
const withCheck = (digits: string): string => {
  for (let check = 0; check < 10; check++) {
    const all = [...`${digits}${check}`].reverse().map(Number)
    const sum = all.reduce(
      (total, digit, i) => total + (i % 2 === 0 ? digit : ([0, 2, 4, 6, 8, 1, 3, 5, 7, 9][digit] ?? 0)),
      0,
    )
    if (sum % 10 === 0) return `${digits}${check}`
  }
  throw new Error('unreachable')
}

const card = (random: Random): string => {
  const number = pick(random, [
    () => withCheck(`4${text(random, DIGITS, 14)}`),
    () => withCheck(`5${1 + integer(random, 5)}${text(random, DIGITS, 13)}`),
    () => withCheck(`37${text(random, DIGITS, 12)}`),
    () => withCheck(`6011${text(random, DIGITS, 11)}`),
  ])()
  const separator = pick(random, ['', '', ' ', '-'])
  return number.length === 16 ? (number.match(/.{4}/g) ?? []).join(separator) : number
}

const phone = (random: Random): string =>
  pick(random, [
    () => `+49 ${150 + integer(random, 29)} ${text(random, DIGITS, 8)}`,
    () => `+44 20 7${text(random, DIGITS, 3)} ${text(random, DIGITS, 4)}`,
    () =>
      `+1 (${2 + integer(random, 8)}${text(random, DIGITS, 2)}) ${2 + integer(random, 8)}${text(random, DIGITS, 2)}-${text(random, DIGITS, 4)}`,
    () =>
      `(${2 + integer(random, 8)}${text(random, DIGITS, 2)}) ${2 + integer(random, 8)}${text(random, DIGITS, 2)}-${text(random, DIGITS, 4)}`,
    () =>
      `${2 + integer(random, 8)}${text(random, DIGITS, 2)}-${2 + integer(random, 8)}${text(random, DIGITS, 2)}-${text(random, DIGITS, 4)}`,
    () => `+33${1 + integer(random, 9)}${text(random, DIGITS, 8)}`,
  ])()

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export const SECRETS: Readonly<Partial<Record<RedactedKind, (random: Random) => string>>> = {
  credential: (random) => token(random, 12 + integer(random, 30)),
  jwt: (random) =>
    [
      base64url({ alg: 'HS256', typ: 'JWT' }),
      base64url({ sub: token(random, 12), exp: 1_795_000_000 }),
      text(random, LOWER + UPPER + DIGITS, 43),
    ].join('.'),
  'cloud-key': (random) =>
    pick(random, [
      () => `AKIA${text(random, UPPER, 8)}${text(random, '234567', 8)}`,
      () => `ghp_${token(random, 36)}`,
      () => `AIza${token(random, 35)}`,
      () => `sk_live_${token(random, 24)}`,
      () => `xoxb-${text(random, DIGITS, 12)}-${token(random, 24)}`,
    ])(),
  card,
  email: (random) =>
    `${text(random, LOWER, 3)}.${text(random, LOWER, 5)}${pick(random, ['', '+shop', '_x', '7'])}@${text(random, LOWER, 7)}.${pick(random, ['com', 'co.uk', 'de', 'io'])}`,
  phone,
  'national-id': (random) =>
    pick(random, [
      () => `${101 + integer(random, 500)}-${11 + integer(random, 80)}-${1000 + integer(random, 8999)}`,
      () => `AB${text(random, DIGITS, 6)}C`,
    ])(),
  webhook: (random) =>
    pick(random, [
      () =>
        `https://hooks.slack.com/services/T${text(random, UPPER, 8)}/B${text(random, UPPER, 8)}/${token(random, 24)}`,
      () => `https://discord.com/api/webhooks/${text(random, DIGITS, 18)}/${token(random, 60)}`,
      () => `https://hooks.zapier.com/hooks/catch/${text(random, DIGITS, 7)}/${token(random, 8)}`,
    ])(),
  'payment-token': (random) => `${pick(random, ['tok_', 'pm_', 'src_'])}${token(random, 24)}`,
}

/** Whether a place says by a name that a credential is there, or one has to look like one. */
type Place = (secret: string, kind: RedactedKind, random: Random) => Partial<Planted>

const field = (kind: RedactedKind): string => (kind === 'credential' ? 'password' : 'note')
const within = (secret: string, kind: RedactedKind): string =>
  kind === 'credential' ? secret : `please see ${secret}, thank you`
const json = (value: unknown): Partial<Planted> => ({
  method: 'POST',
  headers: ['Content-Type', 'application/json'],
  body: Buffer.from(JSON.stringify(value)),
})
const deep = (secret: string, kind: RedactedKind) => ({
  order: [{ lines: [{ by: { [field(kind)]: within(secret, kind), n: 3 } }] }],
  city: 'Zürich',
})
const escaped = (value: string): string =>
  [...value].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
const coded =
  (coding: string, compress: (bytes: Buffer) => Buffer): Place =>
  (secret, kind) => {
    const { body = Buffer.alloc(0), headers = [], ...rest } = json(deep(secret, kind))
    return { ...rest, headers: [...headers, 'Content-Encoding', coding], body: compress(body) }
  }

export const PLACES: Readonly<Record<string, Place>> = {
  header: (secret, kind) =>
    kind === 'credential'
      ? { headers: ['X-Api-Key', secret] }
      : { headers: ['X-Note', within(secret, kind)] },
  authorization: (secret) => ({ headers: ['Authorization', `Bearer ${secret.replaceAll(' ', '')}`] }),
  basic: (secret) => ({
    headers: ['authorization', `Basic ${Buffer.from(`user:${secret}`).toString('base64')}`],
  }),
  cookie: (secret, kind) => ({
    headers: [
      'Cookie',
      `theme=dark; ${kind === 'credential' ? 'sid' : 'last'}=${encodeURIComponent(secret)}; lang=de`,
    ],
  }),
  query: (secret, kind) => ({
    target: `/search?page=2&${kind === 'credential' ? 'access_token' : 'q'}=${encodeURIComponent(secret)}`,
  }),
  path: (secret, kind) => ({
    target: kind === 'credential' ? `/x?token=${secret}` : `/people/${encodeURIComponent(secret)}/orders`,
  }),
  json: (secret, kind) => json(deep(secret, kind)),
  'json escaped': (secret, kind) => ({
    ...json({}),
    body: Buffer.from(`{"a":{"${field(kind)}":"${escaped(secret)}"}}`),
  }),
  'json in json': (secret, kind) => json({ payload: JSON.stringify(deep(secret, kind)) }),
  form: (secret, kind) => ({
    method: 'POST',
    headers: ['Content-Type', 'application/x-www-form-urlencoded'],
    body: Buffer.from(
      `a=1&user%5B${field(kind)}%5D=${encodeURIComponent(secret)}&z=+x`
        .replace('%5B', '[')
        .replace('%5D', ']'),
    ),
  }),
  multipart: (secret, kind) => ({
    method: 'POST',
    headers: ['Content-Type', 'multipart/form-data; boundary="xXx"'],
    body: Buffer.from(
      `--xXx\r\nContent-Disposition: form-data; name="${field(kind)}"\r\n\r\n${secret}\r\n--xXx\r\n` +
        'Content-Disposition: form-data; name="file"; filename="a.bin"\r\nContent-Type: application/octet-stream\r\n\r\n\0\x01\x02\r\n--xXx--\r\n',
    ),
  }),
  'multipart file': (secret, kind) => ({
    method: 'POST',
    headers: ['Content-Type', 'multipart/form-data; boundary=xXx'],
    body: Buffer.from(
      '--xXx\r\nContent-Disposition: form-data; name="doc"; filename="d.json"\r\nContent-Type: application/json\r\n\r\n' +
        `${JSON.stringify(deep(secret, kind))}\r\n--xXx--\r\n`,
    ),
  }),
  xml: (secret, kind) => ({
    method: 'POST',
    headers: ['Content-Type', 'application/soap+xml; charset=utf-8'],
    body: Buffer.from(
      `<?xml version="1.0"?><e:Envelope xmlns:e="urn:e"><e:Body><o:${field(kind)}>${within(secret, kind)}</o:${field(kind)}></e:Body></e:Envelope>`,
    ),
  }),
  'xml attribute': (secret, kind) => ({
    method: 'POST',
    headers: ['Content-Type', 'text/xml'],
    body: Buffer.from(`<user id="7" ${field(kind)}="${secret}"/>`),
  }),
  'xml cdata': (secret, kind) => ({
    method: 'POST',
    headers: ['Content-Type', 'text/xml'],
    body: Buffer.from(`<u><${field(kind)}><![CDATA[${secret}]]></${field(kind)}></u>`),
  }),
  base64: (secret, kind) =>
    json({
      data: Buffer.from(kind === 'credential' ? `{"password":"${secret}"}` : within(secret, kind)).toString(
        'base64',
      ),
    }),
  percent: (secret, kind) =>
    json({
      link:
        kind === 'credential'
          ? `https://h.example/?token=${encodeURIComponent(secret)}`
          : encodeURIComponent(within(secret, kind)),
    }),
  referer: (secret, kind) => ({
    headers: [
      'Referer',
      `https://h.example/a?${kind === 'credential' ? 'api_key' : 'q'}=${encodeURIComponent(secret)}`,
    ],
  }),
  text: (secret, kind) => ({
    method: 'POST',
    headers: ['Content-Type', 'text/plain'],
    body: Buffer.from(kind === 'credential' ? `user=a password=${secret} x` : within(secret, kind)),
  }),
  graphql: (secret, kind) =>
    json({
      query: `mutation($token: String!) { login(${kind === 'credential' ? 'password' : 'note'}: "${secret}", t: $token) { id } }`,
    }),
  gzip: coded('gzip', gzipSync),
  br: coded('br', (bytes) => brotliCompressSync(bytes)),
  deflate: coded('deflate', deflateSync),
  ndjson: (secret, kind) => ({
    method: 'POST',
    headers: ['Content-Type', 'application/x-ndjson'],
    body: Buffer.from(`{"a":1}\n${JSON.stringify(deep(secret, kind))}\n`),
  }),
  binary: (secret, kind) =>
    kind === 'credential'
      ? json({ client_secret: secret })
      : {
          method: 'POST',
          headers: ['Content-Type', 'application/x-protobuf'],
          body: Buffer.concat([
            Buffer.from([0x0a, secret.length]),
            Buffer.from(secret),
            Buffer.from([0x10, 0x03]),
          ]),
        },
}

/** Every kind in every place, so many times. */
export const plantedRequests = (random: Random, each: number): Planted[] =>
  Object.entries(SECRETS).flatMap(([kind, make]) =>
    Object.entries(PLACES).flatMap(([place, put]) =>
      Array.from({ length: each }, () => {
        const secret = make(random)
        const known = kind as RedactedKind
        return {
          ...({
            kind: known,
            place,
            secret,
            method: 'GET',
            target: '/',
            headers: [],
            body: Buffer.alloc(0),
          } as const),
          ...put(secret, known, random),
          chunked: random() < 0.4,
          mss: pick(random, [1460, 1460, 211, 23]),
        }
      }),
    ),
  )

/** The bytes of the request as a client sends them. */
export const wireBytes = (planted: Planted, id: number, random: Random): Buffer => {
  const { method, target, headers, body, chunked } = planted
  const isChunked = chunked && body.length > 0
  const framing =
    body.length === 0
      ? []
      : isChunked
        ? ['Transfer-Encoding', 'chunked']
        : ['Content-Length', String(body.length)]
  const fields = ['Host', 'shop.example', 'X-Planted', String(id), ...headers, ...framing]
  const lines = Array.from({ length: fields.length / 2 }, (_, i) => `${fields[2 * i]}: ${fields[2 * i + 1]}`)
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  if (!isChunked) return Buffer.concat([head, body])
  const chunks: Buffer[] = [head]
  for (let at = 0; at < body.length; ) {
    const size = 1 + integer(random, 17)
    const piece = body.subarray(at, at + size)
    chunks.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'))
    at += piece.length
  }
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')])
}

/** A text and all that is encoded in it, as one: whoever looks for a secret finds it in any of these codings. */
export const unwrapped = (latin1: string): string => {
  const layers = [latin1]
  for (let depth = 0; depth < 3; depth++) {
    const last = layers.at(-1) ?? ''
    const percent = last.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    const plain = percent
      .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replace(/\\(["\\])/g, '$1')
    const base64 = [...last.matchAll(/[A-Za-z0-9+/_-]{12,}={0,2}/g)].map(([part]) =>
      Buffer.from(part, 'base64').toString('latin1'),
    )
    layers.push([percent, plain, ...base64].join('\n'))
  }
  return layers.join('\n')
}

/** Whether the secret, or its digits where it is a number, stands in the text. */
export const leaks = (unwrappedText: string, { secret, kind }: Pick<Planted, 'secret' | 'kind'>): boolean =>
  unwrappedText.includes(secret) ||
  (kind === 'card' && unwrappedText.replace(/[^0-9A-Za-z]/g, '').includes(secret.replace(/\D/g, '')))
