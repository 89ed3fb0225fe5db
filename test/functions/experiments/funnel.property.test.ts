import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { UNPAIRED_REASONS } from '../../../contract/comparison.ts'
import type { FunnelRow } from '../../../contract/funnel.ts'
import { Thresholds } from '../../../contract/thresholds.ts'
import { REQUEST_REASONS, zeroRequests } from '../../../contract/traffic.ts'
import { newRecord } from '../../../functions/experiments/phases.ts'
import { judge } from '../../../functions/experiments/verdict.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { SCALE } from '../../support/scale.ts'
import { comparisonOf, endpointTally } from '../../support/tallies.ts'

const NOW = new Date('2026-11-21T14:05:00.000Z')
const { experiment } = newRecord(experimentSpec(), {
  id: 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y',
  by: 'test',
  now: NOW,
})

const counts = <Key extends string>(keys: readonly Key[]) =>
  fc.dictionary(fc.constantFrom(...keys), fc.nat(500), { noNullPrototype: true })
const sum = (numbers: Readonly<Record<string, number>>) =>
  Object.values(numbers).reduce((total, n) => total + n, 0)

/** What gateways report that agree with themselves: each request in one place. */
const seen = fc
  .record({
    reasons: counts(REQUEST_REASONS),
    unpaired: counts(UNPAIRED_REASONS.filter((reason) => reason !== 'shadow_not_sent')),
    warmUp: fc.nat(500),
    untold: fc.nat(100),
    waiting: fc.nat(50),
    notSent: fc.nat(50),
    endpoints: fc.array(fc.record({ compared: fc.nat(400), drifted: fc.nat(20), ignored: fc.boolean() }), {
      maxLength: 5,
    }),
  })
  .map(({ reasons, unpaired, warmUp, untold, waiting, notSent, endpoints }) => {
    const comparison = comparisonOf(
      ...endpoints.map(({ compared, drifted, ignored }, n) =>
        endpointTally(`GET /${ignored ? 'ignored' : 'judged'}/${n}`, { '200>200': compared }, { drifted }),
      ),
    )
    const toCompare = comparison.compared + waiting + sum(unpaired)
    const forwarded = toCompare + warmUp + untold
    return {
      requests: { ...zeroRequests(), reasons, forwarded, received: forwarded + sum(reasons) },
      comparison: {
        ...comparison,
        warmUp,
        waiting,
        expected: toCompare + notSent,
        unpaired: { ...unpaired, shadow_not_sent: notSent },
      },
    }
  })

test('every step of the coverage is the one before without the losses between them, each on its own row', () => {
  fc.assert(
    fc.property(seen, ({ requests, comparison }) => {
      const thresholds = Thresholds.parse({ ignore: [{ endpoint: 'GET /ignored/*' }] })
      const verdict = judge({ ...experiment, requests }, comparison, thresholds, NOW)

      const { funnel, received, compared, judged } = verdict.coverage
      let left = received
      const steps: FunnelRow[] = []
      for (const row of funnel) {
        if (row.kind === 'loss') left -= row.count
        if (row.kind !== 'step') continue
        expect(row.count, row.name).toBe(left)
        steps.push(row)
      }
      expect(steps.map(({ name }) => name)).toEqual([
        'received',
        'forwarded',
        'to_compare',
        'compared',
        'judged',
      ])
      expect(steps.slice(-2).map(({ count }) => count)).toEqual([compared, judged])
      expect(new Set(funnel.map(({ name }) => name)).size).toBe(funnel.length)
      expect(new Set(funnel.map(({ says }) => says)).size).toBe(funnel.length)
    }),
    { numRuns: 100 * SCALE },
  )
})
