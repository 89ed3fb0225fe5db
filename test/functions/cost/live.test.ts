import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { zeroLines } from '../../../contract/money.ts'
import { liveUsdPerGb } from '../../../functions/cost/live.ts'
import { iso } from './usages.ts'

const reading = (seconds: number, gb: number, lines: Partial<ReturnType<typeof zeroLines>> = {}) => ({
  at: iso(seconds),
  spend: {
    basis: 'metered' as const,
    totalUsd: 0,
    lines: { ...zeroLines(), ...lines },
    standingUsd: 0,
  },
  volume: { packets: Math.ceil(gb * 1e6), bytes: gb * 1e9 },
  sessions: 2,
})

describe('the live $ per GB', () => {
  it('is what these minutes cost for what they mirrored, session-hours by the minute', () => {
    const before = reading(0, 10, { 'mirror-sessions': 0.03, nlcu: 0.06, fargate: 0.01 })
    const now = reading(300, 12, { 'mirror-sessions': 0.03, nlcu: 0.072, fargate: 0.014 })

    expect(liveUsdPerGb(before, now, 0.015)).toBeCloseTo((2 * (1 / 12) * 0.015 + 0.012 + 0.004) / 2, 12)
  })

  it('does not leap when an hour begins', () => {
    const before = reading(0, 10, { 'mirror-sessions': 0.03 })
    const within = liveUsdPerGb(before, reading(300, 12, { 'mirror-sessions': 0.03 }), 0.015)
    const across = liveUsdPerGb(before, reading(300, 12, { 'mirror-sessions': 0.06 }), 0.015)

    expect(across).toBe(within)
  })

  it('is nothing where nothing was mirrored, and falls with more bytes for the same cost', () => {
    const before = reading(0, 10)

    expect(liveUsdPerGb(before, reading(300, 10), 0.015)).toBeNull()
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 1000 }), (gb, more) => {
        const some = liveUsdPerGb(before, reading(300, 10 + gb), 0.015) ?? 0
        const all = liveUsdPerGb(before, reading(300, 10 + gb + more), 0.015) ?? 0

        expect(all).toBeLessThan(some)
      }),
    )
  })
})
