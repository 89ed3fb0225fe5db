import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canAfford, dollars, type Outlook } from '../../../functions/cost/budget.ts'
import { stopSeconds } from '../../../functions/cost/hours.ts'
import { at, iso, nothing, prices } from './usages.ts'

const outlook = (more: Partial<Outlook> = {}): Outlook => ({
  now: at(0),
  nextLook: at(60),
  endAt: at(7200),
  packetsUntil: at(240),
  stopSeconds: 20,
  newSessions: 0,
  tasks: 0,
  metricsPerLook: 0,
  peakBytesPerSecond: 0,
  knownUntil: at(0),
  ...more,
})
const running = { ...nothing, sessions: [{ createdAt: iso(0), deletedAt: null }] }

describe('whether the budget affords the next look', () => {
  it('counts the first hour of every session it would open', () => {
    const look = outlook({ newSessions: 3 })

    expect(canAfford(nothing, prices, 0.045, look).affordable).toBe(false)
    expect(canAfford(nothing, prices, 0.046, look).affordable).toBe(true)
  })

  it('counts an hour that would open before everything could be gone', () => {
    const early = outlook({ now: at(3500), nextLook: at(3560), packetsUntil: at(3740), knownUntil: at(3500) })
    const late = outlook({ now: at(3530), nextLook: at(3590), packetsUntil: at(3770), knownUntil: at(3530) })

    expect(canAfford(running, prices, 0.02, early).affordable).toBe(true)
    expect(canAfford(running, prices, 0.02, late).affordable).toBe(false)
  })

  it('does not count an hour after the end in force', () => {
    const look = outlook({ now: at(3500), nextLook: at(3800), endAt: at(3570), knownUntil: at(3500) })

    expect(canAfford(running, prices, 0.02, { ...look, packetsUntil: at(3600) }).affordable).toBe(true)
  })

  it('keeps the worst case from the last known report to the end of the lease', () => {
    const known = canAfford(running, prices, 10, outlook({ peakBytesPerSecond: 1e9 }))
    const stale = canAfford(running, prices, 10, outlook({ peakBytesPerSecond: 1e9, knownUntil: at(-60) }))

    expect(known.worstCaseUsd).toBeCloseTo(240 * 0.006, 4)
    expect(stale.worstCaseUsd - known.worstCaseUsd).toBeCloseTo(60 * 0.006, 6)
  })

  it('keeps twice the observed rate when traffic is faster than assumed', () => {
    const look = outlook({ peakBytesPerSecond: 1e6, observedBytesPerSecond: 1e9 })

    expect(canAfford(running, prices, 10, look).worstCaseUsd).toBeCloseTo(2 * 240 * 0.006, 3)
  })

  it('says why in one sentence with the numbers', () => {
    const { reason } = canAfford(
      running,
      prices,
      0.5,
      outlook({ peakBytesPerSecond: 1e9, packetsUntil: at(240) }),
    )

    expect(reason).toMatch(
      /^Going on could cost \$1\.46 by 12:04:00 UTC \(\$0\.015 spent, \$\S+ committed with begun session-hours whole, \$1\.44 of traffic at worst\), more than the budget of \$0\.5\.$/,
    )
  })

  it.each([
    [0, '$0.00'],
    [0.015, '$0.015'],
    [0.00001234, '$0.000012'],
    [0.05, '$0.05'],
    [12.345, '$12.35'],
  ])('writes %d as %s', (usd, text) => {
    expect(dollars(usd)).toBe(text)
  })

  it('keeps the hour free that kill schedules could open, from the last look before the end on', () => {
    const killedBy = at(3690)
    const look = (now: number) =>
      outlook({
        now: at(now),
        nextLook: at(now + 60),
        endAt: at(3590),
        packetsUntil: at(now),
        knownUntil: at(now),
        killedBy,
      })

    expect(canAfford(running, prices, 0.02, look(3500)).affordable).toBe(true)
    expect(canAfford(running, prices, 0.02, look(3540)).affordable).toBe(false)
    expect(canAfford(running, prices, 0.031, look(3540)).affordable).toBe(true)
  })

  it('asks for more the more sources there are', () => {
    expect(stopSeconds(1000)).toBe(220)
  })

  it('is never refused with a larger budget where a smaller one was enough', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 10, noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        (budget, more) => {
          const look = outlook({ newSessions: 5, tasks: 2, peakBytesPerSecond: 1e8 })
          fc.pre(canAfford(running, prices, budget, look).affordable)

          expect(canAfford(running, prices, budget + more, look).affordable).toBe(true)
        },
      ),
    )
  })
})
