/** So much of a second’s allowance may go at once. */
const BURST_SECONDS = 0.1

/**
 * Lets through so many a second: in any stretch of time at most its seconds times the rate and one burst more. Time is
 * given in milliseconds; one that goes back counts as standing still.
 */
export class TokenBucket {
  readonly #perMs: number
  readonly #most: number
  #tokens: number
  #at = Number.NEGATIVE_INFINITY

  constructor(perSecond: number) {
    this.#perMs = perSecond / 1000
    this.#most = Math.max(1, perSecond * BURST_SECONDS)
    this.#tokens = this.#most
  }

  /** How many of the wanted ones may go at this time. */
  take(wanted: number, at: number): number {
    if (at > this.#at) {
      const refilled = this.#tokens + (at - this.#at) * this.#perMs
      this.#tokens = Math.min(this.#most, refilled)
      this.#at = at
    }
    const granted = Math.min(wanted, Math.floor(this.#tokens + ROUNDING))
    this.#tokens = Math.max(0, this.#tokens - granted)
    return granted
  }
}

/** Sums of fractions fall short of whole numbers by less than this. */
const ROUNDING = 1e-9
