/** What sources send at their busiest, as far as it is known; 0 where nobody knows. */
export type Peak = Readonly<{ peakBytesPerSecond: number; peakPacketsPerSecond: number }>
export const UNKNOWN_PEAK: Peak = { peakBytesPerSecond: 0, peakPacketsPerSecond: 0 }

export const asLoad = ({ peakBytesPerSecond, peakPacketsPerSecond }: Peak): TaskCapacity => ({
  bytesPerSecond: peakBytesPerSecond,
  packetsPerSecond: peakPacketsPerSecond,
})

/** What one gateway task carries without losing anything: outer packets and outer bytes a second. */
export type TaskCapacity = Readonly<{ packetsPerSecond: number; bytesPerSecond: number }>

/**
 * Of a task of one vCPU, until a fleet has measured its own: about half of what the bench shows for requests that are
 * forwarded and redacted (about 45 ms of processor time per 1,000, three packets each), since a Fargate vCPU is a
 * hyper-thread.
 */
export const TASK_CAPACITY: TaskCapacity = { packetsPerSecond: 30_000, bytesPerSecond: 25_000_000 }

/**
 * Sources one gateway task is given where nobody knows their traffic. Each ENI is at most 128 flows of the load balancer,
 * and a task of one vCPU forwards some thousand requests a second.
 */
const SOURCES_PER_TASK = 20

/** Outer source ports of one mirrored ENI: the load balancer spreads no finer. */
const FLOWS_PER_ENI = 128
const SPREAD = 2.5

/**
 * How much the busiest of the tasks carries, as a multiple of their mean: flows are spread by hash. Not below the 95th
 * percentile of a simulation of 1 and 20 ENIs over 2 to 8 tasks.
 */
export const imbalance = (tasks: number, enis: number): number =>
  tasks <= 1 ? 1 : 1 + SPREAD * Math.sqrt(tasks / (FLOWS_PER_ENI * Math.max(1, enis)))

const TASKS_MAX = 1000

/** Tasks of which the busiest stays within its capacity at this load. */
export const tasksForLoad = (
  load: Partial<TaskCapacity>,
  enis: number,
  capacity: TaskCapacity = TASK_CAPACITY,
): number => {
  const wanted = Math.max(
    (load.bytesPerSecond ?? 0) / capacity.bytesPerSecond,
    (load.packetsPerSecond ?? 0) / capacity.packetsPerSecond,
  )
  if (wanted === 0) return 0
  for (let tasks = Math.ceil(wanted); tasks < TASKS_MAX; tasks++)
    if (wanted * imbalance(tasks, enis) <= tasks) return tasks
  return TASKS_MAX
}

/**
 * Gateway tasks for so many mirrored ENIs; none without a source.
 *
 * @param peak at the busiest, as far as it is known: of ENIs that nobody measured nothing
 */
export const gatewaysFor = (sources: number, peak: Partial<TaskCapacity>, capacity = TASK_CAPACITY): number =>
  Math.max(Math.ceil(sources / SOURCES_PER_TASK), sources === 0 ? 0 : tasksForLoad(peak, sources, capacity))
