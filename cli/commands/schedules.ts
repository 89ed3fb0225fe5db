import { catalogue } from '../../contract/catalogue.ts'
import { WindowScheduleSpec } from '../../contract/window-schedule.ts'
import type { Commands } from '../command.ts'
import { EXIT, Failure } from '../exit.ts'
import { atMostOne, none, noted, PAGES, pageOf, REASON, REVISION, text } from '../operands.ts'
import { type Options, SPEC, type Values } from '../options.ts'
import * as show from '../show.ts'
import { readSpec, type SpecOptions } from '../spec.ts'

const TIMES = {
  cron: { value: 'CRON', help: WindowScheduleSpec.shape.cron.description ?? '' },
  'time-zone': { value: 'ZONE', help: 'IANA time zone, such as Europe/Berlin (default UTC)' },
  blackout: { value: 'DATE', multiple: true, help: 'a day on which no window may lie: 2026-12-24' },
} as const satisfies Options

export const schedules: Commands = {
  schedules: {
    summary: catalogue.listSchedules.summary,
    operands: '',
    options: PAGES,
    run: async (values, operands, { client, print }) => {
      none(operands)
      const list = await client().call('listSchedules', {
        params: {},
        query: pageOf(values),
        body: undefined,
      })
      print(list, show.paged(list, show.schedules(list.schedules)))
      return EXIT.done
    },
  },
  schedule: {
    summary: catalogue.createSchedule.summary,
    operands: '[SPEC.json]',
    options: { ...TIMES, ...SPEC },
    run: async (values, operands, { client, print }) => {
      const experiment = readSpec(atMostOne(operands), values as SpecOptions, 'experiment')
      const { cron, ...when } = timesOf(values)
      if (cron === undefined) throw new Failure('--cron is missing: when?', EXIT.usage)
      const body = { experiment, cron, ...when }
      const made = await client().call('createSchedule', { params: {}, query: {}, body })
      print(made, show.schedule(made))
      return EXIT.done
    },
  },
  reschedule: {
    summary: catalogue.changeSchedule.summary,
    operands: 'SCHEDULE',
    options: { ...TIMES, ...REASON, ...REVISION },
    run: async (values, operands, { client, print }) => {
      const body = { ...timesOf(values), ...noted(values) }
      const changed = await client().call('changeSchedule', { params: scheduleOf(operands), query: {}, body })
      print(changed, show.schedule(changed))
      return EXIT.done
    },
  },
  unschedule: {
    summary: catalogue.deleteSchedule.summary,
    operands: 'SCHEDULE',
    options: REASON,
    run: async (values, operands, { client, print }) => {
      const reason = text(values, 'reason')
      const query = reason === undefined ? {} : { reason }
      const gone = await client().call('deleteSchedule', {
        params: scheduleOf(operands),
        query,
        body: undefined,
      })
      print(gone, show.schedule(gone))
      return EXIT.done
    },
  },
}

const scheduleOf = (operands: readonly string[]): { id: string } => {
  const id = atMostOne(operands)
  if (id === undefined)
    throw new Failure('Which schedule? `shadowmeter schedules` shows their ids', EXIT.usage)
  return { id }
}

const timesOf = (values: Values) => {
  const [cron, timeZone] = [text(values, 'cron'), text(values, 'time-zone')]
  const blackoutDates = values.blackout as string[] | undefined
  return {
    ...(cron !== undefined && { cron }),
    ...(timeZone !== undefined && { timeZone }),
    ...(blackoutDates !== undefined && { blackoutDates }),
  }
}
