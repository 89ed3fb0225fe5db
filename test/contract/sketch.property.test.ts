import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  bucketOf,
  LONGEST_SECONDS,
  mergeSketches,
  quantile,
  SHORTEST_SECONDS,
  type Sketch,
  secondsOf,
  sketchCount,
} from '../../contract/sketch.ts'
import { DurationSketch } from '../../data-plane/telemetry/duration-sketch.ts'

const durations = fc.array(fc.double({ min: SHORTEST_SECONDS, max: LONGEST_SECONDS, noNaN: true }), {
  maxLength: 200,
})

const sketchOf = (seconds: readonly number[]): Sketch => {
  const sketch = new DurationSketch()
  for (const one of seconds) sketch.count(one)
  return sketch.encode()
}

test('every duration is within 1 % of its bucket', () => {
  fc.assert(
    fc.property(
      fc.double({ min: Math.log(SHORTEST_SECONDS), max: Math.log(LONGEST_SECONDS), noNaN: true }),
      (log) => {
        const seconds = Math.exp(log)
        expect(Math.abs(secondsOf(bucketOf(seconds)) - seconds) / seconds).toBeLessThanOrEqual(0.01 + 1e-9)
      },
    ),
  )
})

test('a quantile is within 1 % of the exact one', () => {
  fc.assert(
    fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (seconds, q) => {
      fc.pre(seconds.length > 0)
      const sorted = [...seconds].sort((a, b) => a - b)
      const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] as number

      expect(Math.abs((quantile(sketchOf(seconds), q) as number) - exact) / exact).toBeLessThanOrEqual(
        0.01 + 1e-9,
      )
    }),
  )
})

test('merging commutes and associates, and is the sketch of everything together', () => {
  fc.assert(
    fc.property(durations, durations, durations, (a, b, c) => {
      const [x, y, z] = [sketchOf(a), sketchOf(b), sketchOf(c)] as [Sketch, Sketch, Sketch]

      const merged = mergeSketches(mergeSketches(x, y), z)

      expect(mergeSketches(x, mergeSketches(y, z))).toEqual(merged)
      expect(mergeSketches(z, mergeSketches(y, x))).toEqual(merged)
      expect(sketchOf([...a, ...b, ...c])).toEqual(merged)
      expect(sketchCount(merged)).toBe(a.length + b.length + c.length)
    }),
  )
})

test('what lies outside counts at the edge, and nothing has no quantile', () => {
  expect(sketchOf([0, -1, 1e-9])).toEqual([bucketOf(SHORTEST_SECONDS), 3])
  expect(sketchOf([1e9])).toEqual([bucketOf(LONGEST_SECONDS), 1])
  expect(quantile([], 0.5)).toBeNull()
})
