/** A rate limit as EC2 documents it: so many at once, refilled so many a second. */
export class TokenBucket {
  readonly #capacity: number
  readonly #perSecond: number
  readonly #now: () => number
  #tokens: number
  #at: number

  constructor(capacity: number, perSecond: number, now: () => number) {
    this.#capacity = capacity
    this.#perSecond = perSecond
    this.#now = now
    this.#tokens = capacity
    this.#at = now()
  }

  /** False when none is left. */
  take(): boolean {
    const now = this.#now()
    const refill = ((now - this.#at) / 1000) * this.#perSecond
    this.#tokens = Math.min(this.#capacity, this.#tokens + Math.max(0, refill))
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
