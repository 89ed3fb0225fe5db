import type { Phase } from '../../contract/experiment.ts'
import type { ControlPlane } from '../../functions/reconcile/control-plane.ts'
import { read } from './experiment-account.ts'

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
