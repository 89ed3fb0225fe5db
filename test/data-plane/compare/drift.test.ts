import { describe, expect, test } from 'vitest'
import { Comparer } from '../../../data-plane/compare/comparer.ts'
import { Drift } from '../../../data-plane/compare/drift.ts'
import { HeldObjects, hashId } from '../../../data-plane/compare/held-objects.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { capturedResponse } from '../../support/captured-response.ts'

const JSON_TYPE = ['Content-Type', 'application/json']
const AT = Date.parse('2026-11-21T14:00:00.000Z')

const worker = (snapshotAt: string | null = null, held = new HeldObjects()) => {
  const drift = new Drift(
    { experiment: 'exp_1', snapshotAt: snapshotAt === null ? null : Date.parse(snapshotAt) },
    held,
  )
  return new Comparer(() => 0.5, drift)
}

const body = (value: unknown) => Buffer.from(JSON.stringify(value))

const read = (comparer: Comparer, target: string, production: unknown, shadow: unknown, status = 200) => {
  const request = capturedRequest({ target, lastAt: AT })
  comparer.expect(request)
  comparer.production({
    connection: request.connection,
    request,
    response: capturedResponse({ headers: JSON_TYPE, body: body(production), firstAt: AT + 5 }),
  })
  comparer.shadow(request, {
    answer: { status, headers: JSON_TYPE, body: body(shadow) },
    milliseconds: 5,
    wholeMilliseconds: 6,
  })
}

const write = (comparer: Comparer, method: string, target: string, sent: unknown, answer: unknown) => {
  const request = capturedRequest({ method, target, headers: JSON_TYPE, body: body(sent), lastAt: AT })
  comparer.heldWrite({
    connection: request.connection,
    request,
    response: capturedResponse({ status: 201, headers: JSON_TYPE, body: body(answer) }),
  })
}

const only = (comparer: Comparer) => {
  comparer.close()
  const [endpoint] = comparer.encode().endpoints
  if (!endpoint) throw new Error('nothing compared')
  return endpoint
}

describe('is drift', () => {
  test('what a held-back creation has made: the shadow does not know it', () => {
    const comparer = worker()

    write(comparer, 'POST', '/orders', { item: 1 }, { id: 'ord-77', total: 5 })
    read(comparer, '/orders/ord-77', { id: 'ord-77', total: 5 }, { error: 'no such order' }, 404)

    expect(only(comparer)).toMatchObject({
      compared: 1,
      differing: 0,
      drifted: 1,
      differences: [{ kind: 'status', path: '200>404', count: 0, drifted: 1 }],
    })
  })

  test('a list that holds what was made', () => {
    const comparer = worker()

    write(comparer, 'POST', '/orders', {}, { id: 'ord-77' })
    read(comparer, '/customers/c1/orders', [{ id: 'ord-76' }, { id: 'ord-77' }], [{ id: 'ord-76' }])

    expect(only(comparer)).toMatchObject({ differing: 0, drifted: 1 })
  })

  test('what a held-back change or deletion names in its path, or in what it sends', () => {
    const comparer = worker()

    write(comparer, 'PATCH', '/items/8', { price: 2 }, {})
    write(comparer, 'POST', '/stock', { items: [{ sku: 'S-9', stock: 3 }] }, { updated: 1 })
    read(comparer, '/items/8', { price: 2 }, { price: 1 })
    read(comparer, '/items/S-9', { stock: 3 }, { stock: 4 })

    expect(only(comparer)).toMatchObject({ compared: 2, differing: 0, drifted: 2 })
  })

  test('what was read before production wrote it, as another worker saw', () => {
    const held = new HeldObjects()
    const [reads, writes] = [worker(null, held), worker(null, new HeldObjects(held.memory))]

    read(reads, '/items/S-9', { stock: 3 }, { stock: 4 })
    reads.compareAll()
    const before = reads.encode().endpoints[0]
    write(writes, 'PUT', '/items/S-9', { stock: 2 }, {})
    writes.close()

    expect(before).toMatchObject({ differing: 1, drifted: 0 })
    expect(only(reads)).toMatchObject({ differing: 0, drifted: 1, differences: [{ count: 0, drifted: 1 }] })
  })

  test('what says that it was written since the snapshot', () => {
    const comparer = worker('2026-11-21T13:00:00Z')

    read(comparer, '/orders/1', { id: 1, createdAt: '2026-11-21T13:30:00Z' }, { error: 'none' }, 404)

    expect(only(comparer)).toMatchObject({ differing: 0, drifted: 1, ages: { sum: 1, squares: 1 } })
  })
})

describe('is no drift', () => {
  test('an object that nobody has written', () => {
    const comparer = worker('2026-11-21T13:00:00Z')

    write(comparer, 'POST', '/orders', {}, { id: 'ord-77' })
    read(
      comparer,
      '/orders/ord-12',
      { id: 'ord-12', createdAt: '2026-11-20T08:00:00Z', total: 1 },
      { id: 'ord-12', createdAt: '2026-11-20T08:00:00Z', total: 2 },
    )

    expect(only(comparer)).toMatchObject({ differing: 1, drifted: 0 })
  })

  test('an error of the shadow, whatever it was about', () => {
    const comparer = worker()

    write(comparer, 'PUT', '/items/8', {}, {})
    read(comparer, '/items/8', { id: 8 }, { error: 'internal' }, 500)
    read(comparer, '/items/8', { id: 8 }, { error: 'not you' }, 403)

    expect(only(comparer)).toMatchObject({ differing: 2, drifted: 0 })
  })

  test('what was made at the moment of reading', () => {
    const comparer = worker('2026-11-21T13:00:00Z')
    const now = new Date(AT).toISOString()

    read(comparer, '/report', { updatedAt: now, total: 1 }, { updatedAt: now, total: 2 })

    expect(only(comparer)).toMatchObject({ differing: 1, drifted: 0 })
  })

  test('a write that production refused', () => {
    const comparer = worker()
    const request = capturedRequest({ method: 'PUT', target: '/items/8' })

    comparer.heldWrite({
      connection: request.connection,
      request,
      response: capturedResponse({ status: 409 }),
    })
    read(comparer, '/items/8', { price: 2 }, { price: 1 })

    expect(only(comparer)).toMatchObject({ differing: 1, drifted: 0 })
  })
})

test('a hundred thousand ids of another experiment explain one in a thousand at most', {
  timeout: 30_000,
}, () => {
  const held = new HeldObjects()
  for (let n = 0; n < 100_000; n++) held.add(hashId('exp_1', `ord-${n}`))

  const known = Array.from({ length: 10_000 }, (_, n) => held.has(hashId('exp_1', `ord-${n}`)))
  const wrong = Array.from({ length: 10_000 }, (_, n) => held.has(hashId('exp_2', `ord-${n}`)))

  expect(known.every(Boolean)).toBe(true)
  expect(wrong.filter(Boolean).length).toBeLessThanOrEqual(10)
})
