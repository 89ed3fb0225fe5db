import { setTimeout as pause } from 'node:timers/promises'
import { integer, type Random } from './random.ts'
import { type Customer, type Order, type OrderLine, type Product, seedShop } from './shop.ts'

/** An order book does not grow for ever: the oldest orders of a customer and the oldest customers are archived. */
const ORDERS_PER_CUSTOMER = 20
const NEW_CUSTOMERS = 2000

/**
 * The shop’s database, in memory. Each call is one query and takes as long as a round trip to a real one: code that
 * asks once for each row is slow here for the reason it is slow anywhere.
 */
export class Database {
  readonly #random: Random
  readonly #products: Map<string, Product>
  readonly #customers: Map<string, Customer>
  readonly #orders = new Map<string, Order>()
  readonly #ordersOf = new Map<string, string[]>()
  readonly #lines = new Map<string, OrderLine[]>()
  readonly #seeded: number
  /** Queries so far. */
  queries = 0

  constructor(seed: Random, latency: Random) {
    this.#random = latency
    const { products, customers, orders, lines } = seedShop(seed)
    this.#products = new Map(products.map((product) => [product.sku, product]))
    this.#customers = new Map(customers.map((customer) => [customer.id, customer]))
    this.#seeded = customers.length
    for (const order of orders)
      this.#file(
        order,
        lines.filter(({ reference }) => reference === order.reference),
      )
  }

  /** Everything that is in another one, as it is now; no query. */
  restore(from: Database): void {
    replace(this.#products, from.#products)
    replace(this.#customers, from.#customers)
    replace(this.#orders, from.#orders)
    replace(this.#lines, from.#lines)
    this.#ordersOf.clear()
    for (const [id, references] of from.#ordersOf) this.#ordersOf.set(id, [...references])
  }

  async product(sku: string): Promise<Product | null> {
    await this.#query()
    return this.#products.get(sku) ?? null
  }

  async products(skus: readonly string[]): Promise<Product[]> {
    await this.#query()
    return skus.flatMap((sku) => this.#products.get(sku) ?? [])
  }

  async searchProducts(
    text: string,
    category: string | null,
    skip: number,
    take: number,
  ): Promise<Product[]> {
    await this.#query()
    const wanted = text.toLowerCase()
    const found: Product[] = []
    for (const product of this.#products.values()) {
      if (category !== null && product.category !== category) continue
      if (product.name.toLowerCase().includes(wanted)) found.push(product)
    }
    return found.slice(skip, skip + take)
  }

  async allProducts(): Promise<Product[]> {
    await this.#query()
    return [...this.#products.values()]
  }

  /** New stock and prices of known products; answers how many were known. */
  async updateProducts(changes: readonly Pick<Product, 'sku' | 'priceCents' | 'stock'>[]): Promise<number> {
    await this.#query()
    let known = 0
    for (const { sku, priceCents, stock } of changes) {
      const product = this.#products.get(sku)
      if (!product) continue
      known += 1
      this.#products.set(sku, { ...product, priceCents, stock })
    }
    return known
  }

  async customer(id: string): Promise<Customer | null> {
    await this.#query()
    return this.#customers.get(id) ?? null
  }

  async insertCustomer(customer: Customer): Promise<void> {
    await this.#query()
    this.#customers.set(customer.id, customer)
    if (this.#customers.size <= this.#seeded + NEW_CUSTOMERS) return
    const [oldest] = [...this.#customers.keys()].slice(this.#seeded, this.#seeded + 1)
    if (oldest) this.#customers.delete(oldest)
  }

  async order(reference: string): Promise<Order | null> {
    await this.#query()
    return this.#orders.get(reference) ?? null
  }

  async ordersOfCustomer(id: string): Promise<Order[]> {
    await this.#query()
    return (this.#ordersOf.get(id) ?? []).flatMap((reference) => this.#orders.get(reference) ?? [])
  }

  async linesOfOrder(reference: string): Promise<OrderLine[]> {
    await this.#query()
    return this.#lines.get(reference) ?? []
  }

  /** One query, however many orders. */
  async linesOfOrders(references: readonly string[]): Promise<OrderLine[]> {
    await this.#query()
    return references.flatMap((reference) => this.#lines.get(reference) ?? [])
  }

  async insertOrder(order: Order, lines: readonly OrderLine[]): Promise<void> {
    await this.#query()
    this.#file(order, lines)
  }

  #file(order: Order, lines: readonly OrderLine[]): void {
    this.#orders.set(order.reference, order)
    this.#lines.set(order.reference, [...lines])
    const references = this.#ordersOf.get(order.customerId) ?? []
    if (!references.includes(order.reference)) references.push(order.reference)
    while (references.length > ORDERS_PER_CUSTOMER) {
      const oldest = references.shift()
      if (oldest === undefined) break
      this.#orders.delete(oldest)
      this.#lines.delete(oldest)
    }
    this.#ordersOf.set(order.customerId, references)
  }

  /** 2 to 5 ms there and back. */
  async #query(): Promise<void> {
    this.queries += 1
    await pause(2 + integer(this.#random, 4))
  }
}

const replace = <Value>(map: Map<string, Value>, by: ReadonlyMap<string, Value>): void => {
  map.clear()
  for (const [key, value] of by) map.set(key, value)
}
