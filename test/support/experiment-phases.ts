import { expect } from 'vitest'
import type { Phase } from '../../contract/experiment.ts'
import type { ExperimentRecord } from '../../functions/experiments/record.ts'
import type { ControlPlane } from '../../functions/reconcile/control-plane.ts'
import { type Account, pass, read, rulesWithoutLease } from './experiment-account.ts'

/** Those of the experiments that are in a phase. */
export const phasesOf = async (
  plane: ControlPlane,
  ids: readonly string[],
  phase: Phase,
): Promise<string[]> => {
  const found: string[] = []
  for (const id of ids) if ((await read(plane, id)).experiment.phase === phase) found.push(id)
  return found
}

/** Passes until it is in the phase; packets flow only under an armed lease meanwhile. */
export const until = async (
  account: Account,
  id: string,
  phase: Phase,
  passes = 40,
): Promise<ExperimentRecord> => {
  for (let n = 0; n < passes; n++) {
    const record = await read(account.plane, id)
    if (record.experiment.phase === phase) return record
    await pass(account)
    expect(rulesWithoutLease(account)).toEqual([])
  }
  throw new Error(`it is ${(await read(account.plane, id)).experiment.phase}\n${account.lines.join('\n')}`)
}
