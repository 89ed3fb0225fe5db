import type { Connection } from './connection.ts'
import { instant } from './instant.ts'

/** Connections in the order in which they were appended. A connection is in at most one list. */
export class ConnectionList<App> {
  oldest: Connection<App> | null = null
  #newest: Connection<App> | null = null

  append(c: Connection<App>, at: number): void {
    c.listedAt = instant(at)
    c.older = this.#newest
    c.newer = null
    if (this.#newest === null) this.oldest = c
    else this.#newest.newer = c
    this.#newest = c
  }

  remove(c: Connection<App>): void {
    if (c.older === null) this.oldest = c.newer
    else c.older.newer = c.newer
    if (c.newer === null) this.#newest = c.older
    else c.newer.older = c.older
    c.older = null
    c.newer = null
  }
}
