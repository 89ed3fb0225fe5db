import { describe, expect, test } from 'vitest'
import { Thresholds } from '../../../contract/thresholds.ts'
import { zeroRequests } from '../../../contract/traffic.ts'
import { newRecord } from '../../../functions/experiments/phases.ts'
import {
  lookingFactor,
  median,
  quantileEstimate,
  signedQuantileEstimate,
  wilson,
} from '../../../functions/experiments/statistics.ts'
import { judge } from '../../../functions/experiments/verdict.ts'
import { type Random, seeded } from '../../../local/demo/random.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { SCALE } from '../../support/scale.ts'
import { comparisonOf, endpointTally } from '../../support/tallies.ts'

test('Wilson’s interval is the one of the tables', () => {
  const { value, low, high } = wilson(15, 50, 1.959964)

  expect([value, low, high].map((number) => number.toFixed(4))).toEqual(['0.3000', '0.1910', '0.4375'])
  expect(wilson(0, 20, 2)).toMatchObject({ low: 0 })
  expect(wilson(20, 20, 2)).toMatchObject({ high: 1 })
})

test.each([0.01, 0.1, 0.5])(
  'looked at after every sample, an interval of a share of %f misses it in 5 of 100 runs at most',
  (p) => {
    const random = seeded(11)
    const runs = 400
    let missed = 0
    for (let run = 0; run < runs; run++) {
      let hits = 0
      for (let n = 1; n <= 1_500; n++) {
        if (random() < p) hits++
        if (n < 50) continue
        const { low, high } = wilson(hits, n, lookingFactor(n, 0.05))
        if (low <= p && p <= high) continue
        missed++
        break
      }
    }

    expect(missed / runs).toBeLessThanOrEqual(0.05)
  },
)

test('an interval that is right for one look is wrong for many: what the factor is for', () => {
  const random = seeded(12)
  let missed = 0
  for (let run = 0; run < 400; run++) {
    let hits = 0
    for (let n = 1; n <= 1_500; n++) {
      if (random() < 0.5) hits++
      if (n < 50) continue
      const { low, high } = wilson(hits, n, 1.96)
      if (low <= 0.5 && 0.5 <= high) continue
      missed++
      break
    }
  }

  expect(missed / 400).toBeGreaterThan(0.1)
})

describe('quantiles', () => {
  test('are held by their interval in 95 of 100 runs, and by no wide one', () => {
    const random = seeded(13)
    let held = 0
    for (let run = 0; run < 200; run++) {
      const production = Array.from({ length: 500 }, () => -20 * Math.log(1 - random()))
      const { production: sketch } = endpointTally('', {}, { latency: { production, shadow: production } })
      const estimate = quantileEstimate(sketch, 0.5, lookingFactor(500, 0.05))
      if (!estimate) throw new Error('no estimate')
      const truth = 20 * Math.log(2)
      if (estimate.low * 0.99 <= truth && truth <= estimate.high * 1.01) held++
      expect(estimate.high - estimate.low).toBeLessThan(truth)
    }
    expect(held / 200).toBeGreaterThanOrEqual(0.95)
  })

  test('of differences that go both ways are within 1 % of the exact ones', () => {
    const random = seeded(14)
    const production = Array.from({ length: 501 }, () => 10 + 10 * random())
    const shadow = production.map(() => 8 + 14 * random())
    const exact = shadow.map((one, i) => one - (production[i] as number)).sort((a, b) => a - b)
    const { slower, faster } = endpointTally('', {}, { latency: { production, shadow } })

    for (const q of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      const expected = exact[Math.max(1, Math.ceil(q * 501)) - 1] as number
      const { value } = signedQuantileEstimate(slower, faster, q, 0.1) ?? { value: Number.NaN }
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(0.011 * Math.abs(expected) + 1e-6)
    }
  })

  test('are not guessed where the samples do not reach', () => {
    const { production } = endpointTally('', {}, { latency: { production: [1, 2, 3], shadow: [1, 2, 3] } })

    expect(quantileEstimate(production, 0.99, 4)).toBeNull()
    expect(quantileEstimate([], 0.5, 4)).toBeNull()
  })
})

