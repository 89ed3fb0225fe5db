import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Comparison } from '../../../contract/comparison.ts'
import { secondsOf } from '../../../contract/sketch.ts'
import { COMPARED_BYTES_MAX, Comparer, type ShadowOutcome } from '../../../data-plane/compare/comparer.ts'
import { Drift } from '../../../data-plane/compare/drift.ts'
import { HeldObjects } from '../../../data-plane/compare/held-objects.ts'
import type { Request, Response } from '../../../data-plane/http/exchange.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { capturedResponse } from '../../support/captured-response.ts'
import { SCALE } from '../../support/scale.ts'

const comparer = (limits = {}, snapshotAt: number | null = null) =>
  new Comparer(() => 0.5, new Drift({ experiment: 'exp_1', snapshotAt }, new HeldObjects()), limits)

const answered = (body = 'ok', status = 200, milliseconds = 5): ShadowOutcome => ({
  answer: { status, headers: ['content-type', 'text/plain'], body: Buffer.from(body) },
  milliseconds,
  wholeMilliseconds: milliseconds + 20,
})

const respond = (to: Comparer, request: Request, given: Partial<Response> = {}) =>
  to.production({
    connection: request.connection,
    request,
    response: capturedResponse({
      headers: ['Content-Type', 'text/plain'],
      body: Buffer.from('ok'),
      ...given,
    }),
  })

