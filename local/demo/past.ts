import type { Database } from './database.ts'
import type { Random } from './random.ts'
import { orderRequest, stockList, text } from './requests.ts'
import { createShopper } from './shopper.ts'
import { MEAN_RATE } from './traffic.ts'

/** Writes what the shop’s clients would have written in these seconds before `now`, at once. */
export const writePast = async (
  database: Database,
  random: Random,
  seconds: number,
  now: number,
): Promise<void> => {
  const visit = createShopper(random)
  const visits = Array.from({ length: Math.round(seconds * MEAN_RATE) }, (_, index) => ({
    ...visit(),
    at: new Date(now - 1000 * seconds + (1000 * index) / MEAN_RATE).toISOString(),
  }))
  await Promise.all(
    visits.map(async ({ method, path, body, at }, index) => {
      if (method !== 'POST') return
      if (path === '/orders') {
        const { reference, customerId, note, items } = orderRequest(body)
        const products = await database.products(items.map(({ sku }) => sku))
        const lines = items.map(({ sku, quantity }) => {
          const priceCents = products.find((product) => product.sku === sku)?.priceCents ?? 0
          return { reference, sku, quantity, priceCents }
        })
        await database.insertOrder({ reference, customerId, placedAt: at, note }, lines)
      } else if (path === '/customers') {
        const [name, city, email] = [text(body, 'name', 80), text(body, 'city', 80), text(body, 'email', 120)]
        await database.insertCustomer({ id: `cus-past-${index}`, name, city, email })
      } else await database.updateProducts(stockList(body))
    }),
  )
}
