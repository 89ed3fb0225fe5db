import type { OwnerMonth } from '../../contract/budget.ts'
import type { Catalogue } from '../../contract/catalogue.ts'
import { addUsd } from '../../contract/money.ts'
import type { Handler } from '../../contract/operation.ts'
import { ANY_OWNER } from '../../contract/owner.ts'
import { claimsOf, monthOf, spentIn } from '../cost/month.ts'
import { ProblemError } from '../errors.ts'
import { budgetEntry } from '../experiments/audit.ts'
import { allBudgets, type BudgetRecord, flushBudget, readBudget, writeBudget } from '../store/budgets.ts'
import { type ShareRecord, sharesOfMonth, sharesOfOwner } from '../store/months.ts'
import type { Context } from './context.ts'
import { pageOf } from './page.ts'

/** Every owner with a budget or with experiments in the month, in the order of their names. */
export const listBudgets: Handler<Catalogue['listBudgets'], Context> = async ({ query }, { table, now }) => {
  const month = query.month ?? monthOf(now())
  const [budgets, shares] = await Promise.all([allBudgets(table), sharesOfMonth(table, month)])
  const byOwner = Map.groupBy(shares, ({ owner }) => owner)
  const names = new Set([
    ...byOwner.keys(),
    ...budgets.flatMap(({ owner, monthUsd }) => (monthUsd === null ? [] : [owner])),
  ])
  const page = pageOf([...names], (name) => name, query)
  return {
    month,
    owners: page.items.map((owner) => shown(owner, month, budgets, byOwner.get(owner) ?? [])),
    nextToken: page.nextToken,
  }
}

const shown = (
  owner: string,
  month: string,
  budgets: readonly BudgetRecord[],
  shares: readonly ShareRecord[],
): OwnerMonth => {
  const of = (name: string) => budgets.find((one) => one.owner === name)
  const own = of(owner)
  const inherited = own?.monthUsd == null && owner !== ANY_OWNER
  const budgetUsd = (inherited ? of(ANY_OWNER)?.monthUsd : own?.monthUsd) ?? null
  const counted = shares.filter((share) => spentIn(share) > 0 || share.heldUsd > 0)
  return {
    owner,
    month,
    budgetUsd,
    from: budgetUsd === null ? null : inherited ? 'default' : 'own',
    revision: own?.revision ?? 0,
    spentUsd: addUsd(...counted.map(spentIn)),
    heldUsd: addUsd(...counted.map(({ heldUsd }) => heldUsd)),
    leftUsd: budgetUsd === null ? null : Math.max(0, addUsd(budgetUsd, -claimsOf(counted))),
    experiments: counted.length,
    running: counted.filter(({ running }) => running).length,
  }
}

export const setBudget: Handler<Catalogue['setBudget'], Context> = async (
  { body: { owner, monthUsd, reason = null, ifRevision } },
  { table, caller, now },
) => {
  const before = await readBudget(table, owner)
  if (ifRevision !== undefined && ifRevision !== before.revision)
    throw new ProblemError(
      'conflict',
      `The budget of ${owner} is at revision ${before.revision}, not ${ifRevision}: somebody changed it.`,
    )
  const revision = before.revision + 1
  const entry = budgetEntry(before, { owner, monthUsd, revision }, { who: caller, why: reason }, now())
  const after: BudgetRecord = { owner, monthUsd, revision, outbox: [...before.outbox, entry] }
  if (!(await writeBudget(table, before, after)))
    throw new ProblemError('conflict', `Somebody else changed the budget of ${owner}: read it again.`)
  await flushBudget(table, after)
  const month = monthOf(now())
  const [budgets, shares] = await Promise.all([allBudgets(table), sharesOfOwner(table, month, owner)])
  return shown(owner, month, budgets, shares)
}
