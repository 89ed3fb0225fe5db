import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addHeldBack, HELD_ENDPOINTS_MAX, OTHER_ENDPOINTS } from '../../../contract/traffic.ts'
import { isQueryDocument } from '../../../data-plane/select/graphql.ts'
import { HeldBack } from '../../../data-plane/select/held-back.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { selectorWith } from '../../support/selection.ts'

const held = selectorWith(
  {
    reads: [{ methods: ['POST'], paths: ['/shop.Catalogue/Get*', '/rpc/search'] }],
    graphql: [{ paths: ['/graphql'] }],
    writes: [{ methods: ['PUT', 'POST'], paths: ['/carts/*'] }],
  },
  { writes: 'hold' },
)
const sent = (method: string, target: string, body = '', headers: string[] = []) =>
  held.refusal(
    capturedRequest({
      method,
      target,
      headers: ['Host', 'h', ...headers],
      body: Buffer.from(body),
      bodyLength: Buffer.byteLength(body),
    }),
  )
const graphql = (document: unknown, more: object = {}, headers: string[] = []) =>
  sent('POST', '/graphql', JSON.stringify({ query: document, ...more }), headers)

describe('what is declared', () => {
  test.each([
    ['POST', '/shop.Catalogue/GetItem', null],
    ['POST', '/rpc/search?q=a', null],
    ['PUT', '/carts/7', null],
    ['POST', '/shop.Catalogue/PutItem', 'held_back.unsafe_method'],
    ['PUT', '/rpc/search', 'held_back.unsafe_method'],
    ['DELETE', '/carts/7', 'held_back.unsafe_method'],
    ['POST', '/carts/7/pay', 'held_back.unsafe_method'],
    ['POST', '/orders', 'held_back.unsafe_method'],
    ['POST', '/rpc/%zz', 'held_back.unsafe_method'],
    ['DELETE', '/graphql', 'held_back.unsafe_method'],
  ])('decides about %s %s: %s', (method, target, refusal) => {
    expect(sent(method, target)).toBe(refusal)
  })
})

describe('GraphQL over POST', () => {
  test.each([
    '{ me { id } }',
    'query { me { id } }',
    'query A($f: Filter = {a: [1, {b: 2}]}) @cached(ttl: 3) { list(filter: $f) { id } }',
    'fragment F on User { id } query B { me { ...F } }',
    'query A { a } query C { c }',
    '# mutation { x }\nquery { a(b: "mutation { c }") }',
    'query { a(b: """ } mutation { c \\""" """) }',
    '\ufeff query { mutation { mutation } }',
  ])('%s is a read', (document) => {
    expect(graphql(document)).toBeNull()
  })

  test.each([
    'mutation { pay }',
    'mutation($a: Int) { pay(a: $a) }',
    'subscription { paid }',
    'query A { a } mutation B { pay }',
    '{ a } mutation { pay }',
    'query { a(b: "\\" }") } mutation { pay }',
    'query { a(b: """x""") }\nmutation { pay }',
    '"""described""" mutation { pay }',
    'query { a',
    'query { a } }',
    'query { a(b: "unclosed) }',
    'extend type Query { a: Int }',
    '',
    'fragment F on User { id }',
  ])('%s is held back', (document) => {
    expect(graphql(document, { operationName: 'A' })).toBe('held_back.unsafe_method')
  })

  test('a batch is a read when all of it is', () => {
    const batch = (...documents: string[]) =>
      sent('POST', '/graphql', JSON.stringify(documents.map((query) => ({ query }))))

    expect(batch('{ a }', 'query { b }')).toBeNull()
    expect(batch('{ a }', 'mutation { b }')).toBe('held_back.unsafe_method')
    expect(batch()).toBe('held_back.unsafe_method')
  })

  test.each([
    ['persisted queries', undefined, { extensions: { persistedQuery: { sha256Hash: 'a' } } }, []],
    ['a document that is none', 7, {}, []],
    ['a compressed body', '{ a }', {}, ['Content-Encoding', 'gzip']],
  ])('%s are held back: nobody knows what they do', (_, document, more, headers) => {
    expect(graphql(document, more, headers)).toBe('held_back.unsafe_method')
  })

  test('of the type application/graphql the body is the document', () => {
    const typed = (document: string) =>
      sent('POST', '/graphql', document, ['content-type', 'application/graphql; charset=utf-8'])

    expect(typed('{ a }')).toBeNull()
    expect(typed('mutation { a }')).toBe('held_back.unsafe_method')
    expect(sent('POST', '/graphql', '{ a }')).toBe('held_back.unsafe_method')
  })

  test('a mutation hidden among queries, strings and comments is found wherever it stands', () => {
    const noise = fc.constantFrom(
      '{ a } ',
      'query Q { b(c: "} mutation {") } ',
      'fragment F on T { d } ',
      '# mutation\n',
      'query { e(f: """ " { """) } ',
      ', ',
    )
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 6 }), fc.array(noise, { maxLength: 6 }), (before, after) => {
        expect(isQueryDocument([...before, 'mutation { pay } ', ...after].join(''))).toBe(false)
        expect(isQueryDocument([...before, '{ x } ', ...after].join(''))).toBe(true)
      }),
    )
  })

  test('any text at all is judged in time that grows with its length', () => {
    for (const text of [
      '"""'.repeat(80_000),
      '\\"""'.repeat(60_000),
      '{"'.repeat(100_000),
      '#\n'.repeat(100_000),
    ]) {
      const started = performance.now()
      isQueryDocument(text)
      expect(performance.now() - started).toBeLessThan(2_000)
    }
  })
})

describe('the list of what was held back', () => {
  test('names endpoints without ids, so many of them, and counts all', () => {
    const list = new HeldBack()
    for (let n = 0; n < 5; n++) list.count('POST', `/orders/${n}/pay?token=${n}`)
    for (let n = 0; n < 500; n++)
      list.count(
        'POST',
        `/${'abcdefghij'[n % 10]}/${'klmnopqrst'[Math.floor(n / 10) % 10]}/${'uvwxy'[n % 5]}${'zabcd'[Math.floor(n / 100)]}`,
      )

    expect(list.counts['POST /orders/{id}/pay']).toBe(5)
    expect(Object.keys(list.counts).length).toBeLessThanOrEqual(HELD_ENDPOINTS_MAX + 1)
    expect(list.counts[OTHER_ENDPOINTS]).toBeGreaterThan(0)
    expect(Object.values(list.counts).reduce((sum, n) => sum + n)).toBe(505)
  })

  test('of several gateways is bounded too, the most frequent by name', () => {
    const of = (prefix: string) =>
      Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`POST /${prefix}${n}`, n + 1]))
    const sum = addHeldBack(of('a'), of('b'))

    expect(Object.keys(sum)).toHaveLength(HELD_ENDPOINTS_MAX + 1)
    expect(sum['POST /a99']).toBe(100)
    expect(Object.values(sum).reduce((a, b) => a + b)).toBe(2 * 5050)
  })
})
