import type { PriceTable } from '../prices/table.ts'
import { dollars, marginalUsdPerGb } from './budget.ts'

/** The fastest traffic a budget is prepared for. */
export type AssumedPeak = Readonly<{
  bytesPerSecond: number
  basis: 'capacity' | 'measured' | 'budget-share'
  because: string
}>

/** How fast the sources can send, and have sent, in bytes a second. */
export type Reach = Readonly<{
  /** Of each source: what its network carries at most. */
  capacities: readonly number[]
  /** Of all together: their busiest five minutes of 14 days, in the mirrored directions; null where nobody knows. */
  maximum: number | null
}>

/** Share of the budget kept for traffic between two looks when the sources’ full capacity would not fit. */
const RESERVE_SHARE = 0.25

/** What has been measured once may come twice as fast; the headers around mirrored packets are in this, too. */
const PEAK_FACTOR = 2

const gbits = (bytes: number): string => `${Number(((bytes * 8) / 1e9).toPrecision(3))} Gbit/s`

/**
 * The peak that the worst case is reckoned with: the sources’ network capacity where one reserve of it takes no more
 * than a quarter of the budget; else twice their 14-day maximum; where nobody has measured that, the rate that takes
 * just a quarter. What faster traffic may cost before the next look is the plan’s overshoot.
 * @param reserveSeconds longest time that packets flow without being known: lease, its precision, report delay
 */
export const assumedPeak = (
  { capacities, maximum }: Reach,
  reserveSeconds: number,
  budgetUsd: number,
  crossAzShare: number,
  prices: PriceTable,
): AssumedPeak => {
  const capacity = capacities.reduce((sum, bytes) => sum + bytes, 0)
  const perByte = marginalUsdPerGb(prices, crossAzShare) / 1e9
  const costs = (bytesPerSecond: number): string =>
    `${dollars(bytesPerSecond * reserveSeconds * perByte)} per ${Math.round(reserveSeconds)} s`
  if (capacity * reserveSeconds * perByte <= budgetUsd * RESERVE_SHARE)
    return {
      bytesPerSecond: capacity,
      basis: 'capacity',
      because: `worst case: all sources at their network capacity of ${gbits(capacity)} together, ${costs(capacity)}`,
    }
  const faster = `the sources’ capacity is ${gbits(capacity)}. Faster traffic ends the mirroring once the budget does not pay for twice its rate`
  if (maximum !== null && maximum > 0) {
    const bytesPerSecond = Math.min(capacity, PEAK_FACTOR * maximum)
    return {
      bytesPerSecond,
      basis: 'measured',
      because:
        `worst case: ${gbits(bytesPerSecond)} together, ${PEAK_FACTOR} times the sources’ busiest five minutes of 14 days, ` +
        `${costs(bytesPerSecond)}; ${faster}`,
    }
  }
  const bytesPerSecond = (budgetUsd * RESERVE_SHARE) / (reserveSeconds * perByte)
  return {
    bytesPerSecond,
    basis: 'budget-share',
    because:
      `worst case: ${gbits(bytesPerSecond)} together, which takes a quarter of the budget in ${Math.round(reserveSeconds)} s; ` +
      faster,
  }
}
