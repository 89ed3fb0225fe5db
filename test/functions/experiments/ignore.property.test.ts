import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesGlob } from '../../../functions/experiments/ignore.ts'

test('a glob matches what the regular expression with .* in place of its stars does', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '$'), maxLength: 8 })
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '.', '$', '*'), maxLength: 6 })
  fc.assert(
    fc.property(glob, text, (pattern, given) => {
      const source = pattern.replace(/[.$]/g, '\\$&').replaceAll('*', '.*')
      expect(matchesGlob(pattern, given)).toBe(new RegExp(`^${source}$`).test(given))
    }),
    { numRuns: 2_000 },
  )
})
