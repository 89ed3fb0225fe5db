import { preNoticeMs } from './pre-notice.ts'
import type { ExperimentRecord } from './record.ts'
import type { Settings } from './settings.ts'

/** Schedules have whole seconds, and one in the past may never fire: the earliest that can be armed. */
const HEAD_START_MS = 2000
const floorSecond = (milliseconds: number): number => Math.floor(milliseconds / 1000) * 1000
const ceilSecond = (milliseconds: number): number => Math.ceil(milliseconds / 1000) * 1000

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString()

export const armable = (wanted: string, now: Date): boolean =>
  Date.parse(wanted) >= now.getTime() + HEAD_START_MS

/** The wanted time, or the next that can be armed. */
export const armTime = (wanted: string, now: Date): string =>
  armable(wanted, now) ? wanted : iso(ceilSecond(now.getTime() + HEAD_START_MS))

/** When it may begin: at its start, and not before its pre-notice has lasted. */
export const beginTime = ({ experiment, life }: ExperimentRecord, settings: Settings): string =>
  life.announcedAt === null
    ? experiment.startAt
    : iso(
        Math.max(
          Date.parse(experiment.startAt),
          Date.parse(life.announcedAt) + preNoticeMs(experiment.spec, settings),
        ),
      )

/** EC2 takes 5 writes a second: kill schedules are spread a little thinner than that. */
const KILLS_PER_SECOND = 4

/** When the session with that slot is deleted without us: behind the planned deletion. */
export const killTime = (endAt: string, slot: number, { killGraceMs }: Settings): string =>
  iso(ceilSecond(Date.parse(endAt) + killGraceMs) + Math.floor(slot / KILLS_PER_SECOND) * 1000)

/** Until when packets may flow without another look: never past the end. */
export const leaseTime = (endAt: string, now: Date, { leaseMs }: Settings): string =>
  iso(Math.min(ceilSecond(now.getTime() + leaseMs), floorSecond(Date.parse(endAt))))

/** Scheduler may be late by its precision: the call comes early and waits for the exact time. */
export const callTime = (at: string, { precisionMs }: Settings): string =>
  iso(ceilSecond(Date.parse(at) - precisionMs))

export const zeroTime = (ends: readonly string[], { drainLimitMs }: Settings): string =>
  iso(ceilSecond(Math.max(...ends.map((end) => Date.parse(end))) + drainLimitMs))

/**
 * When a session ended that is found deleted: now, or when its own schedule deleted it at the latest, if that is past.
 */
export const deletionTime = (killAt: string | null, now: Date, { precisionMs }: Settings): string => {
  const killed = killAt === null ? Infinity : Date.parse(killAt) + precisionMs
  return iso(Math.min(now.getTime(), killed))
}
