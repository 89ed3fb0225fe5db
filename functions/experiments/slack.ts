import type { TaskLoad } from './gateway-load.ts'
import { type TaskCapacity, tasksForLoad } from './gateway-size.ts'
import type { ExperimentRecord } from './record.ts'
import type { Settings } from './settings.ts'

/** Tasks of a smaller set are no fuller than this: the load may double before it asks for a larger one. */
const HALF_FULL = 0.4
/** A swap cuts connections: it is not worth it for less than half of the tasks. */
const WORTH_IT = 0.5

/** What is to be carried, and by how many tasks it is carried now. */
type Carried = Readonly<{
  loads: readonly TaskLoad[]
  desired: number
  sources: number
  /** Fewer there must not be: one per zone where packets do not cross zones. */
  tasksMin: number
}>

/** How many tasks would be enough for a load that is far below what there are; null while it is not, or not known. */
export const smallerSize = (
  { loads, desired, sources, tasksMin }: Carried,
  capacity: TaskCapacity,
): number | null => {
  // A task that says nothing may have the most to do.
  if (loads.length < desired) return null
  const sum = (by: (load: TaskLoad) => number) => loads.reduce((total, load) => total + by(load), 0)
  const needed = tasksForLoad(
    {
      packetsPerSecond: sum((load) => load.packetsPerSecond) / HALF_FULL,
      bytesPerSecond: sum((load) => load.bytesPerSecond) / HALF_FULL,
    },
    sources,
    capacity,
  )
  const tasks = Math.max(1, tasksMin, needed)
  return tasks <= WORTH_IT * desired ? tasks : null
}

/**
 * Whether what an experiment sends now says what it will send: it mirrors, is not paused, is in the last stage of its
 * ramp, and has been for as long as slack must last. Gateways for a ramp’s peak stay until the peak is there.
 */
export const isSettled = (
  { experiment, life }: ExperimentRecord,
  now: Date,
  { slackMs }: Pick<Settings, 'slackMs'>,
): boolean => {
  const { phase, pausedSince, mirroringSince, spec } = experiment
  const isLast = spec.ramp === undefined || life.stage.index === spec.ramp.stages.length - 1
  const since = spec.ramp === undefined ? mirroringSince : life.stage.since
  return (
    phase === 'mirroring' &&
    pausedSince === null &&
    isLast &&
    since !== null &&
    now.getTime() - Date.parse(since) >= slackMs
  )
}
