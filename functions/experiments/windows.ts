import { Cron } from 'croner'
import type { WindowScheduleSpec } from '../../contract/window-schedule.ts'

/** A cron expression that is none, or one whose windows cannot be. `message` is for people. */
export class BadCron extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BadCron'
  }
}

const FIELDS = 'minutes hours day-of-month month day-of-week year'

/**
 * The expression in EventBridge Scheduler’s dialect: weekdays are 1–7 = SUN–SAT, 0/5 and 2#1 are legal. What the clocks
 * skip runs at the next time there is, what they repeat runs once. @throws BadCron
 */
const parse = ({ cron, timeZone }: WindowScheduleSpec): Cron => {
  const fields = cron.split(/\s+/)
  if (fields.length !== 6) throw new BadCron(`It has ${fields.length} fields instead of six: ${FIELDS}`)
  if ([fields[2], fields[4]].filter((field) => field === '?').length !== 1)
    throw new BadCron('One of day-of-month and day-of-week must be ?, the other not')
  try {
    return new Cron(`0 ${cron}`, {
      timezone: timeZone,
      alternativeWeekdays: true,
      sloppyRanges: true,
      mode: '7-part',
      paused: true,
    })
  } catch (error) {
    throw new BadCron(error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error), {
      cause: error,
    })
  }
}

const dayIn = (timeZone: string) => {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
  return (at: number): string => format.format(at)
}

const HOUR_MS = 3_600_000

/** Whether any part of the window lies on one of the days. */
const touches = (
  start: number,
  seconds: number,
  dayOf: (at: number) => string,
  days: ReadonlySet<string>,
) => {
  const end = start + seconds * 1000 - 1
  for (let at = start; at < end; at += 12 * HOUR_MS) if (days.has(dayOf(at))) return true
  return days.has(dayOf(end))
}

/** So many starts at most are looked through for ones that are not on a blackout date. */
const LOOKED_THROUGH = 5_000

/** Starts of windows after that time, those that touch a blackout date left out. @throws BadCron */
function* windowsFrom(spec: WindowScheduleSpec, after: Date): Generator<Date> {
  const cron = parse(spec)
  const dayOf = dayIn(spec.timeZone)
  const blackout = new Set(spec.blackoutDates)
  const { durationSeconds } = spec.experiment.window
  let at: Date | null = after
  for (let looked = 0; looked < LOOKED_THROUGH; looked++) {
    at = cron.nextRun(at)
    if (at === null) return
    if (blackout.size === 0 || !touches(at.getTime(), durationSeconds, dayOf, blackout)) yield at
  }
}

/** So many starts of windows after that time; fewer when there are no more. @throws BadCron */
export const windowsAfter = (spec: WindowScheduleSpec, after: Date, count: number): Date[] => {
  const found: Date[] = []
  for (const at of windowsFrom(spec, after)) if (found.push(at) >= count) break
  return found
}

/** So many windows are compared with the one after them: a year and a day of hourly ones. */
const COMPARED = 8_784

/** @throws BadCron when it is none, has no window left, or a window would begin while another lasts */
export const checkWindows = (spec: WindowScheduleSpec, now: Date): void => {
  const cron = parse(spec)
  let at = cron.nextRun(now)
  if (at === null || windowsAfter(spec, now, 1).length === 0)
    throw new BadCron('No window would ever open: it names no time that is still to come')
  const longest = spec.experiment.window.durationSeconds * 1000
  for (let looked = 0; looked < COMPARED; looked++) {
    const next = cron.nextRun(at)
    if (next === null) return
    if (next.getTime() - at.getTime() < longest)
      throw new BadCron(
        `Windows would overlap: one of ${at.toISOString()} lasts ${longest / 1000} s, and the next begins at ${next.toISOString()}`,
      )
    at = next
  }
}

/** Windows that are to be decided now: those that begin soon are opened, those that were missed are skipped. */
export const dueWindows = (
  spec: WindowScheduleSpec,
  decidedUntil: Date,
  { now, aheadMs, lateMs }: { now: Date; aheadMs: number; lateMs: number },
): { at: Date; missed: boolean }[] => {
  const due: { at: Date; missed: boolean }[] = []
  for (const at of windowsFrom(spec, decidedUntil)) {
    if (at.getTime() > now.getTime() + aheadMs) break
    due.push({ at, missed: at.getTime() < now.getTime() - lateMs })
  }
  return due
}
