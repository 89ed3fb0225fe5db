import { once } from 'node:events'
import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { Database } from '../../../local/demo/database.ts'
import { createProduction } from '../../../local/demo/production.ts'
import { seeded } from '../../../local/demo/random.ts'
import { createShadow } from '../../../local/demo/shadow.ts'
import { createShopper, type Visit } from '../../../local/demo/shopper.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

const start = async (create: (database: Database) => Server) => {
  const database = new Database(seeded(1), seeded(2))
  const server = create(database).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('no address')
  const ask = async ({ method, path, body }: Visit) => {
    const queries = database.queries
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await fetch(`http://127.0.0.1:${address.port}${path}`, { method, ...sent })
    return {
      status: response.status,
      body: JSON.parse(withoutChance(await response.text())) as unknown,
      queries: database.queries - queries,
    }
  }
  return ask
}

/** Times and made-up ids differ between any two runs of anything. */
const withoutChance = (text: string): string =>
  text
    .replace(/"placedAt":"2026-11[^"]*"/g, '"placedAt":"now"')
    .replace(/"placedAt":"20[^"]*Z"/g, '"placedAt":"then"')
    .replace(/cus-[0-9a-f]{8}-[0-9a-f-]+/g, 'cus-new')

const isOrdersOf = ({ path }: Visit) => /^\/customers\/[^/]+\/orders$/.test(path)
const isRegistration = ({ method, path }: Visit) => method === 'POST' && path === '/customers'

describe('the next release of the demo service', () => {
  test('answers as production does, apart from names that are not plain ASCII', async () => {
    const [production, shadow] = [await start(createProduction), await start(createShadow)]
    const shopper = createShopper(seeded(7))
    const differing: Visit[] = []
    const kinds = new Set<string>()

    for (let n = 0; n < 400; n++) {
      const visit = shopper()
      kinds.add(`${visit.method} ${visit.path.replace(/\?.*/, '').replace(/[^/]*\d[^/]*/, '*')}`)
      const [today, next] = await Promise.all([production(visit), shadow(visit)])
      if (today.status !== next.status || JSON.stringify(today.body) !== JSON.stringify(next.body)) {
        differing.push(visit)
        expect([today.status, next.status]).toEqual([201, 422])
      } else if (!isOrdersOf(visit)) {
        expect(next.queries).toBe(today.queries)
      }
    }

    expect(kinds.size).toBeGreaterThanOrEqual(9)
    expect(differing.length).toBeGreaterThan(0)
    expect(differing.every(isRegistration)).toBe(true)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is the point.
    const plain = differing.filter(({ body }) => /^[\x00-\x7f]*$/.test(JSON.stringify(body)))
    expect(plain).toEqual([])
  }, 30_000)

  test.each([
    ['Zoë', 422],
    ['Łukasz', 422],
    ['東京', 422],
    ["Sean O'Neill", 201],
  ])('answers a registration of %s with %i, production with 201', async (name, status) => {
    const [production, shadow] = [await start(createProduction), await start(createShadow)]
    const visit = {
      method: 'POST',
      path: '/customers',
      body: { name, city: 'Leeds', email: 'a@example.com' },
    } as const

    expect((await production(visit)).status).toBe(201)
    expect((await shadow(visit)).status).toBe(status)
  })

  test('asks its database once for each order where production asks twice in all', async () => {
    const [production, shadow] = [await start(createProduction), await start(createShadow)]
    const visit = { method: 'GET', path: '/customers/cus-1/orders' } as const

    const [today, next] = [await production(visit), await shadow(visit)]

    const orders = (today.body as { orders: unknown[] }).orders.length
    expect(orders).toBeGreaterThan(4)
    expect([today.queries, next.queries]).toEqual([2, 1 + orders])
  })
})
