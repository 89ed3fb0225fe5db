import { gzipSync } from 'node:zlib'
import { Redaction } from '../../contract/redaction.ts'
import { Redactor } from '../../data-plane/redact/redactor.ts'
import { integer, pick, type Random, seeded } from '../../local/demo/random.ts'
import { capturedRequest } from './captured-request.ts'
import { leaks, PLACES, plantedRequests, SECRETS, unwrapped } from './planted.ts'

const SEED = 1

export const redactorForMeasuring = (): Redactor =>
  new Redactor({
    settings: Redaction.parse({ regions: ['gb', 'us'] }),
    key: Buffer.alloc(32, 7).toString('base64'),
  })

/** Values that are not secret, and look more or less like what is. */
const HARMLESS: Readonly<Record<string, (random: Random) => unknown>> = {
  UUIDs: (random) => `6d0b9f30-8f4f-4b6e-9c7a-${String(integer(random, 1e12)).padStart(12, '0')}`,
  'milliseconds since 1970': (random) => 1_795_000_000_000 + integer(random, 1e9),
  'numbers of 16 digits': (random) => String(1e15 + Math.floor(random() * 8e15)),
  'order references': (random) => `ord-web-${integer(random, 1e4)}-${integer(random, 1e6)}`,
  'prices and quantities': (random) => integer(random, 1e6) / 100,
  times: (random) => new Date(1_795_000_000_000 + integer(random, 1e10)).toISOString(),
  'hashes in hexadecimal': (random) =>
    Array.from({ length: 40 }, () => integer(random, 16).toString(16)).join(''),
  'versions and addresses': (random) =>
    `10.${integer(random, 256)}.${integer(random, 256)}.${integer(random, 256)}`,
  sentences: (random) =>
    pick(random, [
      'Please leave it with José in Málaga',
      'Two of 3 arrived @ 5 pm',
      '#42: call back at 10-12 h',
    ]),
}

/** How many of so many planted secrets are found, by place and kind. */
export const recallOf = (each: number): Map<string, Map<string, number>> => {
  const redactor = redactorForMeasuring()
  const found = new Map(Object.keys(PLACES).map((place) => [place, new Map<string, number>()]))
  for (const planted of plantedRequests(seeded(SEED), each)) {
    const { method, target, headers, body, place, kind } = planted
    const request = capturedRequest({ method, target, headers: ['Host', 'shop.example', ...headers], body })
    redactor.request(request)
    const text = unwrapped([request.target, ...request.headers, request.body.toString('latin1')].join('\n'))
    const ofPlace = found.get(place)
    if (!leaks(text, planted)) ofPlace?.set(kind, (ofPlace.get(kind) ?? 0) + 1)
  }
  return found
}

/** How many of so many harmless values are replaced, by what they are. */
export const falsePositivesOf = (values: number): Map<string, number> =>
  new Map(
    Object.entries(HARMLESS).map(([name, make]) => {
      const random = seeded(SEED)
      const redactor = redactorForMeasuring()
      let changed = 0
      for (let i = 0; i < values; i++) {
        const body = Buffer.from(JSON.stringify({ reference: make(random) }))
        const request = capturedRequest({
          method: 'POST',
          headers: ['Content-Type', 'application/json'],
          body,
        })
        redactor.request(request)
        if (request.body !== body) changed++
      }
      return [name, changed]
    }),
  )

/** Places where little or nothing is looked for: what is sent there, and what of it must not arrive. */
const HARD: Readonly<Record<string, (secret: string) => { body: Buffer; type: string; planted: string }>> = {
  'a field called code': (secret) => inJson({ code: secret }, secret),
  'a sentence, bare': (secret) => inJson({ note: `it is ${secret} as before` }, secret),
  'a sentence, in base64': (secret) => inCoding(Buffer.from(secret).toString('base64')),
  hexadecimal: (secret) => inCoding(Buffer.from(secret).toString('hex')),
  'a gzip file in a form': (secret) => {
    const file = gzipSync(`{"password":"${secret}"}`)
    const head =
      '--b\r\nContent-Disposition: form-data; name="f"; filename="a.gz"\r\nContent-Type: application/gzip\r\n\r\n'
    const body = Buffer.concat([Buffer.from(head), file, Buffer.from('\r\n--b--\r\n')])
    return { body, type: 'multipart/form-data; boundary=b', planted: file.toString('latin1') }
  },
}

const inJson = (value: object, planted: string) => ({
  body: Buffer.from(JSON.stringify(value)),
  type: 'application/json',
  planted,
})
const inCoding = (coded: string) => inJson({ note: `it is ${coded} as before` }, coded)

const hardRecallOf = (each: number): Map<string, Map<string, number>> =>
  new Map(
    Object.entries(HARD).map(([place, put]) => {
      const random = seeded(SEED)
      const redactor = redactorForMeasuring()
      const found = new Map<string, number>()
      for (const [kind, make] of Object.entries(SECRETS))
        for (let i = 0; i < each; i++) {
          const { body, type, planted } = put(make(random))
          const request = capturedRequest({
            method: 'POST',
            headers: ['Host', 'h', 'Content-Type', type],
            body,
          })
          redactor.request(request)
          if (!request.body.toString('latin1').includes(planted)) found.set(kind, (found.get(kind) ?? 0) + 1)
        }
      return [place, found]
    }),
  )

/** What is published: each cell of so many. */
export const recallTable = (each: number): string => {
  const kinds = Object.keys(SECRETS)
  const rows = [...recallOf(each), ...hardRecallOf(each)].map(([place, found]) => [
    place,
    ...kinds.map((kind) => percent(found.get(kind) ?? 0, each)),
  ])
  return table(['place', ...kinds], rows)
}

export const falsePositivesTable = (values: number): string =>
  table(
    ['harmless', 'replaced'],
    [...falsePositivesOf(values)].map(([name, changed]) => [name, percent(changed, values)]),
  )

export const percent = (part: number, of: number): string => `${Math.round((1_000 * part) / of) / 10} %`

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
