import { AuditEntry, TrailEntry } from '../../contract/audit.ts'
import { AUDIT, auditKey, belongings, trailKey } from '../../contract/table.ts'
import { absent, type Page, putItem, queryPage, type Table } from './table.ts'

type PageOf = { maxResults: number; nextToken?: string | undefined }

/** Into the trail of all and into the experiment’s own. The same id a second time changes nothing: that is a retry. */
export const appendAudit = async (table: Table, entry: AuditEntry): Promise<void> => {
  await appendTrail(table, entry)
  await putItem(table, auditKey(entry.experiment, entry.id), { entry }, absent)
}

export const appendTrail = async (table: Table, entry: TrailEntry): Promise<void> => {
  await putItem(table, trailKey(entry.id), { entry }, absent)
}

/** What happened to one experiment, in order of time. @throws BadToken */
export const listAudit = async (
  table: Table,
  experiment: string,
  page: PageOf,
): Promise<Page<AuditEntry>> => {
  const found = await queryPage(table, belongings(experiment), { prefix: 'AUDIT#', ...page })
  return { items: found.items.map(toEntry), nextToken: found.nextToken }
}

/** What happened to everything, the newest first. @throws BadToken */
export const listTrail = async (table: Table, page: PageOf): Promise<Page<TrailEntry>> => {
  const found = await queryPage(table, AUDIT, { ...page, descending: true })
  return { items: found.items.map(({ entry }) => TrailEntry.parse(entry)), nextToken: found.nextToken }
}

const toEntry = (item: Record<string, unknown>): AuditEntry => AuditEntry.parse(item.entry)
