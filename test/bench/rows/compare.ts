import { Comparer } from '../../../data-plane/compare/comparer.ts'
import { Drift } from '../../../data-plane/compare/drift.ts'
import { HeldObjects } from '../../../data-plane/compare/held-objects.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { capturedResponse } from '../../support/captured-response.ts'
import type { Row } from '../row.ts'

const PAIRS = 20_000
/** Paths that come again, so that production is compared with itself too. */
const ITEMS = 500

const products = Array.from({ length: 20 }, (_, n) => ({
  sku: `SKU-${n}`,
  name: `Lamp ${n}`,
  priceCents: 100 * n,
  description: 'Made to last, easy to repair',
}))

const CASES = [
  { name: 'equal, 360 bytes', production: 'x'.repeat(360), shadow: 'x'.repeat(360), type: 'text/plain' },
  {
    name: 'equal, 2 KB of JSON',
    production: JSON.stringify(products),
    shadow: JSON.stringify(products),
    type: 'application/json',
  },
  {
    name: 'one value differs, 2 KB of JSON',
    production: JSON.stringify(products),
    shadow: JSON.stringify(products.map((one, n) => (n === 3 ? { ...one, priceCents: 1 } : one))),
    type: 'application/json',
  },
]

/** What pairing and comparing add to a forwarded request. */
export const compareRows: Row[] = [
  {
    name: 'compare',
    group: 'pairing and comparing',
    run: async () => {
      // Compiled first.
      for (const one of CASES) cost(one)
      return CASES.map((one) => ({ name: one.name, figures: { 'CPU ms per 1,000': cost(one) } }))
    },
  },
]

const cost = ({ production, shadow, type }: (typeof CASES)[number]): number => {
  const comparer = new Comparer(
    Math.random,
    new Drift({ experiment: 'bench', snapshotAt: null }, new HeldObjects()),
  )
  const headers = ['Content-Type', type, 'Date', 'now', 'Server', 'shop', 'X-Request-Id', '1']
  const sides = { production: Buffer.from(production), shadow: Buffer.from(shadow) }
  const began = process.cpuUsage()
  for (let n = 0; n < PAIRS; n++) {
    const request = capturedRequest({ target: `/items/${n % ITEMS}`, lastAt: 1_795_000_000_000 + n })
    comparer.expect(request)
    comparer.production({
      connection: request.connection,
      request,
      response: capturedResponse({ headers, body: sides.production }),
    })
    const answer = { status: 200, headers, body: sides.shadow }
    comparer.shadow(request, { answer, milliseconds: 1, wholeMilliseconds: 2 })
    if (n % 1_000 === 999) comparer.compareAll()
  }
  const { user, system } = process.cpuUsage(began)
  return Math.round((user + system) / PAIRS)
}
