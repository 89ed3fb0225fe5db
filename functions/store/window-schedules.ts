import * as z from 'zod'
import { Timestamp } from '../../contract/experiment.ts'
import { SCHEDULES, scheduleKey } from '../../contract/table.ts'
import { PastWindow, ScheduleId, WindowScheduleSpec } from '../../contract/window-schedule.ts'
import { absent, deleteItem, getItem, type Page, putItem, queryAll, queryPage, type Table } from './table.ts'

export const ScheduleRecord = z.object({
  id: ScheduleId,
  version: z.int().nonnegative(),
  spec: WindowScheduleSpec,
  createdAt: Timestamp,
  createdBy: z.string(),
  /** Windows up to this time are opened or skipped. */
  decidedUntil: Timestamp,
  past: z.array(PastWindow),
})
export type ScheduleRecord = z.output<typeof ScheduleRecord>

/** The same a second time changes nothing. */
export const createScheduleRecord = async (table: Table, record: ScheduleRecord): Promise<void> => {
  await putItem(table, scheduleKey(record.id), { schedule: record, version: record.version }, absent)
}

/** False when it was changed or deleted since it was read. */
export const updateScheduleRecord = (table: Table, changed: ScheduleRecord): Promise<boolean> => {
  const version = changed.version + 1
  return putItem(
    table,
    scheduleKey(changed.id),
    { schedule: { ...changed, version }, version },
    {
      expression: '#version = :version',
      names: { '#version': 'version' },
      values: { ':version': changed.version },
    },
  )
}

export const deleteScheduleRecord = (table: Table, id: string): Promise<void> =>
  deleteItem(table, scheduleKey(id))

const toRecord = (item: Record<string, unknown>): ScheduleRecord => ScheduleRecord.parse(item.schedule)

export const readScheduleRecord = async (table: Table, id: string): Promise<ScheduleRecord | undefined> => {
  const item = await getItem(table, scheduleKey(id))
  return item && toRecord(item)
}

export const allScheduleRecords = async (table: Table): Promise<ScheduleRecord[]> =>
  (await queryAll(table, SCHEDULES)).map(toRecord)

/** The newest first. @throws BadToken */
export const listScheduleRecords = async (
  table: Table,
  page: { maxResults: number; nextToken?: string | undefined },
): Promise<Page<ScheduleRecord>> => {
  const { items, nextToken } = await queryPage(table, SCHEDULES, { ...page, descending: true })
  return { items: items.map(toRecord), nextToken }
}
