import type { Forward } from './forward.ts'

/**
 * Where requests wait for a connection to the shadow, and the connections. Bounded: what it cannot hold it drops, oldest
 * first.
 */
export type Line = {
  /** How many wait, and the bytes that they hold. */
  readonly length: number
  readonly bytes: number
  /** Whether a connection is free for it and nothing waits that should go first. */
  isFree(forward: Forward): boolean
  push(forward: Forward): void
  /** Takes out the next one that a connection is free for; undefined when there is none. */
  next(): Forward | undefined
  /** Takes out the oldest. */
  shift(): Forward | undefined
  /** Reserves its connection, until `release`. */
  take(forward: Forward): void
  send(forward: Forward): void
  release(forward: Forward): void
  /** Closes connections that have not been used for long. */
  expire(now: number): void
  /** Closes all connections; what is under way on them fails. */
  destroy(): void
}
