import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Redaction, type RedactionInput } from '../../../contract/redaction.ts'
import { ContentReader } from '../../../data-plane/redact/content.ts'
import { Values } from '../../../data-plane/redact/values.ts'
import { seeded } from '../../../local/demo/random.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { readInPieces } from '../../support/in-pieces.ts'
import { leaks, type Planted, plantedRequests, unwrapped } from '../../support/planted.ts'
import { SCALE } from '../../support/scale.ts'

/** What becomes of a text, and how much of it was replaced. */
const redacted = (type: string, text: string, sizes: readonly number[], settings: RedactionInput = {}) => {
  const values = new Values(
    Redaction.parse({ regions: ['us', 'gb', 'de', 'es', 'fr', 'br'], ...settings }),
    Buffer.alloc(32, 1),
  )
  values.begin(capturedRequest({ method: 'POST' }), 'request', true)
  const reader = new ContentReader(type, values, settings.unlisted === 'replace' ? 'refuse' : 'scan')
  return { text: readInPieces(reader, text, sizes), counts: values.counts }
}

const long = (length: number, of = 'aB3dE6gH9k') => of.repeat(Math.ceil(length / of.length)).slice(0, length)
/** More than any reader of texts looks ahead, and nothing in it. */
const FILL = 'and so on, '.repeat(800)
const PART = '--cut\r\nContent-Disposition: form-data; name='
const TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  xml: 'text/xml',
  multipart: 'multipart/form-data; boundary=cut',
  text: 'text/plain',
  binary: 'application/octet-stream',
  unknown: '',
}

const PLANTED = new Map<string, Planted[]>()
for (const planted of plantedRequests(seeded(20_261_126), 2))
  PLANTED.set(planted.place, [...(PLANTED.get(planted.place) ?? []), planted])

/** Credentials are not planted in binary bodies: nothing would say that they are some. */
const bodiesOf = (...places: string[]): string[] =>
  places
    .flatMap((place) => PLANTED.get(place) ?? [])
    .filter(({ place, kind }) => place !== 'binary' || kind !== 'credential')
    .map(({ body }) => body.toString('latin1'))

const part = (content: string, n: number): string => {
  const [name, type] =
    n % 3 === 0 ? ['"note"', ''] : ['"f"; filename="jane@corp.example.txt"', 'Content-Type: text/plain\r\n']
  return `${PART}${name}\r\n${type}\r\n${content}\r\n`
}
const file = (content: string, type: string): string =>
  `${PART}"f"; filename="f"\r\nContent-Type: ${type}\r\n\r\n${content}\r\n`

/** Bodies of each format, full of secrets. */
const PLANTED_BODIES: Readonly<Record<string, string>> = {
  json: bodiesOf('json', 'json escaped', 'json in json', 'base64', 'percent', 'graphql', 'ndjson').join('\n'),
  form: bodiesOf('form').join('&'),
  xml: bodiesOf('xml', 'xml attribute', 'xml cdata').join('\n'),
  multipart: [
    ...bodiesOf('text', 'binary').map(part),
    ...bodiesOf('json').map((body) => file(body, 'application/json')),
    ...bodiesOf('xml').map((body) => file(body, 'text/xml')),
    ...bodiesOf('json').map((body) =>
      file(`POST /b HTTP/1.1\r\nContent-Type: application/json\r\n\r\n${body}`, 'application/http'),
    ),
    file(
      bodiesOf('form')
        .map((body) => `--in\r\nContent-Type: ${TYPES.form}\r\n\r\n${body}\r\n`)
        .join('')
        .concat('--in--\r\n'),
      'multipart/mixed; boundary=in',
    ),
    file(bodiesOf('text').join('\n') + FILL, 'text/plain'),
    '--cut--\r\n',
  ].join(''),
  text: bodiesOf('text').join('\n') + FILL,
  binary: `\0${bodiesOf('binary').join('\0')}${FILL}`,
}

const sizesOf = (min: number, max: number) =>
  fc.array(fc.integer({ min, max }), { minLength: 1, maxLength: 20 })
const settings = fc.record({
  mode: fc.constantFrom('pseudonymise', 'mask', 'remove'),
  unlisted: fc.constantFrom('scan', 'scan', 'replace'),
} as const)

test.each(Object.entries(PLANTED_BODIES))(
  '%s that is cut anywhere is redacted as the whole is, and no secret is left',
  (format, text) => {
    const type = TYPES[format] as string
    const unredacted = unwrapped(text)
    const secrets = [...PLANTED.values()].flat().filter((planted) => leaks(unredacted, planted))

    const left = unwrapped(redacted(type, text, [700]).text ?? '')
    fc.assert(
      fc.property(sizesOf(20, 3_000), settings, (sizes, chosen) => {
        expect(redacted(type, text, sizes, chosen)).toEqual(redacted(type, text, [text.length], chosen))
      }),
      { numRuns: 8 * SCALE },
    )

    expect(secrets.length).toBeGreaterThan(10)
    expect(secrets.filter((planted) => leaks(left, planted))).toEqual([])
  },
)

