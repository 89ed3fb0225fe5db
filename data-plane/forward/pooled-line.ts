import type { Connections } from './connections.ts'
import type { Forward } from './forward.ts'
import type { Line } from './line.ts'
import { type QueueLimits, RequestQueue } from './request-queue.ts'

/** One queue before a pool: any free connection takes the next request, so that order is not kept. */
export class PooledLine implements Line {
  readonly #pool: Connections
  readonly #connections: number
  readonly #queue: RequestQueue<Forward>
  #taken = 0

  constructor(
    pool: Connections,
    connections: number,
    limits: QueueLimits,
    onDropped: (forward: Forward) => void,
  ) {
    this.#pool = pool
    this.#connections = connections
    this.#queue = new RequestQueue(limits, onDropped)
  }

  get length(): number {
    return this.#queue.length
  }

  get bytes(): number {
    return this.#queue.bytes
  }

  isFree(_forward: Forward): boolean {
    return this.#queue.length === 0 && this.#taken < this.#connections
  }

  push(forward: Forward): void {
    this.#queue.push(forward)
  }

  next(): Forward | undefined {
    return this.#taken < this.#connections ? this.#queue.shift() : undefined
  }

  shift(): Forward | undefined {
    return this.#queue.shift()
  }

  take(_forward: Forward): void {
    this.#taken++
  }

  send(forward: Forward): void {
    this.#pool.send(forward)
  }

  release(_forward: Forward): void {
    this.#taken--
  }

  expire(now: number): void {
    this.#pool.expire(now)
  }

  destroy(): void {
    this.#pool.destroy()
  }
}
