import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Experiment, ExperimentSpecInput } from '../contract/experiment.ts'
import { type Client, isPassing } from './client.ts'
import { EXIT, Failure } from './exit.ts'
import { progress } from './show.ts'

/** An experiment of a deployment: the same id and spec again find the same experiment. */
export const start = (client: Client, spec: ExperimentSpecInput, deploymentId: string | undefined) =>
  client.call('createExperiment', { params: {}, query: {}, body: spec }, deploymentId ?? randomUUID())

export type Wait = {
  say: (line: string) => void
  /** Asked to stop: so is the experiment. */
  signal: AbortSignal
}

const LOOK_MS = 1_000
/** Between two lines that say the same but for the numbers. */
const SAY_MS = 15_000
/** After its end an experiment drains for a while; whoever has heard nothing for longer gives up. */
const SILENT_MS = 15 * 60_000

/**
 * Follows an experiment to its end and answers with it. An API that is away is waited for; when the wait itself is
 * interrupted, the experiment is stopped, so that a cancelled pipeline leaves nothing mirroring. @throws Failure
 */
export const follow = async (
  client: Client,
  first: Experiment,
  { say, signal }: Wait,
): Promise<Experiment> => {
  let now = first
  let saidAt = 0
  let said = ''
  let heardAt = Date.now()
  for (;;) {
    const what = `${now.phase} ${now.outcome} ${now.reason}`
    if (what !== said || Date.now() - saidAt >= SAY_MS) {
      say(progress(now))
      ;[said, saidAt] = [what, Date.now()]
    }
    if (now.phase === 'ended') return now
    if (signal.aborted) throw await interrupted(client, now.id)
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {})
    try {
      now = await client.call('getExperiment', { params: { id: now.id }, query: {}, body: undefined })
      heardAt = Date.now()
    } catch (error) {
      if (!isPassing(error)) throw error
      if (Date.now() - heardAt > SILENT_MS)
        throw new Failure(`${error.message}; nothing was heard of ${now.id} for 15 minutes`)
      say(`${error.message}; asking again`)
    }
  }
}

const interrupted = async (client: Client, id: string): Promise<Failure> => {
  const body = { reason: 'Whoever waited for it was interrupted.' }
  try {
    await client.call('stopExperiment', { params: { id }, query: {}, body })
    return new Failure(`Interrupted: ${id} is stopped`, EXIT.interrupted)
  } catch (error) {
    return new Failure(
      `Interrupted, and ${id} was not stopped: ${(error as Error).message}`,
      EXIT.interrupted,
    )
  }
}
