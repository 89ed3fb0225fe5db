import * as z from 'zod'
import { Usd } from './money.ts'
import { OwnerName } from './owner.ts'

/** A calendar month in UTC, as AWS’s bill has it: 2026-11. */
export const Month = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'a month looks like 2026-11')
  .describe('calendar month in UTC')

/** What all experiments of one owner cost in one month, and what they may cost. */
export const OwnerMonth = z
  .strictObject({
    owner: OwnerName,
    month: Month,
    budgetUsd: Usd.nullable().describe('what the month may cost; null: no limit'),
    from: z.enum(['own', 'default']).nullable().describe('its own budget, or that of the owner *'),
    revision: z.int().nonnegative().describe('of its own budget; 0 when it never had one'),
    spentUsd: Usd.describe('metered in this month, whenever the experiments began'),
    heldUsd: Usd.describe('estimated: what running experiments may still cost before they are asked again'),
    leftUsd: Usd.nullable().describe('what further experiments may begin with now; null: no limit'),
    experiments: z.int().nonnegative().describe('that cost anything in this month'),
    running: z.int().nonnegative(),
  })
  .meta({ id: 'OwnerMonth' })
export type OwnerMonth = z.output<typeof OwnerMonth>
