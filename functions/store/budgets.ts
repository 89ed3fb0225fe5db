import * as z from 'zod'
import { BudgetEntry } from '../../contract/audit.ts'
import { ANY_OWNER, OwnerName } from '../../contract/owner.ts'
import { BUDGETS, budgetKey } from '../../contract/table.ts'
import { appendTrail } from './audit.ts'
import { getItem, putItem, queryAll, type Table } from './table.ts'

/** What an owner’s experiments may cost in a month; one that was removed stays, for its revision. */
export const BudgetRecord = z.object({
  owner: OwnerName,
  monthUsd: z.number().nonnegative().nullable(),
  revision: z.int().nonnegative(),
  /** Audit entries that are not in the trail yet: a change and its entry are one write. */
  outbox: z.array(BudgetEntry),
})
export type BudgetRecord = z.output<typeof BudgetRecord>

export const readBudget = async (table: Table, owner: string): Promise<BudgetRecord> => {
  const item = await getItem(table, budgetKey(owner))
  return item ? BudgetRecord.parse(item) : { owner, monthUsd: null, revision: 0, outbox: [] }
}

/** The owner’s own budget, else that for every owner without one; null: no limit. */
export const budgetInForce = async (
  table: Table,
  owner: string,
): Promise<{ monthUsd: number; from: 'own' | 'default' } | null> => {
  const [own, any] = await Promise.all([readBudget(table, owner), readBudget(table, ANY_OWNER)])
  if (own.monthUsd !== null) return { monthUsd: own.monthUsd, from: 'own' }
  return any.monthUsd === null ? null : { monthUsd: any.monthUsd, from: 'default' }
}

export const allBudgets = async (table: Table): Promise<BudgetRecord[]> =>
  (await queryAll(table, BUDGETS)).map((item) => BudgetRecord.parse(item))

/** False when it was changed since it was read as `before`. */
export const writeBudget = (table: Table, before: BudgetRecord, after: BudgetRecord): Promise<boolean> =>
  putItem(
    table,
    budgetKey(after.owner),
    after,
    before.revision === 0 && before.outbox.length === 0
      ? { expression: 'attribute_not_exists(pk)' }
      : {
          expression: '#revision = :revision AND size(#outbox) = :count',
          names: { '#revision': 'revision', '#outbox': 'outbox' },
          values: { ':revision': before.revision, ':count': before.outbox.length },
        },
  )

/** Moves what is in the outbox into the trail. The same a second time changes nothing. */
export const flushBudget = async (table: Table, budget: BudgetRecord): Promise<void> => {
  if (budget.outbox.length === 0) return
  for (const entry of budget.outbox) await appendTrail(table, entry)
  await writeBudget(table, budget, { ...budget, outbox: [] })
}
