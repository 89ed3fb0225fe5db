import * as fc from 'fast-check'
import type { Usage } from '../../../functions/cost/usage.ts'
import { fallbackPrices } from '../../../functions/prices/fallback.ts'

export const prices = fallbackPrices('us-east-1')
export const START = Date.parse('2026-11-21T12:00:00.000Z')
export const at = (seconds: number): Date => new Date(START + seconds * 1000)
export const iso = (seconds: number): string => at(seconds).toISOString()

export const nothing: Usage = {
  sessions: [],
  volume: { packets: 0, bytes: 0 },
  tasks: [],
  gatewaySize: { vcpus: 1, memoryGb: 2 },
  crossAzShare: 0,
  control: {
    lambdaInvocations: 0,
    lambdaGbSeconds: 0,
    apiRequests: 0,
    metricsRead: 0,
    readUnits: 0,
    writeUnits: 0,
    scheduleInvocations: 0,
  },
  recording: null,
  standingSeconds: 0,
}

const count = fc.nat(1_000_000)

/** Any usage seen at most a day after START. */
export const anyUsage: fc.Arbitrary<Usage> = fc.record({
  sessions: fc.array(
    fc.tuple(fc.nat(86_400), fc.option(fc.nat(86_400))).map(([from, length]) => ({
      createdAt: iso(from),
      deletedAt: length === null ? null : iso(from + length),
    })),
    { maxLength: 20 },
  ),
  volume: fc
    .record({ packets: fc.nat(1e9), size: fc.integer({ min: 35, max: 8500 }) })
    .map(({ packets, size }) => ({ packets, bytes: packets * size })),
  tasks: fc.array(fc.record({ seconds: fc.nat(86_400), running: fc.boolean() }), { maxLength: 5 }),
  gatewaySize: fc.constant({ vcpus: 1, memoryGb: 2 }),
  crossAzShare: fc.double({ min: 0, max: 1, noNaN: true }),
  control: fc.record({
    lambdaInvocations: count,
    lambdaGbSeconds: count,
    apiRequests: count,
    metricsRead: count,
    readUnits: count,
    writeUnits: count,
    scheduleInvocations: count,
  }),
  recording: fc.option(fc.record({ megabytes: fc.nat(10_000), days: fc.nat(3_650) })),
  standingSeconds: fc.nat(86_400),
})
