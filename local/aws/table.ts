/**
 * Rows by id, with the past of each row kept as long as the service may show it: EC2's Describe calls answer from a
 * moment ago. Rows are replaced, never changed in place. Rows are plain JSON.
 */
export class Table<T> {
  readonly #versions = new Map<string, Version<T>[]>()
  readonly #now: () => number
  readonly #changed: () => void
  readonly #keepMilliseconds: number

  constructor(now: () => number, changed: () => void, keepMilliseconds = 0) {
    this.#now = now
    this.#changed = changed
    this.#keepMilliseconds = keepMilliseconds
  }

  /** The row as it is. */
  get(id: string): T | undefined {
    return this.#versions.get(id)?.at(-1)?.value
  }

  /** The row as it was `lag` milliseconds ago. */
  getAt(id: string, lag: number): T | undefined {
    return lag > 0 ? this.#past(this.#versions.get(id) ?? [], lag) : this.get(id)
  }

  /** All rows as they were `lag` milliseconds ago, oldest first. */
  list(lag = 0): T[] {
    return this.entries(lag).map(([, row]) => row)
  }

  entries(lag = 0): [string, T][] {
    const rows: [string, T][] = []
    for (const [id, versions] of this.#versions) {
      const row = lag > 0 ? this.#past(versions, lag) : versions.at(-1)?.value
      if (row !== undefined) rows.push([id, row])
    }
    return rows
  }

  /** The row that was added first. */
  oldest(): [string, T] | undefined {
    for (const [id, versions] of this.#versions) {
      const row = versions.at(-1)?.value
      if (row !== undefined) return [id, row]
    }
    return undefined
  }

  get size(): number {
    return this.entries().length
  }

  set(id: string, value: T): T {
    this.#push(id, value)
    return value
  }

  delete(id: string): boolean {
    if (this.get(id) === undefined) return false
    this.#push(id, undefined)
    return true
  }

  /** Fills an empty table with rows that have existed for long. */
  load(entries: Iterable<readonly [string, T]>): void {
    for (const [id, value] of entries) this.#versions.set(id, [{ from: Number.NEGATIVE_INFINITY, value }])
  }

  #push(id: string, value: T | undefined): void {
    const horizon = this.#now() - this.#keepMilliseconds
    if (this.#keepMilliseconds === 0) {
      if (value === undefined) this.#versions.delete(id)
      else this.#versions.set(id, [{ from: this.#now(), value }])
    } else {
      const versions = this.#versions.get(id) ?? []
      versions.push({ from: this.#now(), value })
      while (versions[1] && versions[1].from <= horizon) versions.shift()
      this.#versions.set(id, versions)
      this.#forgetDeleted(horizon)
    }
    this.#changed()
  }

  #forgetDeleted(horizon: number): void {
    for (const [id, versions] of this.#versions) {
      const last = versions.at(-1)
      if (last && last.value === undefined && last.from <= horizon) this.#versions.delete(id)
    }
  }

  #past(versions: readonly Version<T>[], lag: number): T | undefined {
    const moment = this.#now() - lag
    return versions.findLast(({ from }) => from <= moment)?.value
  }
}

type Version<T> = { from: number; value: T | undefined }
