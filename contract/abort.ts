import * as z from 'zod'
import { CLOUDWATCH_NAME, CLOUDWATCH_STATISTICS } from './metric.ts'

const Above = z.number().min(0)
const Share = Above.max(100)
const Samples = z.int().min(1).max(1_000_000).default(100).describe('fewer requests than this decide nothing')

/** Counted by the gateways, with every report. */
const SHORTEST_SECONDS = 30
const LONGEST_SECONDS = 3_600
const window = (longest: number) =>
  z.int().min(SHORTEST_SECONDS).max(longest).default(120).describe('seconds over which the value is taken')

/** Instances report every five minutes unless detailed monitoring is on: a shorter window would see nothing. */
const MetricWindow = z.int().min(300).max(LONGEST_SECONDS).default(600).describe('seconds')

const counted = { overSeconds: window(LONGEST_SECONDS), samples: Samples }
/** Distributions of a whole hour would be too much to keep. */
const timed = { overSeconds: window(600), samples: Samples }
const metrics = { overSeconds: MetricWindow }

/** When an experiment ends by itself, with the outcome `aborted`. The experiment goes on while a value is unknown. */
export const AbortRule = z
  .discriminatedUnion('watch', [
    z
      .strictObject({ watch: z.literal('shadow-errors'), above: Share, ...counted })
      .describe('percent of the forwarded requests that the shadow answered with 5xx or not at all'),
    z
      .strictObject({ watch: z.literal('shadow-p99'), above: Above, ...timed })
      .describe('milliseconds to the head of the shadow’s answer, 99th percentile'),
    z
      .strictObject({ watch: z.literal('gateway-losses'), above: Share, ...counted })
      .describe('percent of the received requests that were incomplete or dropped'),
    z
      .strictObject({ watch: z.literal('gateway-lag-p99'), above: Above, ...timed })
      .describe('milliseconds from a request’s capture to its sending, 99th percentile'),
    z
      .strictObject({ watch: z.literal('skipped-mirroring'), above: Share, ...metrics })
      .describe('percent of the bytes to mirror that the sources skipped, to spare production’s own traffic'),
    z
      .strictObject({ watch: z.literal('production-cpu'), above: Share, ...metrics })
      .describe('percent: the busiest source instance’s CPUUtilization, averaged'),
    z
      .strictObject({
        watch: z.literal('production-errors'),
        above: Share,
        ...metrics,
        targetGroup: z
          .string()
          .regex(
            /^targetgroup\/[^/]+\/[0-9a-f]+$/,
            'a target group looks like targetgroup/orders/0123456789abcdef',
          ),
        loadBalancer: z
          .string()
          .regex(
            /^app\/[^/]+\/[0-9a-f]+$/,
            'an Application Load Balancer looks like app/orders/0123456789abcdef',
          ),
        samples: Samples,
      })
      .describe('percent of the target group’s requests that production answered with 5xx'),
    z
      .strictObject({
        watch: z.literal('metric'),
        above: z.number(),
        ...metrics,
        ...CLOUDWATCH_NAME,
        statistic: z.enum(CLOUDWATCH_STATISTICS).default('Average'),
      })
      .describe('any CloudWatch metric, such as the load of the database'),
  ])
  .meta({ id: 'AbortRule' })
export type AbortRule = z.output<typeof AbortRule>

/**
 * What a team would want without thinking about it: a shadow that is down costs money and tells nothing, and sources that
 * keep skipping mirrored packets are at the limit of their network.
 */
export const DEFAULT_ABORT_RULES = [
  { watch: 'shadow-errors', above: 50, overSeconds: 120, samples: 100 },
  { watch: 'skipped-mirroring', above: 5, overSeconds: 600 },
  { watch: 'production-cpu', above: 95, overSeconds: 600 },
] as const satisfies readonly AbortRule[]

export const AbortRules = z
  .array(AbortRule)
  .max(20)
  .default([...DEFAULT_ABORT_RULES])
  .describe('an empty list: only the clock, the budget or a person ends it')

/** One rule as it was last judged. */
export const Health = z
  .strictObject({
    rule: AbortRule,
    state: z
      .enum(['fine', 'broken', 'unknown'])
      .describe('unknown: too few samples, or no data; it is never taken for health'),
    value: z.number().nullable().describe('in the rule’s unit, over its window; null when it is not known'),
    samples: z.int().nonnegative().describe('requests, or data points, that the value comes from'),
  })
  .meta({ id: 'Health' })
export type Health = z.output<typeof Health>
