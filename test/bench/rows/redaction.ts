import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Request } from '../../../data-plane/http/exchange.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { PLACES, SECRETS } from '../../support/planted.ts'
import { falsePositivesOf, recallOf, redactorForMeasuring } from '../../support/redaction-measured.ts'
import type { LargeBodyResult, LargeBodyWork } from '../large-body-process.ts'
import type { Line, Row } from '../row.ts'

const EACH = 40
const VALUES = 2_000

const MIB = 1 << 20

/** The body as it was captured and the redacted one are held; what is above is what reading it takes. */
async function memory(): Promise<Line[]> {
  const bodies: Record<string, LargeBodyWork> = {
    '16 MiB of JSON': { bytes: 16 * MIB, isCoded: false },
    '61 MiB of JSON': { bytes: 61 * MIB, isCoded: false },
    '64 MiB of JSON, gzip': { bytes: 64 * MIB, isCoded: true },
  }
  const lines: Line[] = []
  for (const [name, work] of Object.entries(bodies)) {
    const child = fork(new URL('../large-body-process.ts', import.meta.url))
    child.send(work)
    const [{ before, peak, replaced, seconds }] = (await once(child, 'message')) as [LargeBodyResult]
    lines.push({
      name,
      figures: {
        addresses: replaced,
        'peak MB': Math.round(peak),
        'above idle / body': Math.round(((peak - before) * 1e8) / work.bytes) / 100,
        'MB/s': Math.round(work.bytes / 1e5 / seconds) / 10,
      },
    })
  }
  return lines
}

/** What redaction costs a request and what memory a large body, what it finds of planted secrets, and what it takes for one by mistake. */
export const redactionRows: Row[] = [
  { name: 'redaction cost', group: 'redaction: processor time', run: async () => cost() },
  { name: 'redaction memory', group: 'redaction: memory of a large body', run: memory },
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
    const redact = redactorForMeasuring()
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
  const byKind = new Map<string, number>()
  for (const kinds of recallOf(EACH).values())
    for (const [kind, found] of kinds) byKind.set(kind, (byKind.get(kind) ?? 0) + found)
  const planted = EACH * Object.keys(PLACES).length
  return Object.keys(SECRETS).map((name) => ({
    name,
    figures: { planted, 'recall %': percent(byKind.get(name) ?? 0, planted) },
  }))
}

const falsePositives = (): Line[] =>
  [...falsePositivesOf(VALUES)].map(([name, changed]) => ({
    name,
    figures: { values: VALUES, 'replaced %': percent(changed, VALUES) },
  }))

const percent = (part: number, of: number): number => Math.round((10_000 * part) / of) / 100
