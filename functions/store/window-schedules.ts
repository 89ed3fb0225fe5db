import * as z from 'zod'
import { ScheduleEntry } from '../../contract/audit.ts'
import { Timestamp } from '../../contract/experiment.ts'
import { SCHEDULES, scheduleKey } from '../../contract/table.ts'
import { PastWindow, ScheduleId, WindowScheduleSpec } from '../../contract/window-schedule.ts'
import { appendTrail } from './audit.ts'
import { absent, deleteItem, getItem, type Page, putItem, queryAll, queryPage, type Table } from './table.ts'

export const ScheduleRecord = z.object({
  id: ScheduleId,
  version: z.int().nonnegative(),
  spec: WindowScheduleSpec,
  createdAt: Timestamp,
  createdBy: z.string(),
  /** Windows up to this time are opened or skipped. */
  decidedUntil: Timestamp,
  /** Grows with what people change; `version` with the windows, too. */
  revision: z.int().positive().default(1),
  /** Deleted: it stays until its audit entry is in the trail. */
  deleted: z.boolean().default(false),
  /** Audit entries that are not in the trail yet: a change and its entry are one write. */
  outbox: z.array(ScheduleEntry).default([]),
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

/** Moves the outbox into the trail; a deleted schedule goes away then. The same a second time changes nothing. */
export const flushSchedule = async (table: Table, record: ScheduleRecord): Promise<void> => {
  for (const entry of record.outbox) await appendTrail(table, entry)
  if (record.deleted) await deleteItem(table, scheduleKey(record.id))
  else if (record.outbox.length > 0) await updateScheduleRecord(table, { ...record, outbox: [] })
}

const toRecord = (item: Record<string, unknown>): ScheduleRecord => ScheduleRecord.parse(item.schedule)

export const readScheduleRecord = async (table: Table, id: string): Promise<ScheduleRecord | undefined> => {
  const item = await getItem(table, scheduleKey(id))
  const record = item && toRecord(item)
  return record?.deleted ? undefined : record
}

/** Those that are deleted, and not flushed yet, among them. */
export const allScheduleRecords = async (table: Table): Promise<ScheduleRecord[]> =>
  (await queryAll(table, SCHEDULES)).map(toRecord)

/** The newest first. @throws BadToken */
export const listScheduleRecords = async (
  table: Table,
  page: { maxResults: number; nextToken?: string | undefined },
): Promise<Page<ScheduleRecord>> => {
  const { items, nextToken } = await queryPage(table, SCHEDULES, { ...page, descending: true })
  return { items: items.map(toRecord).filter(({ deleted }) => !deleted), nextToken }
}
