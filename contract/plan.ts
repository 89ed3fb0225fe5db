import * as z from 'zod'
import { AbortRule } from './abort.ts'
import { Month } from './budget.ts'
import { Timestamp } from './experiment.ts'
import { FilterRule } from './filter-rule.ts'
import { CostLines, Usd } from './money.ts'
import { Probe } from './probe.ts'
import { SourceEni } from './source.ts'

const Range = z.strictObject({ lowUsd: Usd, highUsd: Usd })

/** One ENI of the source, and what the experiment would do with it. */
export const PlannedEni = SourceEni.extend({
  mirrored: z.boolean().describe('whether the experiment would mirror it, if it can start'),
  problem: z.string().nullable().describe('one sentence: why not'),
  doubts: z.array(z.string()).describe('what is doubtful about it'),
  sessionsLeft: z.int().describe('of the 3 mirror sessions that AWS allows on it, by whomever'),
  sessionNumber: z.int().nullable().describe('priority it would get, 1 the highest; null when not mirrored'),
  network: z
    .strictObject({
      peakBps: z.number().describe('busiest five minutes of the instance in 14 days, both directions, bit/s'),
      mirroredBps: z.number().describe('copies at that time, bit/s: an upper bound, as all ports count'),
      baselineBps: z.number().describe('what the instance type can carry for ever, bit/s'),
      share: z.number().describe('peak and copies together, of the baseline'),
    })
    .nullable()
    .describe('null where CloudWatch or EC2 do not say'),
}).meta({ id: 'PlannedEni' })
export type PlannedEni = z.output<typeof PlannedEni>

/** What an experiment would do and cost; making one changes nothing. */
export const Plan = z
  .strictObject({
    startable: z.boolean(),
    problems: z.array(z.string()).describe('why it cannot start; empty when it can'),
    warnings: z.array(z.string()),
    startAt: Timestamp,
    endAt: Timestamp,
    preNoticeMinutes: z
      .number()
      .nonnegative()
      .describe('so long before its start security teams are told of it; 0: they are not'),
    found: z.int().nonnegative().describe('network interfaces that the source finds now'),
    sources: z
      .array(PlannedEni)
      .describe(
        'of more than 200 those that would not be mirrored, or are doubtful, and some of the rest; a preview has all',
      ),
    rules: z
      .array(FilterRule.extend({ costs: z.string().describe('what the packets it matches cost') }))
      .describe('the mirror filter, first match wins'),
    gateways: z.int().nonnegative(),
    created: z
      .strictObject({
        sessions: z.int(),
        filters: z.int(),
        rules: z.int(),
        rulesLeft: z.int().describe('of the 10 that a mirror filter may have'),
        schedules: z.int().describe('one-time schedules that end it, at most at the same time'),
        gateways: z.int().describe('tasks to start: those that run already are shared'),
      })
      .describe('what would be created, and taken down at the end'),
    estimate: Range.extend({
      low: CostLines,
      high: CostLines,
      lowUsdPerGb: Usd.nullable(),
      highUsdPerGb: Usd.nullable(),
      assumptions: z.array(z.string()),
    }),
    inputs: z
      .array(
        z.strictObject({
          what: z.string(),
          value: z.number(),
          unit: z.enum(['bytes per second', 'packets per second', 'requests per second', 'percent']),
          from: z.string().describe('metric or flow logs, time and how many sources it is of'),
        }),
      )
      .describe('what was measured and the estimate uses; empty where nothing is known'),
    quotas: z
      .array(
        z.strictObject({
          what: z.string(),
          limit: z.number(),
          used: z.number().nullable().describe('by anybody; null where nobody says'),
          needed: z.number().describe('more of it, for this experiment'),
          from: z.string().describe('where the limit is known from'),
        }),
      )
      .describe('what AWS allows of what it needs'),
    reserveUsd: Usd.describe(
      'kept free of the budget: committed hours not counted, the worst case until the next look',
    ),
    overshootUsd: Usd.describe('what could still be spent past the budget if everything fails at once'),
    probe: z
      .strictObject({
        sources: z.int().nonnegative().describe('one network interface in each zone'),
        of: z.int().nonnegative(),
        seconds: z.int(),
        after: Probe.shape.after,
      })
      .nullable()
      .describe('what comes before all of it; null without a probe'),
    ramp: z
      .array(
        z.strictObject({
          sources: z
            .int()
            .nonnegative()
            .describe('network interfaces mirrored in this stage, of all that would be'),
          of: z.int().nonnegative(),
          requests: z.number().describe('percent of the requests forwarded; the bill does not follow it'),
          seconds: z.int().nullable().describe('how long it lasts at least; null to the end'),
          sessionUsdPerHour: Usd.describe('what the mirror sessions of this stage cost an hour'),
        }),
      )
      .describe('the stages in whole interfaces; empty without a ramp'),
    abort: z
      .array(z.strictObject({ rule: AbortRule, detectsWithinSeconds: z.number() }))
      .describe('what ends it by itself, and how long that may go unnoticed'),
    month: z
      .strictObject({ owner: z.string(), month: Month, budgetUsd: Usd, leftUsd: Usd })
      .nullable()
      .describe('what the owner’s month leaves it to begin with; null without a budget for the month'),
    pricesFrom: z.string().describe('source and date of the prices used'),
  })
  .meta({ id: 'Plan' })
export type Plan = z.output<typeof Plan>
