/** When a shadow counts as failing, and when it is tried again. Times in milliseconds. */
export type BreakerLimits = {
  consecutiveFailures: number
  /** Of the requests of the last `WINDOW_MS`, once there are `minimumRequests` of them. */
  failureRatio: number
  minimumRequests: number
  /** Until the first probe; doubles with every probe that fails. */
  openMs: number
  openMsMax: number
  /** Answers with 5xx are failures too. */
  serverErrors: boolean
}

export const BREAKER_LIMITS: BreakerLimits = {
  consecutiveFailures: 20,
  failureRatio: 0.5,
  minimumRequests: 50,
  openMs: 1_000,
  openMsMax: 30_000,
  serverErrors: false,
}

export type BreakerState = 'closed' | 'open' | 'half_open'

/** The ratio looks back this far, in two halves. */
const WINDOW_MS = 10_000
/** So many probes in a row must succeed before everything is sent again. */
const PROBES = 3

/**
 * Keeps requests from a shadow that fails, so that they are not spent on it and it is not met by a burst when it
 * recovers. Open, nothing is sent; after a pause one request at a time is (half open). Times are arguments, of the
 * monotonic clock.
 */
export class Breaker {
  state: BreakerState = 'closed'
  /** How often it has opened. */
  opened = 0
  /** Changes with the state: what was let through before says nothing about the shadow as it is now. */
  epoch = 0
  readonly #limits: BreakerLimits
  #consecutive = 0
  #windowStart = 0
  #now = { requests: 0, failures: 0 }
  #before = { requests: 0, failures: 0 }
  #openUntil = 0
  #openMs: number
  #probing = false
  #probesLeft = 0

  constructor(limits: BreakerLimits) {
    this.#limits = limits
    this.#openMs = limits.openMs
  }

  /**
   * Whether a request may be sent now. One that was let through must be told to `finished` or `withdrawn`, with the epoch
   * in which it was.
   */
  admits(now: number): boolean {
    if (this.state === 'closed') return true
    if (this.state === 'open') {
      if (now < this.#openUntil) return false
      this.state = 'half_open'
      this.epoch++
      this.#probesLeft = PROBES
      this.#probing = false
    }
    if (this.#probing) return false
    this.#probing = true
    return true
  }

  /** A request that was let through came to nothing that says anything about the shadow. */
  withdrawn(epoch: number): void {
    if (epoch === this.epoch) this.#probing = false
  }

  /** Gives true when this failure opened it. */
  finished(epoch: number, failed: boolean, now: number): boolean {
    if (epoch !== this.epoch || this.state === 'open') return false
    if (this.state === 'half_open') {
      this.#probing = false
      if (failed) {
        this.#openMs = Math.min(this.#limits.openMsMax, this.#openMs * 2)
        this.#open(now)
        return true
      }
      if (--this.#probesLeft <= 0) this.#close(now)
      return false
    }
    if (now - this.#windowStart >= WINDOW_MS / 2) this.#turnWindow(now)
    this.#now.requests++
    if (!failed) {
      this.#consecutive = 0
      return false
    }
    this.#now.failures++
    this.#consecutive++
    if (!this.#hasFailed()) return false
    this.#open(now)
    return true
  }

  #hasFailed(): boolean {
    const { consecutiveFailures, failureRatio, minimumRequests } = this.#limits
    if (this.#consecutive >= consecutiveFailures) return true
    const requests = this.#now.requests + this.#before.requests
    const failures = this.#now.failures + this.#before.failures
    return requests >= minimumRequests && failures >= failureRatio * requests
  }

  #open(now: number): void {
    this.state = 'open'
    this.epoch++
    this.opened++
    this.#openUntil = now + this.#openMs
  }

  #close(now: number): void {
    this.state = 'closed'
    this.epoch++
    this.#openMs = this.#limits.openMs
    this.#consecutive = 0
    this.#windowStart = now
    this.#now = { requests: 0, failures: 0 }
    this.#before = { requests: 0, failures: 0 }
  }

  #turnWindow(now: number): void {
    const isNext = now - this.#windowStart < WINDOW_MS
    this.#before = isNext ? this.#now : { requests: 0, failures: 0 }
    this.#now = { requests: 0, failures: 0 }
    this.#windowStart = now
  }
}
