import type { Exchange, Request } from './http/exchange.ts'

/** Why a request is not waited for any more. */
export type GivenUp = 'dropped.ended' | 'dropped.shutdown'

export type HeldRequestsOptions = {
  /** Counts them while they wait. */
  counters: { waiting: number }
  onGivenUp: (request: Request, why: GivenUp) => void
  /** Gets what was kept, once its request goes on. */
  onExchange: (exchange: Exchange) => void
}

/** Requests of one experiment that wait for something, with what comes meanwhile. Each is finished or given up once. */
export class HeldRequests {
  readonly #options: HeldRequestsOptions
  /** With production’s side, once it has come. */
  readonly #held = new Map<Request, Exchange | null>()
  #onEmpty: (() => void) | null = null

  constructor(options: HeldRequestsOptions) {
    this.#options = options
  }

  hold(request: Request): void {
    this.#options.counters.waiting++
    this.#held.set(request, null)
  }

  /** Goes on with a request, which may be held again then; with one that was given up it does nothing. */
  finish(request: Request, goOn: () => void): void {
    const exchange = this.#held.get(request)
    if (exchange === undefined) return
    this.#held.delete(request)
    this.#options.counters.waiting--
    goOn()
    if (exchange !== null) this.#options.onExchange(exchange)
    if (this.#held.size === 0) this.#onEmpty?.()
  }

  /** Keeps production’s side of a request that is held. */
  keeps(exchange: Exchange): boolean {
    if (exchange.request === null || !this.#held.has(exchange.request)) return false
    this.#held.set(exchange.request, exchange)
    return true
  }

  giveUp(why: GivenUp): void {
    for (const request of [...this.#held.keys()])
      this.finish(request, () => this.#options.onGivenUp(request, why))
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
}
