import { integer, pick, type Random } from './random.ts'
import { CATEGORIES, PEOPLE } from './shop.ts'

export type Visit = { method: 'GET' | 'POST'; path: string; body?: unknown }

type Kind = (random: Random, memory: Memory) => Visit

/** Orders placed a while ago, which somebody may ask for. */
type Memory = { number: number; placed: string[] }

const sku = (random: Random): string => `SKU-${String(1 + integer(random, 400)).padStart(4, '0')}`
const customer = (random: Random): string => `cus-${1 + integer(random, 60)}`

const browse: Kind = (random) => ({ method: 'GET', path: `/products/${sku(random)}` })

const list: Kind = (random) => ({
  method: 'GET',
  path: `/products?category=${pick(random, CATEGORIES)}&page=${1 + integer(random, 3)}`,
})

const search: Kind = (random) => ({
  method: 'GET',
  path: `/products?q=${encodeURIComponent(pick(random, ['lamp', 'café', 'chair', 'crème', 'kettle']))}`,
})

const ordersOf: Kind = (random) => ({ method: 'GET', path: `/customers/${customer(random)}/orders` })

const profile: Kind = (random) => ({ method: 'GET', path: `/customers/${customer(random)}` })

const placeOrder: Kind = (random, memory) => {
  memory.number += 1
  const reference = `ord-web-${memory.number}-${integer(random, 1e6)}`
  memory.placed.push(reference)
  if (memory.placed.length > 60) memory.placed.shift()
  const [name, city] = pick(random, PEOPLE)
  const items = Array.from({ length: 1 + integer(random, 4) }, () => ({
    sku: sku(random),
    quantity: 1 + integer(random, 3),
  }))
  const note = random() < 0.4 ? { note: `Please leave it with ${name} in ${city}` } : {}
  return {
    method: 'POST',
    path: '/orders',
    body: { reference, customerId: customer(random), ...note, items },
  }
}

/** Of the older half, so that the order has long been written wherever the request goes. */
const readOrder: Kind = (random, memory) => {
  const older = memory.placed.slice(0, Math.floor(memory.placed.length / 2))
  return older.length > 0 ? { method: 'GET', path: `/orders/${pick(random, older)}` } : browse(random, memory)
}

const register: Kind = (random, memory) => {
  memory.number += 1
  const [name, city] = pick(random, PEOPLE)
  return {
    method: 'POST',
    path: '/customers',
    body: { name, city, email: `new${memory.number}@example.com` },
  }
}

const missing: Kind = (random) => ({ method: 'GET', path: `/products/SKU-${9000 + integer(random, 999)}` })

const exportCatalogue: Kind = () => ({ method: 'GET', path: '/catalogue' })

/** 400 to 1,500 entries: up to about 100 KB. */
const updateStock: Kind = (random) => ({
  method: 'POST',
  path: '/catalogue/stock',
  body: {
    supplier: pick(random, ['Åkerlund & Söhne', 'Northwind', '山田商店']),
    products: Array.from({ length: 400 + integer(random, 1100) }, () => ({
      sku: sku(random),
      priceCents: 199 + integer(random, 20_000),
      stock: integer(random, 500),
    })),
  },
})

/** Of 1,000 visits. */
const MIX: readonly (readonly [Kind, number])[] = [
  [browse, 340],
  [list, 180],
  [search, 110],
  [profile, 70],
  [ordersOf, 90],
  [placeOrder, 80],
  [readOrder, 60],
  [register, 40],
  [missing, 20],
  [exportCatalogue, 6],
  [updateStock, 4],
]
const TOTAL = MIX.reduce((sum, [, weight]) => sum + weight, 0)

/** What the shop’s clients ask for, one visit after the other: the same for the same random numbers. */
export const createShopper = (random: Random): (() => Visit) => {
  const memory: Memory = { number: 0, placed: [] }
  return () => {
    let left = random() * TOTAL
    for (const [kind, weight] of MIX) {
      left -= weight
      if (left < 0) return kind(random, memory)
    }
    return browse(random, memory)
  }
}
