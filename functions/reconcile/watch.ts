import type { Health } from '../../contract/abort.ts'
import { mergeSketches, type Sketch } from '../../contract/sketch.ts'
import type { RequestCounts } from '../../contract/traffic.ts'
import { isGatewayRule } from '../../contract/watch.ts'
import { judge, keepSamples, sampleOf } from '../experiments/abort.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import type { TaskTotal } from '../store/tasks.ts'
import { readWatched, type Watched, writeWatched } from '../store/watch.ts'
import { instancesPerLook } from '../watch/metrics.ts'
import { readProduction } from '../watch/production.ts'
import type { ControlPlane } from './control-plane.ts'
import { errorText } from './failure.ts'

/** CloudWatch has a new figure every minute at most; for many instances it is asked as often as basic monitoring speaks. */
const ASK_MS = 60_000
const ASK_MANY_MS = 300_000
const MANY = 20

export type Watching = Readonly<{
  health: Health[]
  /** Metrics asked of CloudWatch this time. */
  metrics: number
}>

/**
 * Looks at what the experiment’s abort rules watch, and judges them. What cannot be read leaves its rules unknown: it
 * never ends an experiment, and never lets it pass for healthy.
 *
 * @param instances of the sources that are mirrored now
 */
export const watch = async (
  plane: ControlPlane,
  { experiment }: ExperimentRecord,
  requests: RequestCounts,
  tasks: readonly TaskTotal[],
  instances: readonly string[],
): Promise<Watching> => {
  const rules = experiment.spec.abort
  if (rules.length === 0) return { health: [], metrics: 0 }
  const now = new Date(plane.now())
  const known = await readWatched(plane.table, experiment.id)
  const timed = rules.some(({ watch: what }) => what.endsWith('-p99'))
  const sum = (of: 'latency' | 'lag'): Sketch =>
    timed ? tasks.reduce<Sketch>((all, task) => mergeSketches(all, task[of]), []) : []
  const newest = sampleOf(now.toISOString(), requests, { latency: sum('latency'), lag: sum('lag') })
  const samples = rules.some(isGatewayRule) ? keepSamples(known.samples, newest, rules) : []
  const asked = isDue(known, instances, now) ? await ask(plane, experiment, instances, now) : null
  const watched: Watched = {
    samples,
    askedAt: asked?.askedAt ?? known.askedAt,
    readings: asked?.readings ?? known.readings,
  }
  await writeWatched(plane.table, experiment.id, watched)
  const readings = new Map(watched.readings.map(({ place, reading }) => [place, reading]))
  return { health: judge(rules, samples, readings), metrics: asked?.metrics ?? 0 }
}

const isDue = ({ askedAt }: Watched, instances: readonly string[], now: Date): boolean =>
  askedAt === null || now.getTime() - Date.parse(askedAt) >= (instances.length > MANY ? ASK_MANY_MS : ASK_MS)

const ask = async (
  plane: ControlPlane,
  { id, spec }: ExperimentRecord['experiment'],
  instances: readonly string[],
  now: Date,
): Promise<Pick<Watched, 'askedAt' | 'readings'> & { metrics: number }> => {
  const askedAt = now.toISOString()
  try {
    const some = inTurn(instances, instancesPerLook(spec.abort), now)
    const { readings, metrics } = await readProduction(plane.clients.cloudwatch, spec.abort, some, now)
    return { askedAt, readings: [...readings].map(([place, reading]) => ({ place, reading })), metrics }
  } catch (error) {
    plane.log('warn', 'production’s metrics could not be read', { experiment: id, error: errorText(error) })
    return { askedAt, readings: [], metrics: 0 }
  }
}

/** Of a large fleet some instances at a time, each as often as any other. */
const inTurn = (instances: readonly string[], most: number, now: Date): readonly string[] => {
  if (instances.length <= most) return instances
  const from = (Math.floor(now.getTime() / ASK_MANY_MS) * most) % instances.length
  return [...instances, ...instances].slice(from, from + most)
}
