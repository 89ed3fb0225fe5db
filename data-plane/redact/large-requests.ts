import type { Exchange, Request } from '../http/exchange.ts'
import type { LargeBodies } from './large-bodies.ts'
import type { LargeBody, RedactedLargeBody } from './large-body.ts'

/** What became of the body; a string says why nobody waits for it any more. */
type Outcome = RedactedLargeBody | null | 'dropped.ended' | 'dropped.shutdown'
type Held = { done: (outcome: Outcome) => void; exchange: Exchange | null }

/** Requests of one experiment that wait for their large bodies, with what comes meanwhile. Each is done once. */
export class LargeRequests {
  readonly #bodies: LargeBodies
  readonly #onExchange: (exchange: Exchange) => void
  readonly #held = new Map<Request, Held>()
  #onEmpty: (() => void) | null = null

  /** @param onExchange gets what was kept, once its request is done */
  constructor(bodies: LargeBodies, onExchange: (exchange: Exchange) => void) {
    this.#bodies = bodies
    this.#onExchange = onExchange
  }

  get size(): number {
    return this.#held.size
  }

  /** False when there is no room for its body. */
  hold(request: Request, body: LargeBody, done: (outcome: Outcome) => void): boolean {
    if (!this.#bodies.redact(body, (redacted) => this.#finish(request, redacted))) return false
    this.#held.set(request, { done, exchange: null })
    return true
  }

  /** Keeps production’s side of a request that is held. */
  keeps(exchange: Exchange): boolean {
    const held = exchange.request && this.#held.get(exchange.request)
    if (!held) return false
    held.exchange = exchange
    return true
  }

  giveUp(why: 'dropped.ended' | 'dropped.shutdown'): void {
    for (const request of [...this.#held.keys()]) this.#finish(request, why)
  }

  /** Waits for all of them until the deadline, and gives up the rest. */
  async settle(deadlineMs: number): Promise<void> {
    if (this.#held.size === 0) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve
      timer = setTimeout(resolve, deadlineMs)
    })
    clearTimeout(timer)
    this.giveUp('dropped.shutdown')
  }

  #finish(request: Request, outcome: Outcome): void {
    const held = this.#held.get(request)
    if (held === undefined) return
    this.#held.delete(request)
    held.done(outcome)
    if (held.exchange !== null) this.#onExchange(held.exchange)
    if (this.#held.size === 0) this.#onEmpty?.()
  }
}
