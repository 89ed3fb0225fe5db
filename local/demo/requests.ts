import { ServiceError } from './service.ts'

/** What clients send to the shop, checked. Both releases share it: their difference is in what they do with it. */
export type OrderRequest = {
  reference: string
  customerId: string
  note: string | null
  items: { sku: string; quantity: number }[]
}

const field = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined

/** A field of text, neither empty nor longer than allowed. */
export const text = (body: unknown, name: string, longest: number): string => {
  const value = field(body, name)
  if (typeof value !== 'string' || value.trim() === '' || value.length > longest)
    throw new ServiceError(422, `${name} must be a text of 1 to ${longest} characters`)
  return value
}

const count = (body: unknown, name: string): number => {
  const value = field(body, name)
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw new ServiceError(422, `${name} must be a whole number`)
  return value
}

const list = (body: unknown, name: string): unknown[] => {
  const value = field(body, name)
  if (!Array.isArray(value) || value.length === 0 || value.length > 2000)
    throw new ServiceError(422, `${name} must be a list of 1 to 2000 entries`)
  return value
}

export const orderRequest = (body: unknown): OrderRequest => ({
  reference: text(body, 'reference', 64),
  customerId: text(body, 'customerId', 64),
  note: field(body, 'note') === undefined ? null : text(body, 'note', 2000),
  items: list(body, 'items').map((item) => ({
    sku: text(item, 'sku', 32),
    quantity: count(item, 'quantity'),
  })),
})

export const stockList = (body: unknown) =>
  list(body, 'products').map((product) => ({
    sku: text(product, 'sku', 32),
    priceCents: count(product, 'priceCents'),
    stock: count(product, 'stock'),
  }))
