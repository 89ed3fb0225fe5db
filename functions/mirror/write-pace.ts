/** EC2's limit for calls that change something: so many at once, and so many a second (aws.md, request throttling). */
const BURST = 50
const PER_SECOND = 5
/** Left for what ends mirroring: no fleet that is being attached keeps a rule from being closed. */
const RESERVED = 10
/** After a refusal: twice as long each time, at most so long. */
const BACKOFF_MS = 500
const BACKOFF_MS_MAX = 8_000

/**
 * When the next call that changes something in EC2 may be made, for all experiments of one process together. The bucket is
 * the account's and others draw from it, too: whenever EC2 refuses, ours is empty and waits a random time, longer each
 * time. Times are milliseconds.
 */
export class WritePace {
  readonly #now: () => number
  /** 0 to 1. */
  readonly #random: () => number
  #tokens = BURST
  #at: number
  #refusals = 0
  #notBefore = 0

  constructor(now: () => number, random: () => number) {
    this.#now = now
    this.#random = random
    this.#at = now()
  }

  /** Takes a token and returns 0, or says how long to wait before asking again. */
  take(urgent: boolean): number {
    this.#refill()
    const now = this.#now()
    if (!urgent && now < this.#notBefore) return this.#notBefore - now
    const needed = urgent ? 1 : 1 + RESERVED
    // What ends mirroring is tried even when nothing is left: EC2 itself says no, if it must.
    if (urgent || this.#tokens >= needed) {
      this.#tokens = Math.max(0, this.#tokens - 1)
      return 0
    }
    return Math.ceil(((needed - this.#tokens) / PER_SECOND) * 1000)
  }

  /** EC2 took the last call. */
  taken(): void {
    this.#refusals = 0
  }

  /** EC2 refused: returns how long to wait. */
  refused(): number {
    this.#refill()
    this.#tokens = 0
    const longest = Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** ++this.#refusals)
    const wait = Math.round(longest * (0.5 + this.#random() / 2))
    this.#notBefore = Math.max(this.#notBefore, this.#now() + wait)
    return wait
  }

  #refill(): void {
    const now = this.#now()
    this.#tokens = Math.min(BURST, this.#tokens + (Math.max(0, now - this.#at) / 1000) * PER_SECOND)
    this.#at = now
  }
}
