import { describe, expect, test } from 'vitest'
import type { Comparison } from '../../../contract/comparison.ts'
import { Thresholds } from '../../../contract/thresholds.ts'
import { zeroRequests } from '../../../contract/traffic.ts'
import { newRecord } from '../../../functions/experiments/phases.ts'
import { judge } from '../../../functions/experiments/verdict.ts'
import { seeded } from '../../../local/demo/random.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { comparisonOf, endpointTally } from '../../support/tallies.ts'

const NOW = new Date('2026-11-21T14:05:00.000Z')
const ID = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y'

const experimentWith = (requests = {}, directions: 'both' | 'requests' = 'both') => {
  const spec = experimentSpec({ traffic: { ports: [8080], directions } })
  const { experiment } = newRecord(spec, { id: ID, by: 'test', now: NOW })
  return { ...experiment, requests: { ...zeroRequests(), received: 1_000, forwarded: 1_000, ...requests } }
}

const verdictOf = (comparison: Comparison, thresholds = {}, experiment = experimentWith()) =>
  judge(experiment, comparison, Thresholds.parse(thresholds), NOW)

/** Latencies that differ by chance, the shadow’s longer by `by`. */
const latencies = (count: number, by: number, seed: number) => {
  const random = seeded(seed)
  const production = Array.from({ length: count }, () => 5 + 10 * random())
  return { production, shadow: production.map((one) => one + by + 2 * (random() - 0.5)) }
}

/** The same, sent to the control at the same moments. */
const controlled = (count: number, by: number, seed: number) => {
  const { production, shadow } = latencies(count, by, seed)
  return { production, shadow, control: production }
}

const quiet = (endpoint: string, seed: number, by = 1) =>
  endpointTally(endpoint, { '200>200': 400 }, { latency: latencies(400, by, seed) })

test('equal answers pass, and the sentence says how much was seen', () => {
  const verdict = verdictOf(comparisonOf(quiet('GET /a', 1), quiet('GET /b', 2), quiet('GET /c', 3)))

  expect(verdict).toMatchObject({
    outcome: 'pass',
    sentence: 'No difference beyond chance in 1200 compared requests to 3 endpoints.',
    final: false,
    reasons: [],
    coverage: { compared: 1_200, judged: 1_200 },
  })
})

describe('fails', () => {
  test.each<[string, ReturnType<typeof endpointTally>, object, string]>([
    [
      'errors that production does not have',
      endpointTally('GET /a', { '200>200': 380, '200>500': 20 }),
      { rule: 'errors', endpoint: 'GET /a', kind: 'status', path: '200>500', samples: 400 },
      'GET /a answers 500 where production answers 200: 20 of 400 requests (5 %).',
    ],
    [
      'answers that do not come',
      endpointTally('GET /a', { '200>200': 300, '200>failed': 100 }),
      { rule: 'errors', path: '200>failed' },
      'GET /a gets no answer where production answers 200: 100 of 400 requests (25 %).',
    ],
    [
      'a validation that rejects what production takes',
      endpointTally('POST /a', { '201>201': 60, '201>422': 60 }),
      { rule: 'status', endpoint: 'POST /a', path: '201>422', samples: 120 },
      'POST /a answers 422 where production answers 201: 60 of 120 requests (50 %).',
    ],
    [
      'a member that is missing',
      endpointTally(
        'GET /a',
        { '200>200': 300 },
        { differences: [{ kind: 'missing', path: '$.total', count: 90 }] },
      ),
      { rule: 'difference', kind: 'missing', path: '$.total' },
      'GET /a lacks $.total: 90 of 300 requests (30 %).',
    ],
    [
      'a value that differs more often than production does from itself',
      endpointTally(
        'GET /a',
        { '200>200': 1_000 },
        { repeated: 500, differences: [{ kind: 'value', path: '$.n', count: 600, repeats: 50 }] },
      ),
      { rule: 'difference', path: '$.n' },
      'GET /a differs at $.n: 600 of 1000 requests (60 %), 10 % by chance.',
    ],
    [
      'an endpoint that is slower than the control is',
      endpointTally('GET /a', { '200>200': 400 }, { latency: controlled(400, 40, 9) }),
      { rule: 'latency', endpoint: 'GET /a', threshold: 10 },
      'GET /a is 40 ms slower at the median, where the control takes 10 ms: 400 requests, measured to 0.1 ms.',
    ],
    [
      'a difference that today’s release has at fewer requests',
      endpointTally(
        'GET /a',
        { '200>200': 1000 },
        { controlled: 1000, differences: [{ kind: 'value', path: '$.n', count: 600, controls: 100 }] },
      ),
      { rule: 'difference', path: '$.n', noise: { value: 0.1 } },
      'GET /a differs at $.n: 600 of 1000 requests (60 %), 10 % by chance.',
    ],
  ])('%s', (_name, endpoint, reason, sentence) => {
    const others = [quiet('GET /x', 1), quiet('GET /y', 2), quiet('GET /z', 3)]

    const verdict = verdictOf(comparisonOf(endpoint, ...others))

    expect(verdict.outcome).toBe('fail')
    expect(verdict.reasons).toMatchObject([{ effect: 'fail', ...reason }])
    expect(verdict.sentence).toContain(sentence)
  })
})

