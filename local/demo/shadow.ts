import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { Database } from './database.ts'
import { type OrderRequest, orderRequest, stockList, text } from './requests.ts'
import { createService, type Routes, ServiceError } from './service.ts'
import type { Order, OrderLine } from './shop.ts'

const PAGE = 20

/** The next release of the order and catalogue service: the same API, its queries moved into repositories. */
export const createShadow = (database: Database): Server => {
  const orders = new OrderRepository(database)
  return createService('orders/2.4', {
    'GET /health': async () => ({ status: 200, body: { status: 'ok' } }),
    ...catalogueRoutes(database),
    ...customerRoutes(database, orders),
    ...orderRoutes(orders),
  })
}

type WholeOrder = Order & { lines: OrderLine[] }

/** An order and its lines as one thing. */
class OrderRepository {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async byReference(reference: string): Promise<WholeOrder | null> {
    const order = await this.#database.order(reference)
    return order ? this.#whole(order) : null
  }

  async byCustomer(id: string): Promise<WholeOrder[]> {
    const whole: WholeOrder[] = []
    for (const order of await this.#database.ordersOfCustomer(id)) whole.push(await this.#whole(order))
    return whole
  }

  async place({ reference, customerId, note, items }: OrderRequest): Promise<WholeOrder> {
    const products = await this.#database.products(items.map(({ sku }) => sku))
    const lines = items.map(({ sku, quantity }) => {
      const product = products.find((candidate) => candidate.sku === sku)
      if (!product) throw new ServiceError(422, `there is no product ${sku}`)
      return { reference, sku, quantity, priceCents: product.priceCents }
    })
    const order = { reference, customerId, placedAt: new Date().toISOString(), note }
    await this.#database.insertOrder(order, lines)
    return { ...order, lines }
  }

  async #whole(order: Order): Promise<WholeOrder> {
    return { ...order, lines: await this.#database.linesOfOrder(order.reference) }
  }
}

const found = <T>(value: T | null, what: string): { status: 200; body: T } => {
  if (value === null) throw new ServiceError(404, `no such ${what}`)
  return { status: 200, body: value }
}

const catalogueRoutes = (database: Database): Routes => ({
  'GET /products': async ({ query }) => {
    const page = Math.max(1, Number(query.get('page')) || 1)
    const skip = (page - 1) * PAGE
    const products = await database.searchProducts(query.get('q') ?? '', query.get('category'), skip, PAGE)
    return { status: 200, body: { page, products } }
  },
  'GET /products/{sku}': async ({ params }) => found(await database.product(params.sku ?? ''), 'product'),
  'GET /catalogue': async () => ({ status: 200, body: { products: await database.allProducts() } }),
  'POST /catalogue/stock': async ({ body }) => {
    const changes = stockList(body)
    const updated = await database.updateProducts(changes)
    return { status: 200, body: { received: changes.length, updated } }
  },
})

/** Letters, spaces, dots, apostrophes and hyphens: no markup in names. */
const PLAIN_NAME = /^[A-Za-z][A-Za-z .'-]*$/

const personName = (body: unknown, field: string): string => {
  const value = text(body, field, 80)
  if (!PLAIN_NAME.test(value)) throw new ServiceError(422, `${field} contains invalid characters`)
  return value
}

const customerRoutes = (database: Database, orders: OrderRepository): Routes => ({
  'POST /customers': async ({ body }) => {
    const customer = {
      id: `cus-${randomUUID()}`,
      name: personName(body, 'name'),
      city: personName(body, 'city'),
      email: text(body, 'email', 120),
    }
    await database.insertCustomer(customer)
    return { status: 201, body: customer }
  },
  'GET /customers/{id}': async ({ params }) => found(await database.customer(params.id ?? ''), 'customer'),
  'GET /customers/{id}/orders': async ({ params }) => ({
    status: 200,
    body: { orders: await orders.byCustomer(params.id ?? '') },
  }),
})

const orderRoutes = (orders: OrderRepository): Routes => ({
  'POST /orders': async ({ body }) => ({ status: 201, body: await orders.place(orderRequest(body)) }),
  'GET /orders/{reference}': async ({ params }) =>
    found(await orders.byReference(params.reference ?? ''), 'order'),
})
