import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { Database } from './database.ts'
import { orderRequest, stockList, text } from './requests.ts'
import { createService, ServiceError } from './service.ts'

const PAGE = 20

/** The order and catalogue service as it runs today. */
export const createProduction = (database: Database): Server =>
  createService('orders/2.3', {
    'GET /health': async () => ({ status: 200, body: { status: 'ok' } }),

    'GET /products': async ({ query }) => {
      const page = Math.max(1, Number(query.get('page')) || 1)
      const products = await database.searchProducts(
        query.get('q') ?? '',
        query.get('category'),
        (page - 1) * PAGE,
        PAGE,
      )
      return { status: 200, body: { page, products } }
    },

    'GET /products/{sku}': async ({ params }) => {
      const product = await database.product(params.sku ?? '')
      if (!product) throw new ServiceError(404, 'no such product')
      return { status: 200, body: product }
    },

    'GET /catalogue': async () => ({ status: 200, body: { products: await database.allProducts() } }),

    'POST /catalogue/stock': async ({ body }) => {
      const changes = stockList(body)
      return {
        status: 200,
        body: { received: changes.length, updated: await database.updateProducts(changes) },
      }
    },

    'POST /customers': async ({ body }) => {
      const customer = {
        id: `cus-${randomUUID()}`,
        name: text(body, 'name', 80),
        city: text(body, 'city', 80),
        email: text(body, 'email', 120),
      }
      await database.insertCustomer(customer)
      return { status: 201, body: customer }
    },

    'GET /customers/{id}': async ({ params }) => {
      const customer = await database.customer(params.id ?? '')
      if (!customer) throw new ServiceError(404, 'no such customer')
      return { status: 200, body: customer }
    },

    'GET /customers/{id}/orders': async ({ params }) => {
      const orders = await database.ordersOfCustomer(params.id ?? '')
      const lines = await database.linesOfOrders(orders.map(({ reference }) => reference))
      return {
        status: 200,
        body: {
          orders: orders.map((order) => ({
            ...order,
            lines: lines.filter(({ reference }) => reference === order.reference),
          })),
        },
      }
    },

    'POST /orders': async ({ body }) => {
      const { reference, customerId, note, items } = orderRequest(body)
      const products = await database.products(items.map(({ sku }) => sku))
      const prices = new Map(products.map(({ sku, priceCents }) => [sku, priceCents]))
      const lines = items.map(({ sku, quantity }) => {
        const priceCents = prices.get(sku)
        if (priceCents === undefined) throw new ServiceError(422, `there is no product ${sku}`)
        return { reference, sku, quantity, priceCents }
      })
      const order = { reference, customerId, placedAt: new Date().toISOString(), note }
      await database.insertOrder(order, lines)
      return { status: 201, body: { ...order, lines } }
    },

    'GET /orders/{reference}': async ({ params }) => {
      const order = await database.order(params.reference ?? '')
      if (!order) throw new ServiceError(404, 'no such order')
      return { status: 200, body: { ...order, lines: await database.linesOfOrder(order.reference) } }
    },
  })
