import type { FilterRule } from '../../contract/filter-rule.ts'
import type { PriceTable } from '../prices/table.ts'
import { dollars, marginalUsdPerGb } from './budget.ts'
import type { Expected } from './expected.ts'

type Known = Readonly<{ crossAzShare: number; seconds: number; expected: Expected | null }>

/**
 * What a rule of the filter costs, in a sentence: it costs by the bytes it copies, and nothing by itself. What the sources
 * received or sent in all is the most that one of their rules can match.
 */
export const ruleCosts = (
  { direction }: Pick<FilterRule, 'direction'>,
  { crossAzShare, seconds, expected }: Known,
  prices: PriceTable,
): string => {
  const perGb = marginalUsdPerGb(prices, crossAzShare)
  const each = `${dollars(perGb)} for each GB that it copies`
  if (expected === null) return `${each}.`
  const gb = ((direction === 'ingress' ? expected.in : expected.out).average * seconds) / 1e9
  const verb = direction === 'ingress' ? 'receive' : 'send'
  return `${each}, at most ${dollars(gb * perGb)} in this window: the sources ${verb} ${gigabytes(gb)} in that time on average.`
}

const gigabytes = (gb: number): string =>
  gb < 0.001 ? 'less than 0.001 GB' : `${Number(gb.toPrecision(3))} GB`
