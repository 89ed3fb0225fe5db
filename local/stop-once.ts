import type { EventEmitter } from 'node:events'

/** Closing that takes longer than this is given up: whoever asked must not wait for ever. */
const CLOSE_MAX_MS = 12_000

/**
 * Resolves at the first SIGINT, SIGTERM or loss of the parent’s channel. Ctrl-C in a terminal comes twice through npm:
 * a repeated signal is not an order to hurry.
 */
export const stopOnce = (process: EventEmitter & { exit(code: number): void }): Promise<void> =>
  new Promise((resolve) => {
    const stop = () => {
      setTimeout(() => process.exit(1), CLOSE_MAX_MS).unref()
      resolve()
    }
    for (const event of ['SIGINT', 'SIGTERM', 'disconnect']) process.on(event, stop)
  })
