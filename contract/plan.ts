import * as z from 'zod'
import { AbortRule } from './abort.ts'
import { Timestamp } from './experiment.ts'
import { FilterRule } from './filter-rule.ts'
import { CostLines, Usd } from './money.ts'
import { SourceEni } from './source.ts'

const Range = z.strictObject({ lowUsd: Usd, highUsd: Usd })

/** What an experiment would do and cost; making one changes nothing. */
export const Plan = z
  .strictObject({
    startable: z.boolean(),
    problems: z.array(z.string()).describe('why it cannot start; empty when it can'),
    warnings: z.array(z.string()),
    startAt: Timestamp,
    endAt: Timestamp,
    sources: z.array(SourceEni),
    rules: z
      .array(FilterRule.extend({ costs: z.string().describe('what the packets it matches cost') }))
      .describe('the mirror filter, first match wins'),
    gateways: z.int().nonnegative(),
    estimate: Range.extend({
      low: CostLines,
      high: CostLines,
      lowUsdPerGb: Usd.nullable(),
      highUsdPerGb: Usd.nullable(),
      assumptions: z.array(z.string()),
    }),
    reserveUsd: Usd.describe(
      'kept free of the budget: committed hours not counted, the worst case until the next look',
    ),
    overshootUsd: Usd.describe('what could still be spent past the budget if everything fails at once'),
    abort: z
      .array(z.strictObject({ rule: AbortRule, detectsWithinSeconds: z.number() }))
      .describe('what ends it by itself, and how long that may go unnoticed'),
    pricesFrom: z.string().describe('source and date of the prices used'),
  })
  .meta({ id: 'Plan' })
export type Plan = z.output<typeof Plan>
