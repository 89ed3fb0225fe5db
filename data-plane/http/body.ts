/** Bytes that all bodies in the making hold together, against one limit. */
export type BodyBudget = { used: number; readonly limit: number }

/** Up to here a body of known length gets its whole buffer at once. */
const PREALLOCATE = 1 << 16
const EMPTY = Buffer.alloc(0)

/** Collects a body, copied out of packets, up to a limit; past it the bytes are only counted. */
export class BodyCollector {
  /** Bytes seen. */
  length = 0
  overflowed = false
  #whole: Buffer | null = null
  #parts: Buffer[] = []
  #kept = 0
  readonly #limit: number
  readonly #budget: BodyBudget

  constructor(limit: number, budget: BodyBudget, expected: number) {
    this.#limit = limit
    this.#budget = budget
    if (expected > limit) this.overflowed = true
    else if (expected > 0 && expected <= PREALLOCATE) this.#whole = Buffer.allocUnsafe(expected)
  }

  add(b: Buffer, start: number, end: number): void {
    const size = end - start
    this.length += size
    if (this.overflowed) return
    if (this.#kept + size > this.#limit || this.#budget.used + size > this.#budget.limit) {
      this.overflowed = true
      this.release()
      return
    }
    this.#budget.used += size
    if (this.#whole !== null) b.copy(this.#whole, this.#kept, start, end)
    else this.#parts.push(Buffer.from(b.subarray(start, end)))
    this.#kept += size
  }

  /** The bytes kept; empty when the limit was passed. */
  take(): Buffer {
    const kept = this.#kept
    const whole = this.#whole
    const parts = this.#parts
    this.release()
    if (kept === 0) return EMPTY
    if (whole !== null) return whole.length === kept ? whole : whole.subarray(0, kept)
    return parts.length === 1 ? (parts[0] ?? EMPTY) : Buffer.concat(parts, kept)
  }

  release(): void {
    this.#budget.used -= this.#kept
    this.#kept = 0
    this.#whole = null
    this.#parts = []
  }
}
