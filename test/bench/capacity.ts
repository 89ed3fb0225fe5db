import { losses } from './gateway.ts'
import { type Run, startRun, type Traffic } from './run.ts'

/** Exchanges a second at which a run lost nothing. */
export type Capacity = {
  rate: number
  /** What ended the search: a higher rate lost something, or could not be sent. */
  endedBy: 'loss' | 'sender'
}

const FIRST = 4_000
const FACTOR = 1.25
const MOST = 200_000
const STEP_SECONDS = 1
/** A sender that stays so far behind its rate does not reach it on this machine. */
const BEHIND = 0.9

/** Raises the rate until something is lost: a whole machine's figure, as sender and shadow run on it too. */
export const searchCapacity = async (run: Run): Promise<Capacity> => {
  let best = FIRST / 2
  for (let rate = FIRST; rate < MOST; rate *= FACTOR) {
    const reached = (await holds(run, rate)) ?? (await holds(run, rate))
    if (reached === null) return { rate: best, endedBy: 'loss' }
    best = Math.max(best, reached)
    if (reached < rate * BEHIND) break
  }
  return { rate: best, endedBy: 'sender' }
}

/** The rate that the sender achieved, null when something was lost. */
const holds = async (run: Run, rate: number): Promise<number | null> => {
  const phase = await run.phase(rate, STEP_SECONDS)
  return phase.forwarded < phase.sent ? null : phase.rate
}

const known = new Map<string, Promise<Capacity>>()

/** The same, looked for once in a process. */
export const capacityOf = (traffic: Traffic): Promise<Capacity> => {
  const key = JSON.stringify(traffic)
  const found = known.get(key) ?? search(traffic)
  known.set(key, found)
  return found
}

const search = async (traffic: Traffic): Promise<Capacity> => {
  const run = await startRun(traffic)
  try {
    return await searchCapacity(run)
  } finally {
    await run.end()
  }
}

/** Nothing was lost in any stage, and all arrived. */
export const isLossless = (summary: Parameters<typeof losses>[0]): boolean =>
  Object.keys(losses(summary)).length === 0 && summary.violations.length === 0
