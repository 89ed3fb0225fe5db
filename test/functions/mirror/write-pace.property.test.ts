import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WritePace } from '../../../functions/mirror/write-pace.ts'
import { SCALE } from '../../support/scale.ts'

const BURST = 50
const PER_SECOND = 5

/** A caller that wants to write all the time, and does what the pace tells it. */
const run = (seconds: number, random: () => number, refused: (n: number) => boolean = () => false) => {
  let now = 0
  const pace = new WritePace(() => now, random)
  const calls: number[] = []
  let waited = 0
  for (let n = 0; now < seconds * 1000; n++) {
    const wait = pace.take(false)
    if (wait > 0) {
      now += wait
      waited++
      continue
    }
    if (refused(n)) {
      now += pace.refused()
      continue
    }
    pace.taken()
    calls.push(now)
  }
  return { calls, waited }
}

test('in no stretch of time more calls than EC2 allows, and hardly fewer in the long run', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600 }), (seconds) => {
      const { calls } = run(seconds, () => 0.5)

      const tooMany = calls.flatMap((from, first) =>
        [first + 1, first + 60, calls.length - 1].filter((last) => {
          const to = calls[last]
          const allowed = BURST + PER_SECOND * (((to ?? 0) - from) / 1000) + 1
          return to !== undefined && last - first + 1 > allowed
        }),
      )
      expect(tooMany).toEqual([])
      expect(calls.length).toBeGreaterThanOrEqual(PER_SECOND * seconds * 0.95)
    }),
    { numRuns: 30 * SCALE },
  )
})

test('what ends mirroring never waits, however many others are being made', () => {
  const pace = new WritePace(
    () => 0,
    () => 0.5,
  )
  while (pace.take(false) === 0) pace.taken()

  const urgent = Array.from({ length: 10 }, () => pace.take(true))

  expect(urgent).toEqual(Array.from({ length: 10 }, () => 0))
})

test('after a refusal it waits, longer each time and never the same, and goes on when EC2 does', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (stream) => {
      let now = 0
      const pace = new WritePace(
        () => now,
        () => stream.next().value ?? 0,
      )
      const waits: number[] = []
      for (let n = 0; n < 8; n++) {
        const wait = pace.refused()
        expect(pace.take(false)).toBeGreaterThan(0)
        waits.push(wait)
        now += wait
      }
      for (const [n, wait] of waits.entries()) {
        const longest = Math.min(8_000, 1_000 * 2 ** n)
        expect(wait).toBeGreaterThanOrEqual(longest / 2 - 1)
        expect(wait).toBeLessThanOrEqual(longest + 1)
      }
      now += 20_000
      expect(pace.take(false)).toBe(0)
    }),
  )
})

test('refused now and then, it still makes all its calls', () => {
  const { calls } = run(
    300,
    () => 0.3,
    (n) => n % 40 === 0,
  )

  expect(calls.length).toBeGreaterThan(300)
})
