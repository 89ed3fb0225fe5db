import { describe, expect, test } from 'vitest'
import type { Resource } from '../../../contract/resource.ts'
import { Thresholds } from '../../../contract/thresholds.ts'
import { zeroRequests } from '../../../contract/traffic.ts'
import { newRecord } from '../../../functions/experiments/phases.ts'
import {
  addMissing,
  addPeriod,
  emptyTally,
  logRatio,
  type ResourceTally,
} from '../../../functions/experiments/resource-tally.ts'
import { meanFactor } from '../../../functions/experiments/statistics.ts'
import { judge } from '../../../functions/experiments/verdict.ts'
import { type Random, seeded } from '../../../local/demo/random.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { resourcesOf, resourceTally } from '../../support/resources.ts'
import { SCALE } from '../../support/scale.ts'
import { comparisonOf, endpointTally } from '../../support/tallies.ts'

const quiet = endpointTally('GET /a', { '200>200': 400 })

const verdictOf = (
  tallies: readonly ResourceTally[],
  {
    resources = ['database-operations'] as readonly Resource[],
    control = true,
    thresholds = {},
    endpoints = [quiet],
  } = {},
) => {
  const spec = experimentSpec({
    traffic: { ports: [8080], directions: 'both' },
    shadow: { url: 'http://127.0.0.1:9000', control: { url: 'http://127.0.0.1:9001' } },
    compare: { resources: resourcesOf(resources, { control }) },
  })
  const { experiment } = newRecord(spec, {
    id: 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y',
    by: 'test',
    now: new Date(0),
  })
  return judge(
    { ...experiment, requests: { ...zeroRequests(), received: 1_000, forwarded: 1_000 } },
    comparisonOf(...endpoints),
    Thresholds.parse(thresholds),
    new Date(0),
    { resources: tallies },
  )
}

/** About 1,200 operations for 1,000 requests, `times` as many at the shadow. */
const periods = (count: number, times: number, { share = 1, seed = 1, noise = 0.05 } = {}) => {
  const random = seeded(seed)
  const chance = () => 1 + noise * (random() + random() - 1)
  return Array.from({ length: count }, () => {
    const requests = 800 + 400 * random()
    const today = { amount: requests * 1.2 * chance(), requests }
    return {
      production: { amount: 5 * requests, requests: 4 * requests },
      control: today,
      shadow: { amount: requests * share * 1.2 * times * chance(), requests: requests * share },
    }
  })
}
const ops = (...given: Parameters<typeof periods>) =>
  resourceTally('database-operations', 'control', periods(...given))

