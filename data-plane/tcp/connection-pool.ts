import type { Packet } from '../wire/packet.ts'
import type { Connection } from './connection.ts'
import { ConnectionList } from './connection-list.ts'
import { FlowTable } from './flow-table.ts'
import { elapsed, instant } from './instant.ts'
import type { TcpLimits } from './limits.ts'

/** Every connection that is remembered: open ones in the order of their use, ended ones while they linger. */
export class ConnectionPool<App> {
  readonly #limits: TcpLimits
  readonly #table = new FlowTable<App>()
  readonly #open = new ConnectionList<App>()
  readonly #lingering = new ConnectionList<App>()

  constructor(limits: TcpLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#table.size
  }

  get isFull(): boolean {
    return this.#table.size >= this.#limits.connections
  }

  get oldestOpen(): Connection<App> | null {
    return this.#open.oldest
  }

  /** Which side of the connection found or added last sent the packet. */
  get side(): 0 | 1 {
    return this.#table.side
  }

  find(p: Packet): Connection<App> | null {
    return this.#table.find(p)
  }

  /** See `FlowTable.findOther`. */
  findOther(p: Packet, after: Connection<App> | null): Connection<App> | null {
    return this.#table.findOther(p, after)
  }

  add(p: Packet, at: number): Connection<App> {
    this.#table.find(p)
    const c = this.#table.add(p, at)
    this.#open.append(c, at)
    return c
  }

  /** It has ended. */
  linger(c: Connection<App>, at: number): void {
    this.#open.remove(c)
    this.#lingering.append(c, at)
  }

  /** Forgets a connection that lingers. */
  forget(c: Connection<App>): void {
    this.#lingering.remove(c)
    this.#table.remove(c)
  }

  /** Forgets those that have lingered long enough; all of them with `now` null. */
  forgetLingering(now: number | null): void {
    for (let c = this.#lingering.oldest; c !== null; c = this.#lingering.oldest) {
      if (now !== null && elapsed(c.listedAt, instant(now)) < this.#limits.lingerMs) return
      this.forget(c)
    }
  }

  /** Makes room without touching an open connection, or names the open one that was used least recently. */
  makeRoom(at: number): Connection<App> | null {
    if (this.#lingering.oldest !== null) {
      this.forget(this.#lingering.oldest)
      return null
    }
    for (let tries = 0; ; tries++) {
      const c = this.#open.oldest
      if (c === null || elapsed(c.listedAt, c.lastAt) <= 0 || tries === 15) return c
      this.#touch(c, at)
    }
  }

  /** The next open connection that was idle too long. The list is sorted lazily: by when it was last looked at. */
  idle(now: number): Connection<App> | null {
    const { idleMs } = this.#limits
    for (let c = this.#open.oldest; c !== null; c = this.#open.oldest) {
      if (elapsed(c.listedAt, instant(now)) < idleMs) return null
      if (elapsed(c.lastAt, instant(now)) >= idleMs) return c
      this.#touch(c, now)
    }
    return null
  }

  #touch(c: Connection<App>, at: number): void {
    this.#open.remove(c)
    this.#open.append(c, at)
  }
}
