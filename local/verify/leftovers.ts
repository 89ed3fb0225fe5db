import { setTimeout as sleep } from 'node:timers/promises'
import { isMissing } from './errors.ts'

type Leftover = { what: string; remove: () => Promise<unknown> }

/** AWS may not know yet what it has just made. */
const ATTEMPTS = 6

/** What a run has created, to be removed in reverse order. */
export class Leftovers {
  readonly #made: Leftover[] = []

  add(what: string, remove: () => Promise<unknown>): void {
    this.#made.push({ what, remove })
  }

  /** What could not be removed, with the reason. */
  async removeAll(): Promise<string[]> {
    const left: string[] = []
    for (let one = this.#made.pop(); one !== undefined; one = this.#made.pop()) {
      const error = await removed(one)
      if (error) left.push(`${one.what}: ${error.name}: ${error.message}`)
    }
    return left
  }
}

/** Null when it is gone: found missing twice in a row it was never there or somebody else removed it. */
const removed = async ({ remove }: Leftover): Promise<Error | null> => {
  let missing = 0
  for (let attempt = 1; ; attempt++) {
    try {
      await remove()
      return null
    } catch (error) {
      if (!(error instanceof Error)) throw error
      missing = isMissing(error) ? missing + 1 : 0
      if (missing >= 2) return null
      if (attempt >= ATTEMPTS) return error
      await sleep(missing > 0 ? 300 : 1000)
    }
  }
}
