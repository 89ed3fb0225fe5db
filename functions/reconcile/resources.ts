import { Comparing } from '../../contract/comparing.ts'
import { paidMetrics } from '../../contract/resources.ts'
import { lossesNow } from '../experiments/gaps.ts'
import type { View } from '../experiments/observed.ts'
import { isProbing } from '../experiments/probe.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import { addPeriods, type Counted, duePeriods, withCounted } from '../experiments/resource-periods.ts'
import { readResources, writeResources } from '../store/resources.ts'
import type { TaskTotal } from '../store/tasks.ts'
import { readFigures } from '../watch/resources.ts'
import type { ControlPlane } from './control-plane.ts'
import { errorText } from './failure.ts'

/**
 * Adds the periods whose figures are settled to what production and shadow have used. What cannot be read is asked for
 * again at the next look.
 *
 * @param totals of the gateway tasks, `running` those that still report
 * @returns metrics asked of CloudWatch: each is paid
 */
export const lookAtResources = async (
  plane: ControlPlane,
  view: View,
  totals: readonly TaskTotal[],
  running: ReadonlySet<string>,
): Promise<number> => {
  const { experiment } = view.record
  const resources = experiment.spec.compare?.resources
  if (resources === undefined) return 0
  const known = await readResources(plane.table, experiment.id)
  const newest = countedNow(plane, view, totals, running)
  const state = newest === null ? known : withCounted(known, newest)
  const now = plane.now()
  const due = duePeriods(state, resources, now)
  const [first, last] = [due[0], due.at(-1)]
  if (first === undefined || last === undefined) {
    await writeResources(plane.table, experiment.id, state)
    return 0
  }
  try {
    const range = { start: new Date(first), end: new Date(last + 1000 * resources.periodSeconds) }
    const figures = await readFigures(plane.clients.cloudwatch, plane.config.prometheus, resources, range)
    const { tickMs } = plane.settings
    await writeResources(plane.table, experiment.id, addPeriods(state, resources, figures, { now, tickMs }))
  } catch (error) {
    plane.log('warn', 'figures of resources could not be read', {
      experiment: experiment.id,
      error: errorText(error),
    })
    await writeResources(plane.table, experiment.id, state)
  }
  return paidMetrics(resources)
}

/** As of the time that the running tasks’ last reports are of, on average: their sums grow together. */
const countedNow = (
  { now, settings }: ControlPlane,
  view: View,
  totals: readonly TaskTotal[],
  running: ReadonlySet<string>,
): Counted | null => {
  const times = totals.flatMap(({ task, at }) => (running.has(task) ? [Date.parse(at)] : []))
  if (times.length === 0) return null
  const at = Math.round(times.reduce((sum, time) => sum + time, 0) / times.length)
  const sum = (of: (total: TaskTotal) => number): number => totals.reduce((all, one) => all + of(one), 0)
  return {
    at: new Date(at).toISOString(),
    received: sum(({ requests }) => requests.received),
    shadow: sum(({ served }) => served.shadow),
    control: sum(({ served }) => served.control),
    steady: isSteady(view.record, at),
    whole: areAllMirrored(view) && lossesNow(view, new Date(now()), settings).length === 0,
  }
}

/** Of what the source resolves to: those that cannot be mirrored, or are not yet, serve requests too. */
const areAllMirrored = ({ seen, sessions }: View): boolean => {
  const mirrored = new Set(sessions.flatMap(({ eni, state }) => (state === 'active' ? [eni] : [])))
  return seen.sources?.every(({ eni }) => mirrored.has(eni)) ?? false
}

/** Warmed up, as for the comparison of answers, and neither probing, nor paused, nor at its end. */
const isSteady = ({ experiment, life }: ExperimentRecord, at: number): boolean => {
  const { spec, phase, pausedSince, mirroringSince } = experiment
  const since = spec.ramp === undefined ? mirroringSince : life.stage.since
  const { warmUpSeconds } = Comparing.parse(spec.compare ?? {})
  return (
    phase === 'mirroring' &&
    pausedSince === null &&
    since !== null &&
    !isProbing({ experiment }) &&
    at >= Date.parse(since) + 1000 * warmUpSeconds
  )
}
