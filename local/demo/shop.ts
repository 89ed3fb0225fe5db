import { integer, pick, type Random } from './random.ts'

export type Product = {
  sku: string
  name: string
  category: string
  priceCents: number
  stock: number
  description: string
}

export type Customer = { id: string; name: string; city: string; email: string }

export type Order = { reference: string; customerId: string; placedAt: string; note: string | null }

export type OrderLine = { reference: string; sku: string; quantity: number; priceCents: number }

export const PEOPLE: readonly (readonly [name: string, city: string])[] = [
  ['Emma Brown', 'Leeds'],
  ['Zoë Müller', 'Zürich'],
  ['Łukasz Wójcik', 'Łódź'],
  ['高橋 健', '東京'],
  ['Noah Smith', 'Boston'],
  ['José Núñez', 'Málaga'],
  ['Liam Walker', 'Dublin'],
  ['Ingrid Bjørnstad', 'Tromsø'],
  ['Olivia Jones', 'Austin'],
  ['Мария Иванова', 'София'],
  ['Grace Lee', 'Portland'],
  ['Ayşe Yıldız', 'İzmir'],
  ["Sean O'Neill", 'Cork'],
  ['Lucas Martin', 'Lyon'],
]

export const CATEGORIES = ['books', 'kitchen', 'garden', 'toys', 'audio'] as const

const ADJECTIVES = ['Blue', 'Small', 'Solid', 'Quiet', 'Bright', 'Foldable', 'Crème', 'Warm']
const THINGS = ['Lamp', 'Kettle', 'Chair', 'Speaker', 'Notebook', 'Puzzle', 'Rake', 'Café table', 'Vase']
const PRAISE = 'Made to last, easy to repair, and delivered within three days. '

/** 400 products, 60 customers with a few orders each: the same for the same random numbers. */
export const seedShop = (random: Random) => {
  const products: Product[] = Array.from({ length: 400 }, (_, i) => ({
    sku: `SKU-${String(i + 1).padStart(4, '0')}`,
    name: `${pick(random, ADJECTIVES)} ${pick(random, THINGS)}`,
    category: pick(random, CATEGORIES),
    priceCents: 199 + integer(random, 20_000),
    stock: integer(random, 500),
    description: PRAISE.repeat(1 + integer(random, 4)).trim(),
  }))
  const customers: Customer[] = Array.from({ length: 60 }, (_, i) => {
    const [name, city] = pick(random, PEOPLE)
    return { id: `cus-${i + 1}`, name, city, email: `customer${i + 1}@example.com` }
  })
  const orders: Order[] = []
  const lines: OrderLine[] = []
  for (const { id } of customers) {
    for (let n = 6 + integer(random, 10); n > 0; n--) {
      const reference = `ord-${id}-${n}`
      const placedAt = new Date(Date.UTC(2026, integer(random, 10), 1 + integer(random, 28))).toISOString()
      orders.push({ reference, customerId: id, placedAt, note: null })
      for (let line = 1 + integer(random, 4); line > 0; line--) {
        const { sku, priceCents } = pick(random, products)
        lines.push({ reference, sku, quantity: 1 + integer(random, 3), priceCents })
      }
    }
  }
  return { products, customers, orders, lines }
}
