import fc from 'fast-check'
import { expect, test } from 'vitest'
import { growingPercent } from '../../data-plane/heap-room.ts'

const MB = 1024 * 1024

test('a heap may gain 32 MB, or a fifth where that is more', () => {
  fc.assert(
    fc.property(fc.integer({ min: 4 * MB, max: 4096 * MB }), (bytes) => {
      const gain = (bytes * growingPercent(bytes)) / 100
      expect(gain).toBeGreaterThanOrEqual(Math.max(32 * MB, bytes / 5) * 0.999)
      expect(gain).toBeLessThanOrEqual(Math.max(32 * MB, bytes / 5) + bytes / 100)
    }),
  )
})
