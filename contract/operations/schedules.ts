import * as z from 'zod'
import { Timestamp } from '../experiment.ts'
import { operation } from '../operation.ts'
import { ScheduleId, WindowSchedule, WindowScheduleSpec } from '../window-schedule.ts'
import { scheduleChangeExamples, scheduleExamples } from './examples.ts'
import { nextToken, Page } from './page.ts'

const none = z.strictObject({})
const ById = z.strictObject({ id: ScheduleId })

export const previewSchedule = operation({
  id: 'previewSchedule',
  route: 'POST /schedules/preview',
  summary: 'Show when the next ten windows of a schedule would start, without creating it',
  params: none,
  query: none,
  body: WindowScheduleSpec,
  result: z.strictObject({ next: z.array(Timestamp) }),
  status: 200,
  idempotent: false,
  examples: scheduleExamples,
})

export const createSchedule = operation({
  id: 'createSchedule',
  route: 'POST /schedules',
  summary: 'Run an experiment again and again, in windows that a cron expression says',
  params: none,
  query: none,
  body: WindowScheduleSpec,
  result: WindowSchedule,
  status: 201,
  idempotent: true,
  examples: scheduleExamples,
})

export const listSchedules = operation({
  id: 'listSchedules',
  route: 'GET /schedules',
  summary: 'List schedules, the newest first',
  params: none,
  query: z.strictObject(Page),
  body: z.undefined(),
  result: z.strictObject({ schedules: z.array(WindowSchedule), nextToken }),
  status: 200,
  idempotent: false,
})

export const getSchedule = operation({
  id: 'getSchedule',
  route: 'GET /schedules/{id}',
  summary: 'Read one schedule with its next and its last windows',
  params: ById,
  query: none,
  body: z.undefined(),
  result: WindowSchedule,
  status: 200,
  idempotent: false,
})

const Reason = z.string().trim().min(1).max(500).describe('kept in the audit trail')

export const changeSchedule = operation({
  id: 'changeSchedule',
  route: 'PATCH /schedules/{id}',
  summary: 'Change what a schedule runs, or when; experiments that it has made already go on',
  params: ById,
  query: none,
  body: z.strictObject({
    experiment: WindowScheduleSpec.shape.experiment.exactOptional().describe('instead of the one it has'),
    cron: WindowScheduleSpec.shape.cron.exactOptional(),
    timeZone: WindowScheduleSpec.shape.timeZone.unwrap().exactOptional(),
    blackoutDates: WindowScheduleSpec.shape.blackoutDates.unwrap().exactOptional(),
    reason: Reason.exactOptional(),
    ifRevision: z
      .int()
      .positive()
      .exactOptional()
      .describe('refused as a conflict unless this is still the schedule’s revision'),
  }),
  result: WindowSchedule,
  status: 200,
  idempotent: false,
  examples: scheduleChangeExamples,
})

export const deleteSchedule = operation({
  id: 'deleteSchedule',
  route: 'DELETE /schedules/{id}',
  summary: 'Open no further windows; experiments that it has made already go on',
  params: ById,
  query: z.strictObject({ reason: Reason.exactOptional() }),
  body: z.undefined(),
  result: WindowSchedule,
  status: 200,
  idempotent: false,
})
