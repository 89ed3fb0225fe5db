import type { PriceTable } from '../prices/table.ts'
import { dollars, marginalUsdPerGb } from './budget.ts'

/** The fastest traffic a budget is prepared for. */
export type AssumedPeak = Readonly<{
  bytesPerSecond: number
  basis: 'capacity' | 'budget-share'
  because: string
}>

/** Share of the budget kept for traffic between two looks when the sources’ full capacity would not fit. */
const RESERVE_SHARE = 0.25

/**
 * The peak that the worst case is reckoned with: the sources’ network capacity where one reserve of it takes no more
 * than a quarter of the budget; else the rate that takes just that quarter. What faster traffic may cost before the next
 * look is the plan’s overshoot.
 * @param capacities bytes per second of each source instance
 * @param reserveSeconds longest time that packets flow without being known: lease, its precision, report delay
 */
export const assumedPeak = (
  capacities: readonly number[],
  reserveSeconds: number,
  budgetUsd: number,
  crossAzShare: number,
  prices: PriceTable,
): AssumedPeak => {
  const capacity = capacities.reduce((sum, bytes) => sum + bytes, 0)
  const perByte = marginalUsdPerGb(prices, crossAzShare) / 1e9
  const atCapacity = capacity * reserveSeconds * perByte
  const gbits = (bytes: number): string => `${Number(((bytes * 8) / 1e9).toPrecision(3))} Gbit/s`
  if (atCapacity <= budgetUsd * RESERVE_SHARE)
    return {
      bytesPerSecond: capacity,
      basis: 'capacity',
      because: `worst case: all sources at their network capacity of ${gbits(capacity)} together, ${dollars(atCapacity)} per ${Math.round(reserveSeconds)} s`,
    }
  const bytesPerSecond = (budgetUsd * RESERVE_SHARE) / (reserveSeconds * perByte)
  return {
    bytesPerSecond,
    basis: 'budget-share',
    because:
      `worst case: ${gbits(bytesPerSecond)} together, which takes a quarter of the budget in ${Math.round(reserveSeconds)} s; ` +
      `the sources’ capacity is ${gbits(capacity)}. Faster traffic ends the mirroring once the budget does not pay for twice its rate`,
  }
}