test('the median of an even number is between the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5])
})

/** An experiment that goes on, looked at every 100 requests; whether it ever failed, and how it ended. */
const simulate = (random: Random, effect: { status: number; body: number; slowerMs: number }) => {
  const { experiment } = newRecord(experimentSpec({ traffic: { ports: [8080], directions: 'both' } }), {
    id: 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y',
    by: 'test',
    now: new Date(0),
  })
  const seen = { ...experiment, requests: { ...zeroRequests(), received: 1, forwarded: 1 } }
  const endpoints = ['GET /a', 'GET /b', 'GET /c', 'POST /d'].map((name) => ({
    name,
    statuses: { '200>200': 0, '200>500': 0 },
    differing: 0,
    production: [] as number[],
    shadow: [] as number[],
    control: [] as number[],
  }))
  let failed = false
  let outcome = ''
  for (let look = 0; look < 15; look++) {
    for (const [i, endpoint] of endpoints.entries())
      for (let n = 0; n < 25; n++) {
        const regressed = i === 0
        const isError = random() < (regressed ? effect.status : 0.001)
        endpoint.statuses[isError ? '200>500' : '200>200']++
        if (!isError && random() < (regressed ? effect.body : 0.004)) endpoint.differing++
        const took = -8 * Math.log(1 - random())
        endpoint.production.push(took)
        endpoint.control.push(-8 * Math.log(1 - random()))
        endpoint.shadow.push(-8 * Math.log(1 - random()) + (regressed ? effect.slowerMs : 0))
      }
    const verdict = judge(
      seen,
      comparisonOf(
        ...endpoints.map(({ name, statuses, differing, production, shadow, control }) =>
          endpointTally(
            name,
            { ...statuses },
            {
              differences: [{ kind: 'value', path: '$.n', count: differing }],
              latency: { production, shadow, control },
            },
          ),
        ),
      ),
      Thresholds.parse({}),
      new Date(0),
    )
    outcome = verdict.outcome
    if (outcome === 'fail') failed = true
  }
  return { failed, outcome }
}

describe('an experiment looked at 15 times', () => {
  const NOTHING = { status: 0.001, body: 0.004, slowerMs: 0 }

  test('fails wrongly in 5 of 100 runs at most when nothing has changed', () => {
    const runs = Array.from({ length: 60 * SCALE }, (_, run) => simulate(seeded(100 + run), NOTHING))

    expect(runs.filter(({ failed }) => failed).length / runs.length).toBeLessThanOrEqual(0.05)
    expect(runs.filter(({ outcome }) => outcome === 'pass').length / runs.length).toBeGreaterThanOrEqual(0.95)
  })

  test('fails wrongly in 5 of 100 runs at most when one endpoint is at every threshold', () => {
    const most = { status: 0.005, body: 0.02, slowerMs: 10 }
    const runs = Array.from({ length: 40 * SCALE }, (_, run) => simulate(seeded(9_000 + run), most))

    expect(runs.filter(({ failed }) => failed).length / runs.length).toBeLessThanOrEqual(0.05)
  })

  test.each([
    ['one request in eight that fails', { ...NOTHING, status: 0.125 }],
    ['one answer in four that differs', { ...NOTHING, body: 0.25 }],
    ['an endpoint 40 ms slower', { ...NOTHING, slowerMs: 40 }],
  ])('finds %s in 95 of 100 runs', (_name, effect) => {
    const runs = Array.from({ length: 40 * SCALE }, (_, run) => simulate(seeded(200 + run), effect))

    expect(runs.filter(({ outcome }) => outcome === 'fail').length / runs.length).toBeGreaterThanOrEqual(0.95)
  })
})