describe('what a release uses', () => {
  test('is told by the same numbers whatever comes of it', () => {
    const { outcome, reasons, resources } = verdictOf([ops(20, 1)])

    expect([outcome, reasons]).toEqual(['pass', []])
    expect(resources).toMatchObject([
      {
        resource: 'database-operations',
        state: 'compared',
        against: 'control',
        production: 1_250,
        periods: 20,
        missing: {},
      },
    ])
    expect(resources[0]?.shadow).toBeCloseTo(1_200, -2)
    expect(resources[0]?.ratio?.low).toBeLessThan(1)
    expect(resources[0]?.ratio?.high).toBeGreaterThan(1)
  })

  test('fails it where it makes more database operations, though every answer is the same', () => {
    const { outcome, sentence, reasons } = verdictOf([ops(20, 3)])

    expect(outcome).toBe('fail')
    expect(reasons).toMatchObject([
      { rule: 'resources', effect: 'fail', path: 'database-operations', threshold: 0.25 },
    ])
    expect(reasons[0]?.measured?.value).toBeCloseTo(2, 1)
    expect(sentence).toMatch(
      /^Per 1,000 requests the shadow makes (2\.9\d|3|3\.0\d) times the control’s database operations: 3,[56]\d0 against 1,\d{3}, in 20 periods of 60 s\.$/,
    )
  })

  test('is no second regression beside the slowness that it causes', () => {
    const today = Array.from({ length: 400 }, (_, i) => 5 + (i % 10))
    const latency = { production: today, control: today, shadow: today.map((ms) => ms + 40) }
    const slow = endpointTally('GET /orders', { '200>200': 400 }, { latency })

    const { outcome, reasons } = verdictOf([ops(20, 3)], { endpoints: [quiet, slow] })

    expect(outcome).toBe('fail')
    expect(reasons.map(({ rule, effect }) => [rule, effect])).toEqual([
      ['latency', 'fail'],
      ['resources', 'informs'],
    ])
    expect(reasons[1]?.sentence).toMatch(/This may be why GET \/orders is slower\.$/)
  })

  test.each<[Resource, string]>([
    ['cpu', 'informs'],
    ['memory', 'informs'],
    ['outbound-calls', 'fail'],
  ])('of %s %s', (resource, effect) => {
    const tally = resourceTally(resource, 'control', periods(20, 2))

    expect(verdictOf([tally], { resources: [resource] }).reasons).toMatchObject([
      { rule: 'resources', effect },
    ])
  })

  test('decides as the thresholds say', () => {
    const cpu = resourceTally('cpu', 'control', periods(20, 2))

    expect(verdictOf([cpu], { resources: ['cpu'], thresholds: { resources: ['cpu'] } }).outcome).toBe('fail')
    expect(verdictOf([ops(20, 2)], { thresholds: { resourcePercent: 150 } }).outcome).toBe('pass')
  })

  test('informs only where the shadow served another share of the requests, which is said', () => {
    const { outcome, reasons } = verdictOf([ops(20, 3, { share: 0.1 })])

    expect(outcome).toBe('pass')
    expect(reasons).toMatchObject([{ rule: 'resources', effect: 'informs' }])
    expect(reasons[0]?.sentence).toContain('served 10 % of the control’s requests: this informs only')
  })

  test('is not compared where it is a level and the shadow served another share', () => {
    const memory = resourceTally('memory', 'control', periods(20, 10, { share: 0.1 }))

    const { resources, reasons } = verdictOf([memory], { resources: ['memory'] })

    expect(resources).toMatchObject([{ state: 'unlike', ratio: null }])
    expect(reasons).toMatchObject([{ effect: 'informs', measured: null }])
  })

  test('does not depend on the share where each request costs the same', () => {
    const whole = verdictOf([ops(20, 1, { noise: 0 })]).resources[0]
    const tenth = verdictOf([ops(20, 1, { noise: 0, share: 0.1 })]).resources[0]

    expect(tenth?.ratio?.value).toBeCloseTo(whole?.ratio?.value ?? 0, 6)
  })

  test('that today’s release does not use at all is said', () => {
    const none = periods(20, 1).map((one) => ({ ...one, control: { ...one.control, amount: 0 } }))

    const { reasons } = verdictOf([resourceTally('database-operations', 'control', none)])

    expect(reasons).toMatchObject([{ effect: 'informs', measured: null }])
    expect(reasons[0]?.sentence).toMatch(/shadow makes 1,\d{3} database operations, the control none/)
  })

  test('that neither uses is equal', () => {
    const none = periods(20, 1).map(({ control: { requests } }) => ({
      control: { amount: 0, requests },
      shadow: { amount: 0, requests },
    }))

    const { outcome, resources } = verdictOf([resourceTally('database-operations', 'control', none)])

    expect([outcome, resources[0]?.ratio?.value]).toEqual(['pass', 1])
  })
})

