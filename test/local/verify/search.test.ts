import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { highest, lowest } from '../../../local/verify/search.ts'

const MOST = 2 ** 31 - 1
const limits = fc.oneof(fc.integer({ min: 0, max: MOST }), fc.constantFrom(0, 1, 100, 32_766, 32_767, MOST))

it('finds the highest value that passes, wherever it is', async () => {
  await fc.assert(
    fc.asyncProperty(limits, async (limit) => {
      const looks: number[] = []
      const passes = async (value: number) => {
        looks.push(value)
        return value <= limit
      }

      expect(await highest(passes, { likely: 32_766, most: MOST })).toBe(limit)
      expect(looks.length).toBeLessThanOrEqual(limit === 32_766 ? 2 : 34)
      expect(looks.every((value) => value >= 1 && value <= MOST)).toBe(true)
    }),
  )
})

it('finds the lowest value that passes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 8500 }), async (limit) => {
      expect(await lowest(async (value) => value >= limit, { least: 1, most: 8500 })).toBe(limit)
    }),
  )
})
