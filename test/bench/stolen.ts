import { readFileSync } from 'node:fs'

/** Ticks since the system started: those that its hypervisor gave to other machines (proc(5), `steal`), and all. */
export type StolenTime = { stolen: number; all: number }

const STEAL = 7

/** Null where the system does not say. */
export const stolenTime = (): StolenTime | null => {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n')
    const ticks = line
      .split(/\s+/)
      .slice(1, STEAL + 2)
      .map(Number)
    return { stolen: ticks[STEAL] ?? 0, all: ticks.reduce((sum, count) => sum + count, 0) }
  } catch {
    return null
  }
}

/** A receiver that is taken from its processor while a sender goes on loses packets that no program can save. */
export const stolenPercent = (before: StolenTime | null, after: StolenTime | null): number | null =>
  before === null || after === null || after.all === before.all
    ? null
    : Math.round(((after.stolen - before.stolen) / (after.all - before.all)) * 1000) / 10
