import type { DifferenceKind } from '../../contract/difference.ts'

/** One place in which two answers differ. */
export type Difference = {
  readonly kind: DifferenceKind
  readonly path: string
  /** Only times, ids or signatures differ there. */
  readonly shaped: boolean
}

/** More of one exchange are not told apart. */
const DIFFERENCES_MAX = 64

/** What was found so far, each place once: many elements of an array are one place. */
export class Differences {
  readonly #found = new Map<string, Difference>()

  add(kind: DifferenceKind, path: string, shaped = false): void {
    const key = `${kind} ${path}`
    const known = this.#found.get(key)
    if (known === undefined && this.#found.size >= DIFFERENCES_MAX) return
    if (known === undefined || (known.shaped && !shaped)) this.#found.set(key, { kind, path, shaped })
  }

  get list(): Difference[] {
    return [...this.#found.values()]
  }
}
