import * as z from 'zod'
import { DifferenceKind } from './difference.ts'
import { ExperimentId, Timestamp } from './experiment.ts'
import { FunnelRow } from './funnel.ts'
import { ResourceName, SideName } from './resources.ts'
import { Thresholds } from './thresholds.ts'

const share = z.number().min(0).max(1)

export const VERDICT_RULES = [
  'errors',
  'status',
  'difference',
  'latency',
  'samples',
  'coverage',
  'loss',
  'credentials',
  'not-compared',
  'slower-everywhere',
  'drift',
  'resources',
] as const

/** A measured number with the interval that holds it, all looks and all questions together, 95 times in 100. */
export const Estimate = z.strictObject({ value: z.number(), low: z.number(), high: z.number() })
export type Estimate = z.output<typeof Estimate>

export const Reason = z.strictObject({
  rule: z.enum(VERDICT_RULES),
  effect: z.enum(['fail', 'inconclusive', 'informs']),
  sentence: z.string(),
  endpoint: z.string().nullable(),
  kind: DifferenceKind.nullable(),
  path: z.string().nullable(),
  samples: z.int().nonnegative().describe('compared requests it rests on'),
  measured: Estimate.nullable().describe(
    'a share of requests (0 to 1), milliseconds for latency, or how much more of a resource (1: twice as much)',
  ),
  threshold: z.number().nullable().describe('in the unit of what was measured'),
  noise: Estimate.nullable().describe(
    'production’s difference from itself, or what latency measures of nothing',
  ),
})
export type Reason = z.output<typeof Reason>

const Spread = z
  .strictObject({
    samples: z.int().nonnegative(),
    p25: z.number(),
    p50: z.number(),
    p75: z.number(),
    p99: z.number(),
  })
  .nullable()
  .describe('milliseconds; null when nothing was measured')

/** How well latency was measured. */
export const MeasuredWay = z.strictObject({
  source: Spread.describe('from SYN to SYN-ACK at the sources, by capture'),
  shadow: Spread.describe('until a connection to the shadow stands'),
  control: Spread.describe('the same to the control'),
  errorMs: z
    .number()
    .nullable()
    .describe(
      'what shadow and control may differ in by their ways alone; null: not known, so that latency only informs',
    ),
})
export type MeasuredWay = z.output<typeof MeasuredWay>

const per1000 = z
  .number()
  .nullable()
  .describe('per 1,000 requests of a period, in the metric’s unit; null: not named, or no figures')

/** What the shadow uses of a resource, and what it is compared with. */
export const ComparedResource = z.strictObject({
  resource: ResourceName,
  state: z
    .enum(['compared', 'waiting', 'missing', 'unlike'])
    .describe(
      'waiting: too few periods so far; missing: a metric had no figures; unlike: a level, such as memory, says nothing ' +
        'while the shadow serves another number of requests',
    ),
  says: z.string().describe('one sentence'),
  against: z.enum(['control', 'production']).describe('what the shadow is judged against'),
  production: per1000,
  control: per1000,
  shadow: per1000,
  ratio: Estimate.nullable().describe('the shadow’s over that of what it is judged against'),
  served: z
    .number()
    .nullable()
    .describe('requests of the shadow for each request of what it is judged against'),
  requests: z.int().nonnegative().describe('of the shadow, in the periods that count'),
  periods: z.int().nonnegative().describe('in which both had figures'),
  missing: z.partialRecord(SideName, z.int().positive()).describe('periods in which this side had no figure'),
})
export type ComparedResource = z.output<typeof ComparedResource>

/** Whether the release is safe, as far as the traffic so far can tell. */
export const Verdict = z
  .strictObject({
    experiment: ExperimentId,
    outcome: z.enum(['pass', 'fail', 'inconclusive']),
    sentence: z.string(),
    final: z.boolean().describe('false while the experiment goes on'),
    at: Timestamp,
    reasons: z.array(Reason).describe('those that decide first'),
    coverage: z.strictObject({
      received: z.int().nonnegative(),
      forwarded: z.int().nonnegative(),
      expected: z.int().nonnegative().describe('forwarded to be compared'),
      compared: z.int().nonnegative(),
      judged: z.int().nonnegative().describe('compared, of endpoints with enough samples'),
      lostShare: share,
      funnel: z
        .array(FunnelRow)
        .describe('from what was seen to what was judged, every loss on a row of its own'),
    }),
    measurement: MeasuredWay,
    resources: z.array(ComparedResource).default([]).describe('those that the spec names'),
    thresholds: Thresholds,
  })
  .meta({ id: 'Verdict' })
export type Verdict = z.output<typeof Verdict>
