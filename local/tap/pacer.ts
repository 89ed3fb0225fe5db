import type { Endpoint } from './load-balancer.ts'
import type { Send } from './mirror.ts'

/** About what a small instance’s network carries. */
const PACKETS_PER_MS = 10
/** A receiver that was not looking for a moment must still have room for what comes at once. */
const BURST = 32
/** Two seconds’ worth. */
const WAITING_MAX = 20_000
/** Milliseconds after which a datagram is given up that the system does not take. */
const REFUSALS_MAX = 50

type Waiting = { from: Endpoint; to: Endpoint; payload: Buffer }

/**
 * Lets datagrams go at the pace of a network. Loopback has none: it would hand over in one instant a burst that no VPC
 * delivers, and that overflows any socket. What waits too long is not sent, as AWS skips packets it has no room for.
 */
export class Pacer {
  readonly #send: Send
  readonly #now: () => number
  #waiting: Waiting[] = []
  #next = 0
  #allowance = BURST
  #refusals = 0
  #at: number
  #timer: NodeJS.Timeout | null = null

  /** `now` in milliseconds. */
  constructor(send: Send, now: () => number) {
    this.#send = send
    this.#now = now
    this.#at = now()
  }

  /** False when too much waits already, or when the system has no room. */
  send(from: Endpoint, to: Endpoint, payload: Buffer): boolean {
    this.#refill()
    if (this.#next === this.#waiting.length && this.#allowance >= 1) {
      this.#allowance -= 1
      return this.#send(from, to, payload)
    }
    if (this.#waiting.length - this.#next >= WAITING_MAX) return false
    this.#waiting.push({ from, to, payload })
    this.#timer ??= setTimeout(this.#drain, 1)
    return true
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#waiting = []
    this.#next = 0
  }

  readonly #drain = (): void => {
    this.#timer = null
    this.#refill()
    for (; this.#next < this.#waiting.length && this.#allowance >= 1; this.#next++) {
      const { from, to, payload } = this.#waiting[this.#next] as Waiting
      if (!this.#send(from, to, payload) && ++this.#refusals < REFUSALS_MAX) break
      this.#refusals = 0
      this.#allowance -= 1
    }
    if (this.#next < this.#waiting.length) {
      this.#timer = setTimeout(this.#drain, 1)
      return
    }
    this.#waiting = []
    this.#next = 0
  }

  #refill(): void {
    const now = this.#now()
    this.#allowance = Math.min(BURST, this.#allowance + (now - this.#at) * PACKETS_PER_MS)
    this.#at = now
  }
}
