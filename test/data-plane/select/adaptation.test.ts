import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Adaptation } from '../../../contract/selection.ts'
import {
  type AdaptationState,
  adaptOnce,
  type Observed,
  PART_MIN,
  partOf,
  RESULTS_MIN,
  unadapted,
} from '../../../data-plane/select/adaptation.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { selectorWith } from '../../support/selection.ts'

const LIMITS: Adaptation = { perSecond: 100, errorPercentMax: 5, p95MsMax: 200 }
const seen = (given: Partial<Observed> = {}): Observed => ({
  ...{ seconds: 1, offered: 50, ended: 100, failed: 0, slow: 0 },
  ...given,
})
const state = fc.record({
  byRate: fc.double({ min: PART_MIN, max: 1, noNaN: true }),
  byHealth: fc.double({ min: PART_MIN, max: 1, noNaN: true }),
  offeredPerSecond: fc.option(fc.double({ min: 0, max: 1e5, noNaN: true })),
})
const observed = fc
  .record({
    seconds: fc.double({ min: 0.5, max: 10, noNaN: true }),
    offered: fc.nat(10_000),
    ended: fc.nat(1_000),
    failed: fc.nat(1_000),
    slow: fc.nat(1_000),
  })
  .map((all) => ({ ...all, failed: Math.min(all.failed, all.ended), slow: Math.min(all.slow, all.ended) }))

describe('the share as adapted', () => {
  test('is always above nothing and at most the whole', () => {
    fc.assert(
      fc.property(state, observed, (before, what) => {
        const part = partOf(adaptOnce(before, what, LIMITS))
        expect(part).toBeGreaterThan(0)
        expect(part).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('a sicker shadow never gets more', () => {
    fc.assert(
      fc.property(state, observed, fc.nat(100), fc.nat(100), (before, what, failed, slow) => {
        const sicker = {
          ...what,
          failed: Math.min(what.ended, what.failed + failed),
          slow: Math.min(what.ended, what.slow + slow),
        }
        expect(partOf(adaptOnce(before, sicker, LIMITS))).toBeLessThanOrEqual(
          partOf(adaptOnce(before, what, LIMITS)),
        )
      }),
    )
  })

  test('too few results change nothing about health', () => {
    fc.assert(
      fc.property(state, fc.nat(RESULTS_MIN - 1), (before, ended) => {
        const few = seen({ ended, failed: ended, slow: ended })
        expect(adaptOnce(before, few, LIMITS).byHealth).toBe(before.byHealth)
      }),
    )
  })

  test.each<[string, Partial<Observed>, boolean]>([
    ['as many errors as allowed', { failed: 5 }, false],
    ['more errors than allowed', { failed: 6 }, true],
    ['a twentieth slow', { slow: 5 }, false],
    ['more than a twentieth slow', { slow: 6 }, true],
  ])('%s', (_what, given, isSick) => {
    expect(adaptOnce(unadapted(), seen(given), LIMITS).byHealth).toBe(isSick ? 0.5 : 1)
  })

  test('falls to the least within seconds and comes back when the shadow is well', () => {
    let now: AdaptationState = unadapted()
    for (let i = 0; i < 10; i++) now = adaptOnce(now, seen({ failed: 100 }), LIMITS)
    expect(now.byHealth).toBe(PART_MIN)
    for (let i = 0; i < 20; i++) now = adaptOnce(now, seen(), LIMITS)
    expect(now.byHealth).toBe(1)
  })

  test('follows a rate, whatever is offered', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), (offered) => {
        let now: AdaptationState = unadapted()
        for (let second = 0; second < 40; second++) now = adaptOnce(now, seen({ offered }), LIMITS)
        expect(Math.abs(offered * partOf(now) - Math.min(100, offered))).toBeLessThan(1)
      }),
    )
  })
})

describe('rules that adapt', () => {
  const START = 1_795_000_000_000

  const second = (selector: ReturnType<typeof selectorWith>, n: number, requests: number): number => {
    let sent = 0
    for (let i = 0; i < requests; i++) {
      const at = START + n * 1000 + (i * 1000) / requests
      if (selector.refusal(capturedRequest({ target: `/${n}/${i}`, firstAt: at, lastAt: at })) === null)
        sent++
    }
    selector.tick(START + (n + 1) * 1000)
    return sent
  }

  test('stay near a rate, and say so', () => {
    const selector = selectorWith({ adapt: { perSecond: 100 } })
    selector.tick(START)
    const sent = Array.from({ length: 20 }, (_, n) => second(selector, n, 1_000))

    expect(sent[0]).toBe(1_000)
    for (const each of sent.slice(10)) expect(Math.abs(each - 100)).toBeLessThan(45)
    const reasons = Array.from({ length: 200 }, (_, i) =>
      selector.refusal(capturedRequest({ target: `/x${i}` })),
    )
    expect(reasons).toContain('sampled_out.adapted')
    expect(selector.rule).toBe('adapt')
  })

  test('send less while the shadow fails, keep the same users, and go on where they were when they change', () => {
    const select = { sampleBy: { key: 'header', name: 'x-user' }, adapt: { errorPercentMax: 5 } } as const
    const selector = selectorWith(select)
    const users = () =>
      Array.from({ length: 1_000 }, (_, i) => i).filter(
        (i) => selector.refusal(capturedRequest({ headers: ['x-user', `u${i}`] })) === null,
      )
    selector.tick(START)
    const before = users()
    for (let i = 0; i < RESULTS_MIN; i++) selector.onResult('failed_connect', null)
    selector.tick(START + 1_000)
    const during = users()

    expect(before.length).toBe(1_000)
    expect(selector.part).toBe(0.5)
    expect(during.length).toBeGreaterThan(400)
    expect(during.length).toBeLessThan(600)
    for (let i = 0; i < RESULTS_MIN; i++) selector.onResult('answered_5xx', 3)
    selector.tick(START + 2_000)
    const later = users()
    expect(later.every((user) => during.includes(user))).toBe(true)
    expect(
      new (selector.constructor as new (...args: unknown[]) => typeof selector)('x', selector.rules, selector)
        .part,
    ).toBe(0.25)
  })

  test('a share that no rule adapts is never looked at', () => {
    const selector = selectorWith()
    for (let i = 0; i < 100; i++) selector.onResult('failed_reset', null)
    selector.tick(START)
    selector.tick(START + 5_000)

    expect(selector.part).toBe(1)
  })
})