/** Bytes that are still there after a garbage collection. */
const retained = (): number => {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const balance = ({ expected, waiting, compared, unpaired }: Comparison) =>
  expected - waiting - compared - Object.values(unpaired).reduce((sum, count) => sum + count, 0)

describe('a pair', () => {
  test('waits its time, also when it came before the first tick', () => {
    const subject = comparer()
    const request = capturedRequest()

    subject.expect(request)
    subject.tick(1_795_000_000_000)
    subject.tick(1_795_000_074_999)
    respond(subject, request)
    subject.shadow(request, answered())
    subject.close()

    expect(subject.encode()).toMatchObject({ compared: 1, unpaired: {} })
  })

  test('is measured to the first byte and to the last', () => {
    const subject = comparer()
    const request = capturedRequest()

    subject.expect(request)
    respond(subject, request, { firstAt: request.lastAt + 10, lastAt: request.lastAt + 50 })
    subject.shadow(request, answered('ok', 200, 5))
    subject.close()

    const [endpoint] = subject.encode().endpoints
    const milliseconds = (sketch: readonly number[] = []) => Math.round(1000 * secondsOf(sketch[0] ?? 0))
    expect(milliseconds(endpoint?.production)).toBe(10)
    expect(milliseconds(endpoint?.productionWhole)).toBe(50)
    expect(milliseconds(endpoint?.shadow)).toBe(5)
    expect(milliseconds(endpoint?.shadowWhole)).toBe(25)
  })

  test('is not made while the shadow warms up, and what was not sent then is not counted as sent', () => {
    const subject = comparer()
    const [sent, dropped] = [capturedRequest(), capturedRequest()]

    for (const request of [sent, dropped]) subject.leaveOut(request)
    subject.shadow(sent, answered())
    subject.shadow(dropped, { unpaired: 'shadow_not_sent' })
    for (const request of [sent, dropped]) respond(subject, request)

    expect(subject.encode()).toMatchObject({ warmUp: 1, expected: 0, compared: 0, unpaired: {} })
  })

  test('is not made while another set of gateways takes over, and what waits then is given up', () => {
    const subject = comparer()
    const requests = ['/before', '/meanwhile', '/after'].map((target) => capturedRequest({ target }))
    const [before, meanwhile, after] = requests as [Request, Request, Request]

    subject.expect(before)
    subject.shadow(before, answered())
    subject.pair(false)
    subject.expect(meanwhile)
    subject.pair(true)
    subject.expect(after)
    for (const request of requests) {
      respond(subject, request)
      subject.shadow(request, answered())
    }
    subject.close()

    const found = subject.encode()
    expect(found).toMatchObject({ expected: 3, waiting: 0, compared: 1, unpaired: { gateways_swapped: 2 } })
    expect(balance(found)).toBe(0)
  })

  test('is compared whichever side comes first, latencies by capture and by the forwarder', () => {
    const subject = comparer()
    const requests = [capturedRequest({ target: '/a/1' }), capturedRequest({ target: '/a/2' })]

    for (const request of requests) subject.expect(request)
    respond(subject, requests[0] as Request)
    subject.shadow(requests[0] as Request, answered('other'))
    subject.shadow(requests[1] as Request, answered())
    respond(subject, requests[1] as Request)
    subject.close()

    const found = subject.encode()
    expect(found).toMatchObject({ expected: 2, waiting: 0, compared: 2, unpaired: {} })
    expect(found.endpoints).toMatchObject([
      {
        endpoint: 'GET /a/{id}',
        compared: 2,
        differing: 1,
        statuses: { '200>200': 2 },
        differences: [{ kind: 'text', path: 'body', count: 1, shaped: 0, repeats: 0 }],
      },
    ])
    expect(found.samples).toMatchObject([
      { kind: 'text', production: { status: 200 }, shadow: { status: 200 } },
    ])
  })

  test('whose shadow gave no answer is a failure of the shadow', () => {
    const subject = comparer()
    const request = capturedRequest()

    subject.expect(request)
    respond(subject, request)
    subject.shadow(request, { answer: null, milliseconds: 60_000, wholeMilliseconds: 60_000 })
    subject.close()

    expect(subject.encode().endpoints).toMatchObject([{ failed: 1, statuses: { '200>failed': 1 } }])
  })

  test.each<[string, (subject: Comparer, request: Request) => void]>([
    [
      'production_missing',
      (subject, request) => subject.production({ connection: request.connection, request, response: null }),
    ],
    [
      'production_incomplete',
      (subject, request) => respond(subject, request, { complete: false, incomplete: 'gap' }),
    ],
    [
      'production_oversized',
      (subject, request) => respond(subject, request, { bodyLength: COMPARED_BYTES_MAX + 1 }),
    ],
    ['shadow_unreachable', (subject, request) => subject.shadow(request, { unpaired: 'shadow_unreachable' })],
    ['shadow_not_sent', (subject, request) => subject.shadow(request, { unpaired: 'shadow_not_sent' })],
    [
      'expired',
      (subject) => {
        for (const at of [1_000, 75_999, 76_000]) subject.tick(at)
      },
    ],
    ['ended', (subject) => subject.close()],
    ['evicted', (subject) => subject.expect(capturedRequest())],
  ])('that is not whole is not compared: %s', (reason, act) => {
    const subject = comparer({ pairs: 1 })
    const request = capturedRequest()
    subject.expect(request)

    act(subject, request)
    subject.shadow(request, answered())
    respond(subject, request)

    expect(subject.encode()).toMatchObject({ compared: 0, unpaired: { [reason]: 1 }, endpoints: [] })
  })
})

test('whatever happens in whatever order, every expected pair is waiting, compared or unpaired', () => {
  const step = fc.record({
    what: fc.constantFrom('expect', 'production', 'cut', 'none', 'shadow', 'failed', 'refused', 'tick'),
    which: fc.nat(7),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const subject = comparer({ pairs: 4, bytes: 200, waitMs: 1_000 })
      const requests = Array.from({ length: 8 }, (_, i) => capturedRequest({ target: `/${i}` }))
      let now = 0
      for (const { what, which } of steps) {
        const request = requests[which] as Request
        if (what === 'expect') {
          requests[which] = capturedRequest({ target: `/${which}` })
          subject.expect(requests[which] as Request)
        } else if (what === 'production') respond(subject, request)
        else if (what === 'cut') respond(subject, request, { complete: false })
        else if (what === 'none')
          subject.production({ connection: request.connection, request, response: null })
        else if (what === 'shadow') subject.shadow(request, answered())
        else if (what === 'failed')
          subject.shadow(request, { answer: null, milliseconds: 1, wholeMilliseconds: 1 })
        else if (what === 'refused') subject.shadow(request, { unpaired: 'shadow_not_sent' })
        else {
          now += 600
          subject.tick(now)
        }
        expect(balance(subject.encode())).toBe(0)
        expect(subject.encode().waiting).toBeLessThanOrEqual(4)
      }
      subject.close()
      expect(subject.encode().waiting).toBe(0)
      expect(balance(subject.encode())).toBe(0)
    }),
    { numRuns: 200 },
  )
})

