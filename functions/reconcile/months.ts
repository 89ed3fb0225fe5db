import { ownerOf } from '../../contract/owner.ts'
import {
  type Ceiling,
  claimOf,
  claimsOf,
  heldAtEnd,
  lowestCeiling,
  type MonthLimit,
  monthsBetween,
} from '../cost/month.ts'
import type { ExperimentRecord, Life } from '../experiments/record.ts'
import { budgetInForce } from '../store/budgets.ts'
import { readShare, type ShareRecord, sharesOfOwner, writeShare } from '../store/months.ts'
import type { Table } from '../store/table.ts'

/** What the budget answers to one ceiling; `heldUsd` is what a yes may cost before the next look. */
type Answer = Readonly<{ affordable: boolean; heldUsd: number }>

/** Somebody else of the same owner asked at the same time: who reads the other’s claim asks again, for less. */
const ATTEMPTS = 3

/** The month that the experiment is metered in: another one begins with what it had cost by then. */
export const monthNow = ({ experiment, life }: ExperimentRecord, now: Date): NonNullable<Life['month']> => {
  const [month = ''] = monthsBetween(now, now)
  return life.month?.month === month ? life.month : { month, beforeUsd: experiment.spend.totalUsd }
}

/**
 * Asks whether the experiment can afford to stay, within its own budget and within its owner’s months that the time until
 * the next look touches. What a yes may cost is written down before it counts, and the others’ claims are read again
 * after that: of two that ask at once, at least one sees the other.
 */
export const askWithinMonths = async <A extends Answer>(
  table: Table,
  record: ExperimentRecord,
  look: Readonly<{ now: Date; until: Date; spentUsd: number; budgetUsd: number }>,
  ask: (ceiling: Ceiling) => A,
): Promise<A> => {
  const { id } = record.experiment
  const owner = ownerOf(record.experiment)
  const current = monthNow(record, look.now)
  await leaveEarlierMonth(table, record, current.month)
  const budget = await budgetInForce(table, owner)
  const months = monthsBetween(look.now, look.until).map((month) => ({
    month,
    beforeUsd: month === current.month ? current.beforeUsd : look.spentUsd,
  }))
  const claim = async (held: (granted: ShareRecord | undefined) => number): Promise<void> => {
    for (const { month, beforeUsd } of months) {
      const heldUsd = held(granted.get(month))
      await writeShare(table, month, {
        owner,
        experiment: id,
        beforeUsd,
        spentUsd: look.spentUsd,
        heldUsd,
        running: true,
      })
    }
  }
  const granted = new Map<string, ShareRecord>()
  const limits = async (): Promise<MonthLimit[]> => {
    const all: MonthLimit[] = []
    for (const { month, beforeUsd } of months) {
      const shares = await sharesOfOwner(table, month, owner)
      const own = shares.find(({ experiment }) => experiment === id)
      if (own && !granted.has(month)) granted.set(month, own)
      const othersUsd = claimsOf(shares.filter(({ experiment }) => experiment !== id))
      if (budget) all.push({ month, beforeUsd, budgetUsd: budget.monthUsd, othersUsd })
    }
    return all
  }

  let known = await limits()
  for (let attempt = 1; ; attempt++) {
    const answer = ask(lowestCeiling(look.budgetUsd, known, owner))
    if (!answer.affordable) {
      await claim((before) => heldAtEnd(before, look.spentUsd))
      return answer
    }
    await claim(() => answer.heldUsd)
    if (budget === null) return answer
    known = await limits()
    const fits = known.every(
      (limit) =>
        claimOf({ beforeUsd: limit.beforeUsd, spentUsd: look.spentUsd, heldUsd: answer.heldUsd }) +
          limit.othersUsd <=
        limit.budgetUsd,
    )
    if (fits) return answer
    if (attempt >= ATTEMPTS) known = known.map((limit) => ({ ...limit, budgetUsd: 0 }))
  }
}

/** A month that is over for the experiment holds nothing any more. */
const leaveEarlierMonth = async (table: Table, { experiment, life }: ExperimentRecord, month: string) => {
  if (life.month === null || life.month.month === month) return
  await settle(table, experiment, life.month.month, true)
}

const settle = async (
  table: Table,
  experiment: ExperimentRecord['experiment'],
  month: string,
  running: boolean,
): Promise<void> => {
  const share = await readShare(table, month, ownerOf(experiment), experiment.id)
  if (!share || (share.heldUsd === 0 && share.running === running)) return
  await writeShare(table, month, { ...share, spentUsd: experiment.spend.totalUsd, heldUsd: 0, running })
}

/** It is over and costs nothing more: what it held is free for others. */
export const settleMonths = async (table: Table, { experiment, life }: ExperimentRecord): Promise<void> => {
  if (life.month === null) return
  const [year = 0, month = 1] = life.month.month.split('-').map(Number)
  for (const touched of monthsBetween(new Date(Date.UTC(year, month - 1)), new Date(Date.UTC(year, month))))
    await settle(table, experiment, touched, false)
}
