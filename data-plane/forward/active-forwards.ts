import type { Forward } from './forward.ts'

/**
 * Requests under way, in no order. Not a set: V8 links every table that a set outgrows to the next one, and one such table in
 * the old generation keeps all requests that ever were under way until the next full collection.
 */
export class ActiveForwards {
  readonly #list: Forward[] = []

  get size(): number {
    return this.#list.length
  }

  add(forward: Forward): void {
    forward.place = this.#list.length
    this.#list.push(forward)
  }

  /** The last one takes its place. */
  delete(forward: Forward): void {
    const last = this.#list.pop()
    if (last === undefined || last === forward) return
    last.place = forward.place
    this.#list[forward.place] = last
  }

  /** Gives up what has been under way for too long; from the end, as each that ends makes the last one take its place. */
  expire(now: number, timeouts: Parameters<Forward['expire']>[1]): void {
    for (let i = this.#list.length - 1; i >= 0; i--) this.#list[i]?.expire(now, timeouts)
  }
}