describe('what is not known', () => {
  const missing = addMissing(addMissing(ops(1, 1), ['shadow']), ['shadow'])

  test('leaves it open where it would decide, with the metric’s name', () => {
    const { outcome, sentence } = verdictOf([missing])

    expect(outcome).toBe('inconclusive')
    expect(sentence).toBe(
      'Database operations cannot be compared: there were no figures of the shadow (Shop shadow-database-operations Sum).',
    )
  })

  test('is said where it would not', () => {
    const { outcome, reasons } = verdictOf([emptyTally('cpu')], { resources: ['cpu'] })

    expect(outcome).toBe('pass')
    expect(reasons).toMatchObject([
      {
        effect: 'informs',
        sentence: 'CPU is not compared yet: there are figures of 0 periods of 60 s so far.',
      },
    ])
  })

  test.each([
    ['before the first look', []],
    ['with few periods', [ops(4, 3)]],
  ])('leaves it open %s', (_name, tallies) => {
    expect(verdictOf(tallies).reasons).toMatchObject([{ rule: 'resources', effect: 'inconclusive' }])
  })
})

describe('the interval of a ratio', () => {
  test('is that of a t statistic, wider as it holds at every number of samples', () => {
    // Of the t distribution with 9 and 99 degrees of freedom, at 5 %.
    expect(meanFactor(10, 0.05)).toBeGreaterThan(2.26)
    expect(meanFactor(100, 0.05)).toBeGreaterThan(1.98)
    expect(meanFactor(100, 0.05)).toBeLessThan(4)
    expect(meanFactor(2, 0.05)).toBe(Number.POSITIVE_INFINITY)
  })

  test('is none for less than two periods, or where one side used nothing', () => {
    expect(logRatio(ops(1, 1), 'control')).toBeNull()
    expect(logRatio(emptyTally('cpu'), 'control')).toBeNull()
  })

  /** Skewed, with a mean of 1. */
  const skewed = (random: Random) =>
    0.7 - 0.1 * (Math.log(1 - random()) + Math.log(1 - random()) + Math.log(1 - random()))

  /** Looked at after each period: the estimate of each look, from the fifth period on. */
  const looks = (random: Random, times: number, alpha: number) => {
    let tally = emptyTally('database-operations')
    return Array.from({ length: 80 }, () => {
      const requests = 200 + 800 * random()
      // What both are asked for in a period varies together; what each makes of it, by itself.
      const mix = skewed(random)
      const sideOf = (factor: number) => ({ amount: requests * factor * mix * skewed(random), requests })
      tally = addPeriod(tally, 'control', { control: sideOf(1), shadow: sideOf(times) })
      const found = logRatio(tally, 'control')
      if (!found) return null
      const reach = meanFactor(tally.periods, alpha) * found.error
      return { low: found.ratio * Math.exp(-reach), high: found.ratio * Math.exp(reach) }
    }).slice(4)
  }
  const simulated = (times: number, seed: number) =>
    Array.from({ length: 200 * SCALE }, (_, run) => looks(seeded(seed + run), times, 0.05))

  test.each([1, 1.25, 3])(
    'misses a ratio of %f in 5 of 100 runs at most, looked at after every period',
    (times) => {
      const runs = simulated(times, 300)

      const missed = runs.filter((run) =>
        run.some((one) => one !== null && (one.low > times || one.high < times)),
      )
      expect(missed.length / runs.length).toBeLessThanOrEqual(0.05)
    },
  )

  test('says after 20 periods that twice as much is more than a quarter more, in 95 of 100 runs', () => {
    const runs = simulated(2, 700)

    const found = runs.filter((run) => (run[15]?.low ?? 0) > 1.25)
    expect(found.length / runs.length).toBeGreaterThanOrEqual(0.95)
  })

  test('would be missed far more often by an interval that is right for one look', () => {
    const runs = Array.from({ length: 200 }, (_, run) => looks(seeded(900 + run), 1, 0.05))
    const narrow = runs.filter((run) =>
      run.some((one, i) => {
        if (one === null) return false
        const shrink = 2.2 / meanFactor(i + 5, 0.05)
        return Math.log(one.low * one.high) / 2 - (shrink * Math.log(one.high / one.low)) / 2 > 0
      }),
    )
    expect(narrow.length / runs.length).toBeGreaterThan(0.05)
  })
})
