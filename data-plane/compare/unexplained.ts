import type { Difference } from './difference.ts'
import type { Drift } from './drift.ts'
import type { EndpointRecord } from './endpoint-record.ts'
import type { HashedId } from './held-objects.ts'

/** Exchanges that may still turn out to be drift: the latest. */
const EXCHANGES_MAX = 2_000

type Exchange = {
  record: EndpointRecord
  differences: readonly Difference[]
  subjects: readonly HashedId[]
  age: number | null
}

/**
 * Exchanges that differ where older data may be why, and nothing says so yet: an object that production writes a minute
 * after it was read is one that it writes, so that the shadow’s was older at the reading too.
 */
export class Unexplained {
  #exchanges: Exchange[] = []

  add(exchange: Exchange): void {
    this.#exchanges.push(exchange)
    if (this.#exchanges.length > 2 * EXCHANGES_MAX) this.#exchanges = this.#exchanges.slice(-EXCHANGES_MAX)
  }

  /** Counts anew what held-back writes have explained since. */
  look(drift: Drift): void {
    this.#exchanges = this.#exchanges.slice(-EXCHANGES_MAX).filter((exchange) => {
      if (!drift.isHeld(exchange.subjects)) return true
      exchange.record.turnsOutDrift(exchange.differences, exchange.age)
      return false
    })
  }
}
