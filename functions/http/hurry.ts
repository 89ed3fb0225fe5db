import type { ControlPlane } from '../reconcile/control-plane.ts'

/** A client waits for this long at most: API Gateway gives up after 30 seconds, people much earlier. */
const PATIENCE_MS = 5_000

/**
 * Takes an experiment a step onwards within the request that changed it. What fails, or takes longer, is the next
 * tick’s; so nothing is thrown.
 */
export const hurry = async (
  plane: () => Promise<ControlPlane>,
  experiment: string,
  patienceMs = PATIENCE_MS,
): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs)
  })
  await Promise.race([onwards(plane, experiment, patienceMs), patience])
  clearTimeout(timer)
}

const onwards = async (
  open: () => Promise<ControlPlane>,
  experiment: string,
  patienceMs: number,
): Promise<void> => {
  let log: ControlPlane['log'] | undefined
  try {
    const [{ reconcilePatiently }, plane] = await Promise.all([import('../reconcile/tick.ts'), open()])
    log = plane.log
    const deadline = plane.now() + patienceMs
    let phase: string | undefined
    while (plane.now() < deadline) {
      const { record, busy } = await reconcilePatiently(plane, experiment, deadline)
      if (busy || !record || record.experiment.phase === phase) return
      phase = record.experiment.phase
    }
  } catch (error) {
    log?.('warn', 'left to the next tick', { experiment, error: String(error) })
  }
}
