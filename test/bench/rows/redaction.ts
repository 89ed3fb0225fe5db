import { Redaction } from '../../../contract/redaction.ts'
import type { Request } from '../../../data-plane/http/exchange.ts'
import { Redactor } from '../../../data-plane/redact/redactor.ts'
import { integer, pick, type Random, seeded } from '../../../local/demo/random.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { leaks, type Planted, plantedRequests, unwrapped } from '../../support/planted.ts'
import type { Line, Row } from '../row.ts'

const EACH = 40
const ROUNDS = 20
const SEED = 1

const redactor = () =>
  new Redactor({
    settings: Redaction.parse({ regions: ['gb', 'us'] }),
    key: Buffer.alloc(32, 7).toString('base64'),
  })

const requestOf = ({ method, target, headers, body }: Planted): Request =>
  capturedRequest({ method, target, headers: ['Host', 'shop.example', ...headers], body })

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

/** What redaction costs a request, what it finds of planted secrets, and what it takes for one by mistake. */
export const redactionRows: Row[] = [
  { name: 'redaction cost', group: 'redaction: processor time', run: async () => cost() },
  { name: 'redaction recall', group: 'redaction: planted secrets', run: async () => recall() },
  {
    name: 'redaction false positives',
    group: 'redaction: harmless values',
    run: async () => falsePositives(),
  },
]

const cost = (): Line[] => {
  const json = (items: number) =>
    Buffer.from(
      JSON.stringify({
        reference: 'ord-web-1-1',
        note: 'Please leave it with José in Málaga',
        items: Array.from({ length: items }, (_, i) => ({ sku: `SKU-${i}`, quantity: 1, priceCents: 1999 })),
      }),
    )
  const post = (body: Buffer) =>
    capturedRequest({
      method: 'POST',
      target: '/orders',
      headers: [...HEADERS, 'Content-Type', 'application/json'],
      body,
    })
  const kinds: Record<string, () => Request> = {
    'GET, 8 headers': () => capturedRequest({ target: '/products?category=toys&page=2', headers: HEADERS }),
    'GET with a session and an e-mail address': () =>
      capturedRequest({
        target: '/orders?of=jane%40corp.example',
        headers: [...HEADERS, 'Cookie', 'sid=6d0b9f308f4f4b6e', 'Authorization', 'Bearer abcdefgh12345678'],
      }),
    'POST, 1 KB of JSON': () => post(json(20)),
    'POST, 100 KB of JSON': () => post(json(2_000)),
  }
  return Object.entries(kinds).map(([name, make]) => {
    const redact = redactor()
    const count = make().body.length > 10_000 ? 200 : 10_000
    const requests = Array.from({ length: count }, make)
    for (const request of requests.slice(0, count / 2)) redact.request(request)
    const start = process.threadCpuUsage()
    for (const request of requests.slice(count / 2)) redact.request(request)
    const { user, system } = process.threadCpuUsage(start)
    const perThousand = ((user + system) / 1000 / (count / 2)) * 1000
    return { name, figures: { 'ms per 1,000 requests': Math.round(perThousand * 100) / 100 } }
  })
}

const HEADERS = [
  ...[
    'Host',
    'shop.example',
    'Accept',
    'application/json',
    'Accept-Language',
    'en',
    'X-Forwarded-For',
    '203.0.113.9',
  ],
  ...[
    'User-Agent',
    'shop-app/7.2 (iOS)',
    'X-Request-Id',
    '6d0b9f30-8f4f-4b6e-9c7a-0a4a7d2e7f11',
    'If-None-Match',
    '"a1"',
  ],
  ...['X-Trace', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
]

const recall = (): Line[] => {
  const redact = redactor()
  const byKind = new Map<string, { planted: number; found: number }>()
  for (const planted of plantedRequests(seeded(SEED), EACH)) {
    const request = requestOf(planted)
    redact.request(request)
    const text = unwrapped([request.target, ...request.headers, request.body.toString('latin1')].join('\n'))
    const counted = byKind.get(planted.kind) ?? { planted: 0, found: 0 }
    counted.planted++
    if (!leaks(text, planted)) counted.found++
    byKind.set(planted.kind, counted)
  }
  return [...byKind].map(([name, { planted, found }]) => ({
    name,
    figures: { planted, 'recall %': percent(found, planted) },
  }))
}

const falsePositives = (): Line[] =>
  Object.entries(HARMLESS).map(([name, make]) => {
    const random = seeded(SEED)
    const redact = redactor()
    let changed = 0
    const values = 100 * ROUNDS
    for (let i = 0; i < values; i++) {
      const body = Buffer.from(JSON.stringify({ reference: make(random) }))
      const request = capturedRequest({ method: 'POST', headers: ['Content-Type', 'application/json'], body })
      redact.request(request)
      if (request.body !== body) changed++
    }
    return { name, figures: { values, 'replaced %': percent(changed, values) } }
  })

const percent = (part: number, of: number): number => Math.round((10_000 * part) / of) / 100
