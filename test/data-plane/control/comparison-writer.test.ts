import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Comparison } from '../../../contract/comparison.ts'
import { packed } from '../../../data-plane/control/comparison-writer.ts'
import { comparisonOf, endpointTally } from '../../support/tallies.ts'

const many = comparisonOf(
  ...Array.from({ length: 150 }, (_, n) =>
    endpointTally(
      `GET /${'x'.repeat(n)}`,
      { '200>200': n + 1 },
      {
        latency: {
          production: Array.from({ length: 300 }, (_, i) => 1.05 ** (i + (n % 7))),
          shadow: Array.from({ length: 300 }, (_, i) => 1.06 ** (i + (n % 5))),
        },
      },
    ),
  ),
)

test('what does not fit into an item is folded, the endpoints with the fewest requests first; no count is lost', async () => {
  const whole = await packed(many)
  const small = await packed(many, 20_000)

  const { endpoints } = JSON.parse(gunzipSync(small).toString()) as Comparison
  expect(whole.length).toBeLessThan(380_000)
  expect(small.length).toBeLessThanOrEqual(20_000)
  expect(endpoints.length).toBeLessThan(150)
  expect(endpoints[0]).toMatchObject({ compared: 150 })
  expect(endpoints.findIndex(({ endpoint }) => endpoint === '(other endpoints)')).toBe(endpoints.length - 1)
  expect(endpoints.reduce((sum, { compared }) => sum + compared, 0)).toBe(many.compared)
})
