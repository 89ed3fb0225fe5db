import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sumLines } from '../../../contract/money.ts'
import { Plan } from '../../../contract/plan.ts'
import { dollars } from '../../../functions/cost/budget.ts'
import { estimate, type Undertaking } from '../../../functions/cost/estimate.ts'
import { at, nothing, prices } from './usages.ts'

const undertaking = (more: Partial<Undertaking> = {}): Undertaking => ({
  startAt: at(0),
  endAt: at(7200),
  capacities: [1.25e9, 1.25e9],
  expected: null,
  filtered: null,
  crossAz: { share: 2 / 3, because: 'two thirds of the bytes cross zones' },
  gateways: 2,
  gatewaySize: nothing.gatewaySize,
  budgetUsd: 25,
  budgetName: `the budget of ${dollars(more.budgetUsd ?? 25)}`,
  tickSeconds: 60,
  lateSeconds: 0,
  leaseSeconds: 240,
  reportSeconds: 60,
  preparingSeconds: 120,
  metricsPerLook: 10,
  recording: null,
  ...more,
})

describe('the estimate', () => {
  it('is a range whose lines add up, with assumptions as sentences', () => {
    const made = estimate(undertaking(), prices)
    const range = Plan.shape.estimate.parse(made.estimate)

    expect(sumLines(range.low)).toBe(range.lowUsd)
    expect(sumLines(range.high)).toBe(range.highUsd)
    expect(range.lowUsd).toBeGreaterThan(2 * 2 * 0.015)
    expect(range.highUsd).toBeGreaterThan(range.lowUsd)
    expect(range.highUsd).toBeLessThanOrEqual(25)
    expect(range.assumptions.join('\n')).toContain('two thirds of the bytes cross zones')
    expect(range.assumptions.join('\n')).toContain('2 mirror sessions, begun hours owed whole')
  })

  it('takes the sources’ capacity as the worst case where it fits, and then cannot be passed by traffic', () => {
    const made = estimate(undertaking({ capacities: [1.25e8] }), prices)

    expect(made.peak.basis).toBe('capacity')
    expect(made.reserveUsd).toBeCloseTo((0.125 * (240 + 60) * 0.058) / 3, 3)
    expect(made.start.affordable).toBe(true)
  })

  it('states what faster traffic could cost where the capacity does not fit', () => {
    const made = estimate(undertaking({ capacities: Array(100).fill(1.25e9) }), prices)

    expect(made.peak.basis).toBe('budget-share')
    expect(made.peak.because).toContain('Faster traffic ends the mirroring')
    expect(made.overshootUsd).toBeGreaterThan(100)
  })

  it('keeps twice the sources’ 14-day maximum free where their capacity does not fit, whatever that takes', () => {
    const fast = { capacities: Array(100).fill(1.25e9) }
    const measured = estimate(undertaking({ ...fast, expected: { average: 1e6, peak: 1e8 } }), prices)
    const unknown = estimate(undertaking(fast), prices)
    const dear = estimate(
      undertaking({ ...fast, expected: { average: 1e6, peak: 1e9 }, budgetUsd: 5 }),
      prices,
    )

    expect(measured.peak).toMatchObject({ basis: 'measured', bytesPerSecond: 2e8 })
    expect(measured.peak.because).toContain('2 times the sources’ busiest five minutes of 14 days')
    expect(measured.reserveUsd).toBeLessThan(unknown.reserveUsd)
    expect(measured.overshootUsd).toBeGreaterThan(0)
    expect(dear.start.affordable).toBe(false)
    expect(dear.start.reason).toMatch(/of traffic at worst\), more than the budget of \$5\.00\.$/)
  })

  it('never assumes more than the sources’ capacity', () => {
    const made = estimate(
      undertaking({ capacities: [1.25e9], expected: { average: 1e6, peak: 1e9 }, budgetUsd: 1 }),
      prices,
    )

    expect(made.peak).toMatchObject({ basis: 'measured', bytesPerSecond: 1.25e9 })
  })

  it('uses what was measured: the average for its low end, the busiest five minutes for its high one', () => {
    const quiet = estimate(undertaking({ expected: { average: 1e5, peak: 1e6 } }), prices)
    const busy = estimate(undertaking({ expected: { average: 2e5, peak: 2e6 } }), prices)
    const unknown = estimate(undertaking(), prices)
    const traffic = ({ estimate: { low, high } }: typeof quiet) => [low['cross-az'], high['cross-az']]

    const [low = 0, high = 0] = traffic(quiet)
    expect(low).toBeCloseTo(((1e5 * 7200) / 1e9) * (2 / 3) * 0.02, 4)
    expect(high).toBeCloseTo(10 * low, 4)
    expect(traffic(busy)[0]).toBeCloseTo(2 * low, 4)
    expect(unknown.estimate.highUsd).toBeGreaterThan(busy.estimate.highUsd)
    expect(quiet.reserveUsd).toBeLessThan(unknown.reserveUsd)
    expect(quiet.estimate.assumptions.join(' ')).toContain('low: the sources’ average')
    expect(unknown.estimate.assumptions.join(' ')).toContain('nothing is known of the sources’ traffic')
  })

  it('has all that may be recorded in it, for as long as it is kept, and says so', () => {
    const without = estimate(undertaking(), prices)
    const made = estimate(undertaking({ recording: { megabytes: 10_000, days: 30 } }), prices)

    // 10 GB for a month, and parts of 3 MB.
    expect(made.estimate.lowUsd - without.estimate.lowUsd).toBeGreaterThan(0.23)
    expect(made.estimate.lowUsd - without.estimate.lowUsd).toBeLessThan(0.3)
    expect(made.start.committedUsd).toBeGreaterThan(without.start.committedUsd + 0.23)
    expect(made.estimate.assumptions).toContainEqual(
      'all 10000 MB that it may record, unpacked, kept in S3 for 30 days',
    )
  })

  it('refuses a budget that does not pay the first hours', () => {
    const made = estimate(undertaking({ budgetUsd: 0.03 }), prices)

    expect(made.start.affordable).toBe(false)
    expect(made.start.reason).toContain('more than the budget of $0.03.')
  })

  it('says when the budget will end before the window', () => {
    const cheap = estimate(
      undertaking({ budgetUsd: 0.3, capacities: [1.25e6], endAt: at(7 * 86_400) }),
      prices,
    )

    expect(cheap.windowProblem).toContain('it will end early')
    expect(estimate(undertaking(), prices).windowProblem).toBeNull()
  })

  it('has an answer for anything', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e11, noNaN: true }), { maxLength: 30 }),
        fc.integer({ min: 20, max: 604_800 }),
        fc.double({ min: 0.001, max: 1e5, noNaN: true }),
        fc.nat(20),
        (capacities, window, budgetUsd, gateways) => {
          const made = estimate(undertaking({ capacities, endAt: at(window), budgetUsd, gateways }), prices)

          Plan.shape.estimate.parse(made.estimate)
          expect(made.reserveUsd).toBeGreaterThanOrEqual(0)
          expect(made.overshootUsd).toBeGreaterThanOrEqual(0)
          expect(made.estimate.highUsd).toBeGreaterThanOrEqual(made.estimate.lowUsd)
        },
      ),
    )
  })
})
