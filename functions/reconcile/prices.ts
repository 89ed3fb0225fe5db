import { readPriceList } from '../billing/price-list.ts'
import { fallbackPrices } from '../prices/fallback.ts'
import { readPriceState, writePrices } from '../store/prices.ts'
import type { ControlPlane } from './control-plane.ts'
import { errorText } from './failure.ts'

/** Prices change a few times a year; one who cannot read them tries again every hour. */
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/**
 * Reads the AWS Price List once a day. When that fails the prices of the last good day stay, the shipped ones before any:
 * nothing waits for a price.
 */
export const refreshPrices = async (plane: ControlPlane): Promise<void> => {
  const { clients, config, table, now } = plane
  const known = await readPriceState(table)
  const age = known ? now() - Date.parse(known.askedAt) : Number.POSITIVE_INFINITY
  if (age < (known?.problem ? HOUR_MS : DAY_MS)) return
  const askedAt = new Date(now()).toISOString()
  try {
    const prices = await readPriceList(clients.pricing, config.region, askedAt.slice(0, 10))
    await writePrices(table, prices, { version: prices.version, askedAt, problem: null })
    plane.log('info', 'prices were read', { from: prices.from })
  } catch (error) {
    const problem = errorText(error)
    plane.log('warn', 'the Price List could not be read', { error: problem })
    const prices = known ? await plane.prices.of(known.version) : fallbackPrices(config.region)
    await writePrices(table, prices, { version: prices.version, askedAt, problem })
  }
  plane.prices.forget()
}
