import fc from 'fast-check'
import { expect, test } from 'vitest'
import { settingsFor } from '../../../functions/experiments/settings.ts'
import { killTime } from '../../../functions/experiments/times.ts'

test('kill schedules come behind the end, thinner than the five writes a second that EC2 takes', () => {
  const end = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true })
  const sessions = fc.integer({ min: 1, max: 2_000 })
  fc.assert(
    fc.property(end, sessions, fc.constantFrom(5, 60), (endAt, count, tickSeconds) => {
      const settings = settingsFor(tickSeconds)
      const seconds = Array.from({ length: count }, (_, slot) =>
        Date.parse(killTime(endAt.toISOString(), slot, settings)),
      )
      const inSecond = Map.groupBy(seconds, (at) => at)

      expect(seconds[0]).toBeGreaterThanOrEqual(endAt.getTime() + settings.killGraceMs)
      expect(Math.max(...[...inSecond.values()].map((some) => some.length))).toBeLessThan(5)
      expect(seconds.at(-1)).toBeLessThanOrEqual((seconds[0] ?? 0) + (count / 4) * 1000)
    }),
    { numRuns: 30 },
  )
})
