import { addUsd } from '../../contract/money.ts'
import { dollars } from './budget.ts'

/** What one experiment takes of one month: totals, so that a lost or repeated write changes nothing. */
export type MonthShare = Readonly<{
  /** Spend of the experiment when the month began for it: that is other months’. */
  beforeUsd: number
  /** Spend as last metered. */
  spentUsd: number
  /** What it may still cost before it is asked again. */
  heldUsd: number
}>

/** Of this month alone. */
export const spentIn = ({ beforeUsd, spentUsd }: MonthShare): number =>
  Math.max(0, addUsd(spentUsd, -beforeUsd))

/** What nobody else may plan with. */
export const claimOf = (share: MonthShare): number => addUsd(spentIn(share), share.heldUsd)

export const claimsOf = (shares: readonly MonthShare[]): number => addUsd(...shares.map(claimOf))

/** The calendar month in UTC: 2026-11. */
export const monthOf = (at: Date): string => at.toISOString().slice(0, 7)

/** Months that a time span touches, in order; never none. */
export const monthsBetween = (from: Date, to: Date): string[] => {
  const months = [monthOf(from)]
  const at = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1))
  for (; at <= to; at.setUTCMonth(at.getUTCMonth() + 1)) months.push(monthOf(at))
  return months
}

/** A month’s budget as one experiment meets it. */
export type MonthLimit = Readonly<{ month: string; budgetUsd: number; othersUsd: number; beforeUsd: number }>

/**
 * The most that the experiment’s total spend may become for this month to keep to its budget: nothing when the others
 * have it all.
 */
export const ceilingOf = ({ budgetUsd, othersUsd, beforeUsd }: MonthLimit): number =>
  Math.max(0, addUsd(budgetUsd, -othersUsd, beforeUsd))

/** The most that an experiment may come to cost, and what says so. */
export type Ceiling = Readonly<{ usd: number; name: string }>

/** The lowest of its own budget and of what its owner’s months leave it. */
export const lowestCeiling = (budgetUsd: number, months: readonly MonthLimit[], owner: string): Ceiling =>
  months.reduce<Ceiling>(
    (lowest, limit) => {
      const usd = ceilingOf(limit)
      if (usd >= lowest.usd) return lowest
      return {
        usd,
        name: `the ${dollars(usd)} that the budget of ${owner} for ${limit.month} (${dollars(limit.budgetUsd)}) leaves it`,
      }
    },
    { usd: budgetUsd, name: `the budget of ${dollars(budgetUsd)}` },
  )

/** What it holds when it is told to end: no more than it was granted before, which pays for the end. */
export const heldAtEnd = (granted: MonthShare | undefined, spentUsd: number): number =>
  granted === undefined ? 0 : Math.max(0, addUsd(granted.spentUsd, granted.heldUsd, -spentUsd))
