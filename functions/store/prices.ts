import * as z from 'zod'
import { Timestamp } from '../../contract/experiment.ts'
import { priceKey, priceStateKey } from '../../contract/table.ts'
import { fallbackPrices } from '../prices/fallback.ts'
import { PriceTable } from '../prices/table.ts'
import { absent, getItem, putItem, type Table } from './table.ts'

/** Which prices are in force, and how the last attempt to read newer ones went. */
export const PriceState = z.object({
  version: z.string(),
  askedAt: Timestamp,
  /** Why the Price List could not be read then; null when it could. */
  problem: z.string().nullable(),
})
export type PriceState = z.output<typeof PriceState>

export const readPriceState = async (table: Table): Promise<PriceState | undefined> => {
  const item = await getItem(table, priceStateKey)
  return item && PriceState.parse(item)
}

/** The table first, so that no state names one that is not there. The first table of a version stays. */
export const writePrices = async (table: Table, prices: PriceTable, state: PriceState): Promise<void> => {
  await putItem(table, priceKey(prices.version), { prices }, absent)
  await putItem(table, priceStateKey, state)
}

/** How long a process trusts that no other has read newer prices. */
const TRUSTED_MS = 60_000

/** The price tables in the store. Tables never change: each is read once. */
export class PriceBook {
  readonly #table: Table
  readonly #region: string
  readonly #now: () => number
  readonly #known = new Map<string, PriceTable>()
  #current: { prices: PriceTable; until: number } | null = null

  constructor(table: Table, region: string, now: () => number) {
    this.#table = table
    this.#region = region
    this.#now = now
  }

  /** Those in force now: for estimates, and for experiments that begin. The shipped ones before any were read. */
  async current(): Promise<PriceTable> {
    if (this.#current && this.#now() < this.#current.until) return this.#current.prices
    const state = await readPriceState(this.#table)
    const prices = state ? await this.of(state.version) : fallbackPrices(this.#region)
    this.#current = { prices, until: this.#now() + TRUSTED_MS }
    return prices
  }

  /** Those an experiment began with, the current ones when it has not; a version that is nowhere is the shipped table. */
  async of(version: string | null): Promise<PriceTable> {
    if (version === null) return this.current()
    const known = this.#known.get(version)
    if (known) return known
    const item = await getItem(this.#table, priceKey(version))
    if (!item) return fallbackPrices(this.#region)
    const prices = PriceTable.parse(withShipped(item.prices, this.#region))
    this.#known.set(version, prices)
    return prices
  }

  /** What this process wrote itself is in force for it at once. */
  forget(): void {
    this.#current = null
  }
}

/** What was stored before a price was there is completed by the shipped one. */
const withShipped = (stored: unknown, region: string): unknown => {
  const table = Stored.parse(stored)
  return { ...table, prices: { ...fallbackPrices(region).prices, ...table.prices } }
}

const Stored = z.looseObject({ prices: z.looseObject({}) })
