import type { ControlUse } from './usage.ts'

/**
 * Upper bounds of what the control plane uses for one experiment. The whole line is a fraction of a cent an hour, so a
 * bound that cannot be too small is better than a count that must itself be written down.
 */
const LAMBDA_GB = 0.5
const TICK_SECONDS = 1
/** Describe calls return 1,000 sources in a few pages; writes go 5 a second and only in ticks that change something. */
const TICK_SECONDS_PER_SOURCE = 0.02
const REQUEST_SECONDS = 0.2
/**
 * A tick reads the experiment, its ledger (some 300 bytes a row), the reports of two minutes (some 4 KB a task) and, twice,
 * what its owner’s other experiments take of the month (some 200 bytes each).
 */
const READ_UNITS_PER_TICK = 40
const READ_UNITS_PER_SOURCE = 0.1
const READ_UNITS_PER_TASK = 2
/** A tick writes the experiment, one meter point, the writer’s lease, its part of the month and each task’s totals. */
const WRITE_UNITS_PER_TICK = 14
const WRITE_UNITS_PER_TASK = 4
/**
 * Each task reads the revision item every 2 seconds, and with several sources the list of tasks (some 100 bytes each), at half
 * a unit for 4 KB; and writes one report of up to 8 KB a minute.
 */
const TASK_READ_UNITS_PER_SECOND = 1
const TASK_WRITE_UNITS_PER_SECOND = 8 / 60
/** A ledger row is written when intended, created and deleted; its kill schedule may fire once. */
const WRITE_UNITS_PER_SESSION = 4

/** The control plane’s own use, bounded from above by how often it looked and how much there was to look at. */
export const boundControl = (seen: {
  ticks: number
  /** Sessions ever created for the experiment. */
  sessions: number
  /** Gateway tasks at their most. */
  tasks: number
  taskSeconds: number
  apiRequests: number
  metricsRead: number
}): ControlUse => {
  const invocations = seen.ticks + seen.apiRequests
  return {
    lambdaInvocations: invocations,
    lambdaGbSeconds:
      LAMBDA_GB *
      (seen.ticks * (TICK_SECONDS + TICK_SECONDS_PER_SOURCE * seen.sessions) +
        seen.apiRequests * REQUEST_SECONDS),
    apiRequests: seen.apiRequests,
    metricsRead: seen.metricsRead,
    readUnits:
      invocations *
        (READ_UNITS_PER_TICK + READ_UNITS_PER_SOURCE * seen.sessions + READ_UNITS_PER_TASK * seen.tasks) +
      TASK_READ_UNITS_PER_SECOND * seen.taskSeconds,
    writeUnits:
      seen.ticks * (WRITE_UNITS_PER_TICK + WRITE_UNITS_PER_TASK * seen.tasks) +
      TASK_WRITE_UNITS_PER_SECOND * seen.taskSeconds +
      WRITE_UNITS_PER_SESSION * seen.sessions,
    // The tick’s own, one per session, and a few at the end.
    scheduleInvocations: seen.ticks + seen.sessions + 10,
  }
}

export const addControl = (a: ControlUse, b: ControlUse): ControlUse => ({
  lambdaInvocations: a.lambdaInvocations + b.lambdaInvocations,
  lambdaGbSeconds: a.lambdaGbSeconds + b.lambdaGbSeconds,
  apiRequests: a.apiRequests + b.apiRequests,
  metricsRead: a.metricsRead + b.metricsRead,
  readUnits: a.readUnits + b.readUnits,
  writeUnits: a.writeUnits + b.writeUnits,
  scheduleInvocations: a.scheduleInvocations + b.scheduleInvocations,
})
