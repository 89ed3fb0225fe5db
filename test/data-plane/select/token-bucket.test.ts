import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { TokenBucket } from '../../../data-plane/select/token-bucket.ts'

test('in any stretch of time no more than its share and one burst; when enough is asked, no less', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.5, max: 5_000, noNaN: true }),
      fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 200 }),
      (perSecond, steps) => {
        const bucket = new TokenBucket(perSecond)
        const burst = Math.max(1, perSecond * 0.1)
        const granted: [at: number, count: number][] = []
        let at = 1_795_000_000_000
        for (const [ms, wanted] of steps) {
          at += ms
          const count = bucket.take(wanted, at)
          expect(count).toBeGreaterThanOrEqual(0)
          expect(count).toBeLessThanOrEqual(wanted)
          granted.push([at, count])
        }
        for (const [from] of granted) {
          const inside = granted.filter(([when]) => when >= from)
          const sum = inside.reduce((total, [, count]) => total + count, 0)
          expect(sum).toBeLessThanOrEqual(((at - from) / 1000) * perSecond + burst + 1e-6)
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('less than one a second is still one now and then', () => {
  const bucket = new TokenBucket(0.5)
  const granted = Array.from({ length: 11 }, (_, second) => bucket.take(1, second * 1000))

  expect(granted).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
})

test('time that goes back stands still', () => {
  const bucket = new TokenBucket(10)
  expect(bucket.take(1, 10_000)).toBe(1)
  expect(bucket.take(1, 1_000)).toBe(0)
  expect(bucket.take(1, 10_050)).toBe(0)
  expect(bucket.take(1, 10_100)).toBe(1)
})
