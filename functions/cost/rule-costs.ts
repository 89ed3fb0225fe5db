import type { PriceTable } from '../prices/table.ts'
import { dollars, marginalUsdPerGb } from './budget.ts'

/** What a rule of the filter costs, in a sentence: it costs by the bytes it copies, and nothing by itself. */
export const ruleCosts = (crossAzShare: number, prices: PriceTable): string =>
  `${dollars(marginalUsdPerGb(prices, crossAzShare))} for each GB that it copies.`
