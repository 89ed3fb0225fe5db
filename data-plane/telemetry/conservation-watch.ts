import { violations } from './conservation.ts'
import type { Log } from './log.ts'
import type { Snapshot } from './snapshot.ts'

const EVERY_MS = 10_000

/** Checks the conservation law while the gateway runs. What does not hold is a defect: it is logged once, and shown. */
export const watchConservation = (
  snapshot: () => Promise<Snapshot>,
  log: Log,
): { readonly found: readonly string[]; stop(): void } => {
  let found: string[] = []
  let isLogged = false
  const check = async () => {
    found = violations(await snapshot())
    if (found.length === 0 || isLogged) return
    isLogged = true
    log('error', 'the counts do not add up', { violations: found })
  }
  const timer = setInterval(() => void check().catch(() => {}), EVERY_MS)
  timer.unref()
  return {
    get found() {
      return found
    },
    stop: () => clearInterval(timer),
  }
}
