import type { HashedName, WaitingCopies } from '../select/waiting-copies.ts'

/** A copy that is asked for may come so late; who asks waits a little longer (`HOLD_MS`). */
export const WAIT_MS = 200
/** Questions of one neighbour about one experiment that are remembered at once; what is above is not answered. */
export const WAITING_MAX = 20_000

/** Workers wait while so many are looked for: some 50 microseconds. */
const AT_ONCE = 256

/** A question of another task. Its key is unique among those that wait. */
export type Question = { readonly key: number; readonly names: readonly HashedName[] }

/** With the copy that was given for it, 0 when none. */
type Asked = Question & { readonly until: number; copy: number }

/** What one other task wants to know about one experiment. A copy is given for one question only, and may come back. */
export class Answers {
  readonly #copies: WaitingCopies
  /** The oldest first. */
  readonly #asked = new Map<number, Asked>()

  constructor(copies: WaitingCopies) {
    this.#copies = copies
  }

  get size(): number {
    return this.#asked.size
  }

  /**
   * The keys of those for which this task has the copy; the others wait.
   *
   * @param at milliseconds since the epoch
   */
  ask(questions: readonly Question[], at: number): number[] {
    const fresh: Asked[] = []
    for (const { key, names } of questions) {
      if (this.#asked.has(key) || this.#asked.size >= WAITING_MAX) continue
      const asked = { key, names, until: at + WAIT_MS, copy: 0 }
      this.#asked.set(key, asked)
      fresh.push(asked)
    }
    return this.#give(fresh, at)
  }

  /** Called often: the keys of those whose copy has come since. Forgets what is too old to be answered or given back. */
  turn(at: number): number[] {
    const open: Asked[] = []
    for (const asked of this.#asked.values()) {
      if (asked.until + WAIT_MS < at) this.#asked.delete(asked.key)
      else if (asked.copy === 0 && asked.until >= at) open.push(asked)
    }
    return this.#give(open, at)
  }

  /** Who asked had another copy already: the one given is there for others again. How many these were. */
  takeBack(keys: readonly number[]): number {
    let count = 0
    this.#copies.alone(() => {
      for (const key of keys) {
        const { copy = 0 } = this.#asked.get(key) ?? {}
        if (copy === 0) continue
        this.#asked.delete(key)
        this.#copies.giveBack(copy)
        count++
      }
    })
    return count
  }

  #give(open: readonly Asked[], at: number): number[] {
    const given: number[] = []
    for (let from = 0; from < open.length; from += AT_ONCE)
      this.#copies.alone(() => {
        for (const asked of open.slice(from, from + AT_ONCE)) {
          asked.copy = this.#copies.lend(asked.names, at)
          if (asked.copy !== 0) given.push(asked.key)
        }
      })
    return given
  }
}
