import * as z from 'zod'
import { DifferenceKind } from './comparison.ts'
import { ExperimentId, Timestamp } from './experiment.ts'

const share = z.number().min(0).max(1)
const percent = z.number().min(0).max(100)

/** From where on something decides. */
export const Thresholds = z.strictObject({
  errorPercent: percent
    .default(0.5)
    .describe(
      'more of an endpoint’s requests than this fail at the shadow (5xx, no answer) and not in production',
    ),
  differencePercent: percent
    .default(2)
    .describe(
      'more of an endpoint’s answers than this differ in one place, above what production differs from itself',
    ),
  slowerMs: z
    .number()
    .nonnegative()
    .default(10)
    .describe('p50 or p99 is longer by more than this, and by more than'),
  slowerPercent: percent.default(25).describe('this share of production’s'),
  coveragePercent: percent.default(80).describe('fewer of the forwarded requests than this were compared'),
  lossPercent: percent.default(5).describe('more of the requests seen were lost in the gateway than this'),
  rejectedPercent: percent
    .default(5)
    .describe(
      'more of what production answers 2xx is answered 401 or 403: the shadow does not know the credentials',
    ),
  minimumSamples: z
    .int()
    .min(10)
    .default(50)
    .describe('an endpoint with fewer compared requests is not judged'),
  judgedPercent: percent
    .default(90)
    .describe('so many of the compared requests must be of endpoints that are judged'),
})
export type Thresholds = z.output<typeof Thresholds>

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
  measured: Estimate.nullable().describe('a share of requests (0 to 1), or milliseconds for latency'),
  threshold: z.number().nullable().describe('in the unit of what was measured'),
  noise: Estimate.nullable().describe(
    'production’s difference from itself, or what latency measures of nothing',
  ),
})
export type Reason = z.output<typeof Reason>

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
    }),
    thresholds: Thresholds,
  })
  .meta({ id: 'Verdict' })
export type Verdict = z.output<typeof Verdict>
