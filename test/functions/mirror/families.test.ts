import { expect, test } from 'vitest'
import { familyVerdict } from '../../../functions/mirror/families.ts'

test.each([
  ['c6i.large', 'supported'],
  ['u7in-16tb.224xlarge', 'supported'],
  ['m5.metal', 'supported'],
  ['m6i.metal', 'unsupported'],
  ['m8g.large', 'unsupported'],
  ['t2.micro', 'unsupported'],
  ['m8i-flex.large', 'unsupported'],
  ['z99x.large', 'unknown'],
])('%s is %s', (type, verdict) => {
  expect(familyVerdict(type).verdict).toBe(verdict)
})
