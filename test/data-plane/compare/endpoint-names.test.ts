import { expect, test } from 'vitest'
import { EndpointPattern } from '../../../contract/endpoint-pattern.ts'
import { EndpointNames } from '../../../data-plane/compare/endpoint-names.ts'

const PATTERNS = ['GET /articles/{slug}', '/articles/latest', 'GET /articles/{slug}/comments/{id}']

test.each([
  ['GET', '/articles/how-to-bake', 'GET /articles/{slug}'],
  ['GET', 'http://shop.example/articles/how-to-bake?x=1', 'GET /articles/{slug}'],
  ['GET', '/articles/latest', 'GET /articles/latest'],
  ['PUT', '/articles/latest', 'PUT /articles/latest'],
  ['DELETE', '/articles/how-to-bake', 'DELETE /articles/how-to-bake'],
  ['GET', '/articles/a/comments/b', 'GET /articles/{slug}/comments/{id}'],
  ['GET', '/orders/17', 'GET /orders/{id}'],
])('%s %s is %s', (method, target, name) => {
  expect(new EndpointNames(PATTERNS).nameOf(method, target)).toBe(name)
})

test.each(['orders', 'get /orders', 'GET orders/{id}', 'GET /orders?x=1', 'GET /a/{b}c', 'GET  /a'])(
  '%s is no pattern',
  (pattern) => {
    expect(EndpointPattern.safeParse(pattern).success).toBe(false)
  },
)
