import * as z from 'zod'
import { ExperimentId, ExperimentSpec, Timestamp } from './experiment.ts'

export const ScheduleId = z
  .string()
  .regex(/^sch_[0-9A-HJKMNP-TV-Z]{26}$/, 'a schedule id looks like sch_01JD7Q2M3N4P5R6S7T8V9W0X1Y')

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** When an experiment runs again and again: each window is a run of its own, with its own ledger and verdict. */
export const WindowScheduleSpec = z
  .strictObject({
    experiment: ExperimentSpec.refine(({ window }) => window.startAt === undefined, {
      path: ['window', 'startAt'],
      message: 'leave it out: the schedule says when',
    }),
    cron: z
      .string()
      .trim()
      .min(1)
      .max(256)
      .describe(
        'six fields as in EventBridge Scheduler: minutes hours day-of-month month day-of-week year; one of the two day fields is ?. 0 14 ? * TUE *: Tuesdays at 14:00',
      ),
    timeZone: z
      .string()
      .max(64)
      .refine(isTimeZone, 'an IANA time zone looks like Europe/Berlin')
      .default('UTC'),
    blackoutDates: z
      .array(z.iso.date())
      .max(366)
      .default([])
      .describe('days of that time zone on which no window may lie, not even in part'),
  })
  .meta({ id: 'WindowScheduleSpec' })
export type WindowScheduleSpec = z.output<typeof WindowScheduleSpec>
export type WindowScheduleSpecInput = z.input<typeof WindowScheduleSpec>

/** What became of one window. */
export const PastWindow = z.strictObject({
  at: Timestamp,
  experiment: ExperimentId.nullable().describe('the run; null when there was none'),
  skipped: z.string().nullable().describe('why there was none'),
})
export type PastWindow = z.output<typeof PastWindow>

export const WindowSchedule = z
  .strictObject({
    id: ScheduleId,
    spec: WindowScheduleSpec,
    createdAt: Timestamp,
    createdBy: z.string(),
    revision: z.int().positive().describe('grows with every change: a change may name the one it expects'),
    next: z.array(Timestamp).describe('starts of the next ten windows'),
    past: z.array(PastWindow).describe('the last ten windows, the newest first'),
  })
  .meta({ id: 'WindowSchedule' })
export type WindowSchedule = z.output<typeof WindowSchedule>