describe('does not fail', () => {
  test.each<[string, ReturnType<typeof endpointTally>]>([
    [
      'for what production does itself',
      endpointTally(
        'GET /a',
        { '200>200': 400 },
        { repeated: 200, differences: [{ kind: 'value', path: '$.n', count: 200, repeats: 110 }] },
      ),
    ],
    [
      'for times and ids',
      endpointTally(
        'GET /a',
        { '200>200': 400 },
        { differences: [{ kind: 'value', path: '$.at', shaped: 400 }] },
      ),
    ],
    [
      'for errors that go both ways',
      endpointTally('GET /a', { '200>200': 360, '200>500': 20, '500>200': 20 }),
    ],
    [
      'for what was left undecided',
      endpointTally(
        'GET /a',
        { '200>200': 400 },
        { differences: [{ kind: 'too_complex', path: '$', count: 400 }] },
      ),
    ],
    ['for two of many requests', endpointTally('GET /a', { '200>200': 398, '200>404': 2 })],
  ])('%s', (_name, endpoint) => {
    expect(verdictOf(comparisonOf(endpoint, quiet('GET /x', 1))).outcome).toBe('pass')
  })

  test('for a shadow that is slower at all endpoints alike, but says so', () => {
    const verdict = verdictOf(
      comparisonOf(quiet('GET /a', 1, 60), quiet('GET /b', 2, 60), quiet('GET /c', 3, 61)),
    )

    expect(verdict.outcome).toBe('pass')
    expect(verdict.reasons).toMatchObject([{ rule: 'slower-everywhere', effect: 'informs' }])
  })

  test('for what today’s release differs from production in as often', () => {
    const noisy = endpointTally(
      'GET /a',
      { '200>200': 900, '200>503': 100 },
      {
        controlled: 1000,
        differences: [
          { kind: 'value', path: '$.n', count: 600, controls: 590 },
          { kind: 'status', path: '200>503', count: 100, controls: 95 },
        ],
      },
    )

    expect(verdictOf(comparisonOf(noisy))).toMatchObject({ outcome: 'pass', reasons: [] })
  })

  test('for an endpoint that is slower than the others against production, but says so', () => {
    const slow = endpointTally('GET /a', { '200>200': 400 }, { latency: latencies(400, 40, 9) })

    const verdict = verdictOf(comparisonOf(slow, quiet('GET /x', 1), quiet('GET /y', 2), quiet('GET /z', 3)))

    expect(verdict).toMatchObject({
      outcome: 'pass',
      reasons: [{ rule: 'latency', effect: 'informs', endpoint: 'GET /a' }],
    })
  })

  test('for a shadow that is further away than the control', () => {
    const slow = endpointTally('GET /a', { '200>200': 400 }, { latency: controlled(400, 40, 9) })
    const comparison = comparisonOf(slow)
    const { shadow } = comparison.measurement
    // 40 ms are about 245 buckets of 2 % more than 0.25 ms.
    const far = shadow.map((value, i) => (i % 2 === 0 ? value + 255 : value))

    const verdict = verdictOf({ ...comparison, measurement: { ...comparison.measurement, shadow: far } })

    expect(verdict.measurement.errorMs).toBeGreaterThan(30)
    expect(verdict.outcome).toBe('pass')
  })

  test('for a slow endpoint that has nothing to be compared with', () => {
    expect(verdictOf(comparisonOf(quiet('GET /a', 1, 60), quiet('GET /b', 2))).outcome).toBe('pass')
  })
})

