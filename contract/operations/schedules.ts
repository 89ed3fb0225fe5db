import * as z from 'zod'
import { Timestamp } from '../experiment.ts'
import { operation } from '../operation.ts'
import { ScheduleId, WindowSchedule, WindowScheduleSpec } from '../window-schedule.ts'
import { scheduleExamples } from './examples.ts'
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

export const deleteSchedule = operation({
  id: 'deleteSchedule',
  route: 'DELETE /schedules/{id}',
  summary: 'Open no further windows; experiments that it has made already go on',
  params: ById,
  query: none,
  body: z.undefined(),
  result: WindowSchedule,
  status: 200,
  idempotent: false,
})