test('of exchanges the shadow was slow at three are kept, with the id that finds them in logs', () => {
  const subject = comparer()
  for (let n = 0; n < 9; n++) {
    const request = capturedRequest({ target: `/slow/${n}`, headers: ['X-Request-Id', `req-${n}`] })
    subject.expect(request)
    respond(subject, request)
    subject.shadow(request, answered('ok', 200, n < 5 ? 60 : 6))
  }
  subject.close()

  const { samples } = subject.encode()
  expect(samples).toHaveLength(3)
  for (const sample of samples)
    expect(sample).toMatchObject({
      endpoint: 'GET /slow/{id}',
      kind: 'slower',
      requestId: expect.stringMatching(/^req-[0-4]$/),
      production: { status: 200, milliseconds: 5, server: '10.0.1.9:8080' },
      shadow: { milliseconds: 60 },
    })
})

test('production’s answer to the same request, again and different, is noise of its own', () => {
  const subject = comparer()
  for (const [n, body] of ['{"n":1}', '{"n":2}', '{"n":2}'].entries()) {
    const request = capturedRequest({ target: '/counter', lastAt: 1_795_000_000_000 + n * 1_000 })
    subject.expect(request)
    respond(subject, request, { headers: ['Content-Type', 'application/json'], body: Buffer.from(body) })
    subject.shadow(request, {
      answer: { status: 200, headers: ['content-type', 'application/json'], body: Buffer.from(body) },
      milliseconds: 1,
      wholeMilliseconds: 2,
    })
  }
  subject.close()

  expect(subject.encode().endpoints).toMatchObject([
    { repeated: 2, differing: 0, differences: [{ kind: 'value', path: '$.n', count: 0, repeats: 1 }] },
  ])
})

test('the status of a gRPC call is compared, in its trailers or among its headers', () => {
  const subject = comparer()
  const request = capturedRequest({ method: 'POST', target: '/shop.Orders/Place' })
  subject.expect(request)
  respond(subject, request, { trailers: ['grpc-status', '0'] })
  subject.shadow(request, {
    answer: {
      status: 200,
      headers: ['content-type', 'text/plain', 'grpc-status', '13'],
      body: Buffer.from('ok'),
    },
    milliseconds: 1,
    wholeMilliseconds: 2,
  })
  subject.close()

  expect(subject.encode().endpoints).toMatchObject([
    {
      endpoint: 'POST /shop.Orders/Place',
      differences: [{ kind: 'header_value', path: 'grpc-status', count: 1 }],
    },
  ])
})

test('twenty thousand paths of hostile clients stay within a bounded number of endpoints, places and samples', {
  timeout: 60_000 * SCALE,
}, () => {
  const subject = comparer()
  const before = retained()
  for (let n = 0; n < 20_000 * SCALE; n++) {
    const word = n.toString(36).replace(/\d/g, (digit) => String.fromCharCode(103 + Number(digit)))
    const request = capturedRequest({ target: `/${word}/x` })
    subject.expect(request)
    respond(subject, request, {
      headers: ['Content-Type', 'application/json'],
      body: Buffer.from(`{"${word}":1}`),
    })
    subject.shadow(request, {
      answer: { status: 200, headers: ['content-type', 'application/json'], body: Buffer.from('{}') },
      milliseconds: 1,
      wholeMilliseconds: 2,
    })
    if (n % 1_000 === 999) subject.compareAll()
  }

  const held = retained() - before
  const { endpoints, samples, compared } = subject.encode()
  expect(compared).toBe(20_000 * SCALE)
  expect(endpoints.length).toBeLessThanOrEqual(151)
  expect(Math.max(...endpoints.map(({ differences }) => differences.length))).toBeLessThanOrEqual(61)
  expect(samples.length).toBeLessThanOrEqual(600)
  expect(held).toBeLessThan(32 * 1024 * 1024)
})
