import { emfLines } from './emf.ts'
import type { Snapshot } from './snapshot.ts'

const EVERY_MS = 60_000

/** Writes what was counted in each minute; `stop` writes the rest. */
export const startEmfWriter = (
  deployment: string,
  snapshot: () => Promise<Snapshot>,
  write: (line: string) => void,
  clock: () => Date,
): { stop(): Promise<void> } => {
  let before: Snapshot | null = null
  const tell = async () => {
    const now = await snapshot()
    for (const line of emfLines(before, now, deployment, clock())) write(line)
    before = now
  }
  // A worker that does not answer any more has failed loudly already.
  const timer = setInterval(() => void tell().catch(() => {}), EVERY_MS)
  timer.unref()
  return {
    stop: async () => {
      clearInterval(timer)
      await tell()
    },
  }
}
