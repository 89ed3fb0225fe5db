import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addUsd, owed } from '../../../contract/money.ts'
import { forecastUsd } from '../../../functions/cost/forecast.ts'
import { meterSpend } from '../../../functions/cost/spend.ts'
import type { Usage } from '../../../functions/cost/usage.ts'
import { anyUsage, at, iso, nothing, prices } from './usages.ts'

describe('the forecast', () => {
  const halfway: Usage = {
    ...nothing,
    sessions: [{ createdAt: iso(0), deletedAt: null }],
    volume: { packets: 1_000_000, bytes: 950_000_000 },
    tasks: [{ seconds: 300, running: true }],
  }

  it('lets traffic, sessions and tasks go on as they are', () => {
    const forecast = forecastUsd(halfway, prices, { mirroringSince: iso(0), endAt: iso(600) }, at(300))

    expect(forecast).toBe(addUsd(0.015, 2 * 0.006, owed(1 / 6, 0.03238), owed(1 / 6, 2 * 0.00356)))
  })

  it('opens the hours that the window will open', () => {
    const forecast = forecastUsd(halfway, prices, { mirroringSince: null, endAt: iso(7300) }, at(300))

    expect(forecast).toBeGreaterThan(3 * 0.015)
  })

  it('is the spend itself once the end has come', () => {
    const spent = meterSpend(halfway, prices, at(700)).totalUsd

    expect(forecastUsd(halfway, prices, { mirroringSince: iso(0), endAt: iso(600) }, at(700))).toBe(spent)
  })

  it('is never below what is spent already', () => {
    fc.assert(
      fc.property(
        anyUsage,
        fc.nat(90_000),
        fc.nat(90_000),
        fc.option(fc.nat(90_000)),
        (usage, now, end, since) => {
          const pace = { mirroringSince: since === null ? null : iso(since), endAt: iso(end) }

          expect(forecastUsd(usage, prices, pace, at(now))).toBeGreaterThanOrEqual(
            meterSpend(usage, prices, at(now)).totalUsd,
          )
        },
      ),
    )
  })
})
