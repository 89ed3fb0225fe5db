import type { Clock } from '../../local/aws/clock.ts'

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #now: number
  readonly #timers = new Set<{ at: number; fire: () => void }>()

  constructor(now = Date.parse('2026-11-21T12:00:00Z')) {
    this.#now = now
  }

  readonly now = (): number => this.#now

  setTimer(milliseconds: number, fire: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, milliseconds), fire }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Goes on by so much, firing what comes due in order, and lets work that was set off by it finish. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds
    await settle()
    for (;;) {
      const next = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.fire()
      await settle()
    }
    this.#now = end
  }
}

/** A few turns of the event loop: promises, and immediate callbacks that they cause. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
