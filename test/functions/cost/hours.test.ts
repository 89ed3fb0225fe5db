import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deletionStart, paidUntil, sessionHours, stopSeconds } from '../../../functions/cost/hours.ts'
import { at, iso } from './usages.ts'

const HOUR = 3600

describe('the planned deletion', () => {
  it('begins at the end when no paid hour ends soon after it', () => {
    expect(deletionStart([iso(0), iso(100)], at(600))).toEqual(at(600))
    expect(deletionStart([], at(600))).toEqual(at(600))
  })

  it('begins early enough that the session is gone when its hour ends', () => {
    const start = deletionStart([iso(0)], at(HOUR))

    expect(start).toEqual(at(HOUR - 20.2))
  })

  it('opens no hour that a session at the end of the window would not owe', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 * HOUR }), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 3 * HOUR, max: 6 * HOUR }),
        (created, end) => {
          const createdAt = created.map(iso)
          const start = deletionStart(createdAt, at(end))

          const order = [...createdAt].sort((a, b) => paidUntil(a, at(end)) - paidUntil(b, at(end)))
          for (const [index, one] of order.entries()) {
            const gone = new Date(start.getTime() + stopSeconds(index + 1) * 1000)
            const session = { createdAt: one, deletedAt: gone.toISOString() }
            expect(sessionHours(session, gone)).toBeLessThanOrEqual(
              sessionHours({ createdAt: one, deletedAt: null }, at(end)),
            )
          }
          expect(start.getTime()).toBeLessThanOrEqual(at(end).getTime())
          expect(start.getTime()).toBeGreaterThanOrEqual(at(end - stopSeconds(created.length)).getTime() - 1)
        },
      ),
    )
  })
})
