import type { Clock } from '../clock.ts'

const FIRST_MILLISECONDS = 1000
const LONGEST_MILLISECONDS = 60_000
/** A task that ran for this long did not fail to start. */
const PROVEN_MILLISECONDS = 60_000

/** ECS starts tasks that keep failing less and less often (its "service throttle logic"), here up to once a minute. */
export class RestartPace {
  readonly #clock: Clock
  readonly #services = new Map<string, { failures: number; notBefore: number }>()
  readonly #waiting = new Map<string, () => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** False when it is too early; `again` is then called in time. */
  mayStart(service: string, again: () => void): boolean {
    const wait = (this.#services.get(service)?.notBefore ?? 0) - this.#clock.now()
    if (wait <= 0) return true
    if (!this.#waiting.has(service)) {
      this.#waiting.set(
        service,
        this.#clock.setTimer(wait, () => {
          this.#waiting.delete(service)
          again()
        }),
      )
    }
    return false
  }

  ended(service: string, startedAt: number | null): void {
    const proven = startedAt !== null && this.#clock.now() - startedAt >= PROVEN_MILLISECONDS
    if (proven) this.#services.delete(service)
    this.failed(service)
  }

  failed(service: string): void {
    const failures = (this.#services.get(service)?.failures ?? 0) + 1
    const wait = Math.min(LONGEST_MILLISECONDS, FIRST_MILLISECONDS * 2 ** (failures - 1))
    this.#services.set(service, { failures, notBefore: this.#clock.now() + wait })
  }

  close(): void {
    for (const cancel of this.#waiting.values()) cancel()
    this.#waiting.clear()
  }
}