describe('what is to be ignored', () => {
  const regressed = comparisonOf(
    endpointTally(
      'GET /a/{id}',
      { '200>200': 300, '200>404': 100 },
      { differences: [{ kind: 'missing', path: '$.items[*].stock', count: 200 }] },
    ),
    quiet('GET /b', 1),
  )
  const rules = (ignore: { endpoint?: string; path?: string }[]) =>
    verdictOf(regressed, { ignore }).reasons.map(({ rule }) => rule)

  test.each<[string, Parameters<typeof rules>[0], string[]]>([
    ['nothing', [], ['status', 'difference']],
    ['a path', [{ path: '$.items[[]*].stock' }], ['status', 'difference']],
    ['a place by a pattern', [{ path: '$.items*.stock' }], ['status']],
    ['a pair of statuses', [{ path: '200>404' }], ['difference']],
    ['an endpoint', [{ endpoint: 'GET /a/*' }], []],
    ['a place of another endpoint', [{ endpoint: 'GET /b', path: '*' }], ['status', 'difference']],
  ])('%s', (_name, ignore, left) => {
    expect(rules(ignore)).toEqual(left)
  })
})

describe('is inconclusive', () => {
  const whole = comparisonOf(quiet('GET /a', 1))

  test.each<[string, Comparison, Parameters<typeof judge>[0], string]>([
    [
      'samples',
      comparisonOf(endpointTally('GET /a', { '200>200': 49 })),
      experimentWith(),
      'Too little was seen',
    ],
    ['coverage', { ...whole, expected: 1_000 }, experimentWith(), 'Only 40 % of the forwarded requests'],
    ['loss', whole, experimentWith({ dropped: 60, incomplete: 30 }), '9 % of the requests seen were lost'],
    ['not-compared', comparisonOf(), experimentWith(), 'No request has been forwarded'],
    ['not-compared', comparisonOf(), experimentWith({}, 'requests'), 'Only requests are mirrored'],
    [
      'credentials',
      comparisonOf(endpointTally('GET /a', { '200>200': 100, '200>401': 300 })),
      experimentWith(),
      'The shadow rejects masked credentials: it answers 401 or 403 to 75 %',
    ],
  ])('%s', (rule, comparison, experiment, sentence) => {
    const verdict = verdictOf(comparison, {}, experiment)

    expect(verdict.outcome).toBe('inconclusive')
    expect(verdict.reasons).toMatchObject([{ rule, effect: 'inconclusive' }])
    expect(verdict.sentence).toContain(sentence)
  })

  test('but a regression that was seen stays a fail, however little else was', () => {
    const verdict = verdictOf({
      ...comparisonOf(endpointTally('POST /a', { '201>422': 200 })),
      expected: 1_000,
    })

    expect(verdict.outcome).toBe('fail')
    expect(verdict.reasons.map(({ rule }) => rule)).toEqual(['status', 'coverage'])
  })
})
