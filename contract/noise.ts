import * as z from 'zod'
import { Place } from './difference.ts'
import { Timestamp } from './experiment.ts'

const count = z.int().nonnegative()

export const NOISE_DECISIONS = ['learned', 'confirmed', 'rejected'] as const

/** What somebody says about the differences in one place. */
export const NoiseChange = z.strictObject({
  ...Place,
  decision: z
    .enum(NOISE_DECISIONS)
    .describe(
      'learned: as the traffic tells; confirmed: says nothing about the release, however often; rejected: no chance excuses it, ' +
        'volatile looks included',
    ),
  reason: z.string().trim().min(1).max(500).exactOptional().describe('kept in the audit trail'),
})
export type NoiseChange = z.output<typeof NoiseChange>

export const NoiseDecision = z.strictObject({
  ...Place,
  decision: z.enum(NOISE_DECISIONS),
  by: z.string(),
  at: Timestamp,
})
export type NoiseDecision = z.output<typeof NoiseDecision>

/** A place where answers differ, what speaks for noise, and what somebody has decided. */
export const NoisePlace = z.strictObject({
  ...Place,
  differing: count.describe('exchanges in which it was found and nothing explains it'),
  compared: count,
  chance: z
    .strictObject({ from: z.enum(['control', 'repeats']), found: count, of: count })
    .nullable()
    .describe(
      'how often today’s release, or production itself, differs from production there; null: not known',
    ),
  volatile: count.describe('exchanges in which only times, ids or signatures differ there'),
  decision: z.enum(NOISE_DECISIONS),
  by: z.string().nullable(),
  at: Timestamp.nullable(),
})
export type NoisePlace = z.output<typeof NoisePlace>

export const NoiseList = z
  .strictObject({
    places: z.array(NoisePlace).describe('those that were decided about first, then by number'),
  })
  .meta({ id: 'NoiseList' })
export type NoiseList = z.output<typeof NoiseList>
