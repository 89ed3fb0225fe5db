import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ExperimentId } from '../../../contract/experiment.ts'
import { experimentId, ulid } from '../../../functions/experiments/ulid.ts'

const time = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const random = fc.uint8Array({ minLength: 10, maxLength: 10 })

test('the example of the specification', () => {
  expect(ulid(1_469_918_176_385, new Uint8Array(10)).slice(0, 10)).toBe('01ARYZ6S41')
})

test('text order is time order, and every one makes an experiment’s id', () => {
  fc.assert(
    fc.property(time, time, random, random, (a, b, x, y) => {
      if (a !== b) expect(ulid(a, x) < ulid(b, y)).toBe(a < b)
      expect(ExperimentId.safeParse(experimentId(a, x)).success).toBe(true)
    }),
  )
})
