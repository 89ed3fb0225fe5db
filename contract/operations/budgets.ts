import * as z from 'zod'
import { Month, OwnerMonth } from '../budget.ts'
import { operation } from '../operation.ts'
import { OwnerName } from '../owner.ts'
import { budgetExamples } from './examples.ts'
import { nextToken, Page } from './page.ts'

const none = z.strictObject({})

export const listBudgets = operation({
  id: 'listBudgets',
  route: 'GET /budgets',
  summary: 'List what each owner’s experiments cost in a month, with its budget for it',
  params: none,
  query: z.strictObject({ ...Page, month: Month.exactOptional().describe('this month when left out') }),
  body: z.undefined(),
  result: z.strictObject({ month: Month, owners: z.array(OwnerMonth), nextToken }),
  status: 200,
  idempotent: false,
})

export const setBudget = operation({
  id: 'setBudget',
  route: 'POST /budgets',
  summary: 'Set, change or remove what an owner’s experiments may cost in a month',
  params: none,
  query: none,
  body: z.strictObject({
    owner: OwnerName.describe('as in a spec’s owner; * for every owner that has no budget of its own'),
    monthUsd: z
      .number()
      .nonnegative()
      .max(10_000_000)
      .nullable()
      .describe('dollars for each calendar month (UTC); null removes the budget'),
    reason: z.string().trim().min(1).max(500).exactOptional().describe('kept in the audit trail'),
    ifRevision: z
      .int()
      .nonnegative()
      .exactOptional()
      .describe('refused as a conflict unless this is still the budget’s revision'),
  }),
  result: OwnerMonth,
  status: 200,
  idempotent: false,
  examples: budgetExamples,
})