const TOKENS = [
  ...['{', '}', '[', ']', '"', '\\', '\\u0040', ':', ',', '-', '1.5e3', 'null', ' ', '\n', '\r\n', '\0', 'é'],
  ...['<', '>', '/', '<a ', '</a>', '<!--', '-->', '<![CDATA[', ']]>', '<?x ', 'b="', "'", '&amp;', '&#64;'],
  ...['=', '&', 'a=', 'password=', 'token', '"password":"', '%40', '+', '?'],
  ...['--cut', '\r\n--cut', '\r\n--cut\r\n\r\n', '--', `\r\n${PART}"a"\r\n\r\n`, '\r\n\r\n'],
  ...[
    'a@b.example',
    '@',
    'jane',
    '.',
    '://',
    'https',
    'u:p@',
    'eyJ',
    'eyJhIjoxfQ',
    '4012888888881881',
    '4012 8888',
  ],
  ...[
    '+49',
    '151',
    '(415)',
    ' 555-2671',
    '415-',
    '-----BEGIN PRIVATE KEY-----',
    '-----END',
    'AKIA',
    'tok_',
    '0123456789',
  ],
  ...['AB 12 34 56 C', 'https://hooks.slack.com/', 'secret', '$'],
]

/** A part that is longer than what is read of a part’s head. */
const LONG_PART = `${file('1,'.repeat(5_000), 'application/json').trimEnd()}`

test('whatever a text is made of, where it is cut changes nothing', () => {
  const tokens = fc.array(fc.constantFrom(...TOKENS), { minLength: 1, maxLength: 150 })
  const types = fc.constantFrom(...Object.values(TYPES))
  const sizes = sizesOf(1, 60)

  fc.assert(
    fc.property(types, tokens, sizes, settings, fc.boolean(), (type, made, few, chosen, isLong) => {
      const before = type.startsWith('multipart') ? LONG_PART : ''
      const text = before + made.join('') + (isLong ? FILL : '')

      const whole = redacted(type, text, [text.length], chosen)
      expect(redacted(type, text, [Math.max(1, before.length), ...few], chosen)).toEqual(whole)
    }),
    { numRuns: 300 * SCALE },
  )
})

test.each([
  ['{', `\xef\xbb\xbf${' '.repeat(64)}{"pin":"1234"}`],
  ['<', `${' '.repeat(64)}<a><pin>1234</pin></a>`],
  ['a name', `${'a'.repeat(59)}[pin]=1234&b=1`],
])(
  'a text without a type that begins with %s is known by it, however little of it comes first',
  (_, text) => {
    const cut = redacted('', text, [1])

    expect(cut).toEqual(redacted('', text, [text.length]))
    expect(cut.counts).toEqual({ 'credential.body': 1 })
  },
)

test('the head of a part may be as long as is read of it, and no longer', () => {
  const begin = 'Content-Disposition: form-data; name="password"\r\nX: '
  const read: boolean[] = []
  for (let length = 8_180; length < 8_200; length++) {
    const head = begin + long(length - begin.length)
    const body = `--cut\r\n${head}\r\n\r\nHunter22\r\n--cut--\r\n${FILL}`
    const cut = redacted(TYPES.multipart as string, body, [8_170, 1])

    expect(cut).toEqual(redacted(TYPES.multipart as string, body, [body.length]))
    read.push(cut.text !== null)
  }
  expect(new Set(read)).toEqual(new Set([true, false]))
})

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The longest of each kind that is found in a text. */
const LONGEST: Readonly<Record<string, string>> = {
  'an address': `${long(64)}@${long(240, 'corp.')}com`,
  'a token': `${base64url({ alg: 'HS256' })}.${base64url({ sub: long(7_000) })}.${long(43)}`,
  'a private key': `-----BEGIN PRIVATE KEY-----\n${long(8_140)}\n-----END PRIVATE KEY-----`,
  'a cloud key': `ya29.${long(2_048)}`,
  'a webhook': `https://hooks.slack.com/services/${long(2_000)}`,
  'a password in an address': `https://${long(250)}:x@h.example`,
  'a password': `password: "${long(505)}"`,
  'a bearer token': `Bearer ${long(511)}1`,
  'a card': '4-0-1-2-8-8-8-8-8-8-8-8-1-8-8-1'.replace('4-0', '40'),
  'a card of 19 digits': '6011 0000 0000 0000 001',
  'an international phone': '+49 (151) 234/567.89',
  'a phone of North America': '(415) 555-2671',
  'a national id': 'AB 12 34 56 C',
  // What stands behind as much of them as is read goes on, and is no number of its own.
  'a long password and digits': `password: "${long(512)}4012888888881881"`,
  'a long password and decimals': `password: "${long(511)}5.4012888888881881"`,
}

test.each(Object.entries(LONGEST))('%s is found in a text that comes character by character', (_, secret) => {
  const text = `${FILL}(${secret}), ${secret} ${FILL}`

  for (const type of ['text/plain', 'application/octet-stream']) {
    const whole = redacted(type, text, [text.length])
    const cut = redacted(type, text, [1])

    expect(cut.text === whole.text).toBe(true)
    expect(cut.counts).toEqual(whole.counts)
    expect(Object.values(whole.counts)).toEqual([2])
  }
})
