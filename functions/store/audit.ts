import { auditKey, belongings } from '../../contract/table.ts'
import { AuditEntry } from '../experiments/audit.ts'
import { absent, type Page, putItem, queryPage, type Table } from './table.ts'

/** The same id a second time changes nothing: that is a retry. */
export const appendAudit = async (table: Table, experiment: string, entry: AuditEntry): Promise<void> => {
  await putItem(table, auditKey(experiment, entry.id), entry, absent)
}

/** In order of time. @throws BadToken */
export const listAudit = async (
  table: Table,
  experiment: string,
  page: { maxResults: number; nextToken?: string | undefined },
): Promise<Page<AuditEntry>> => {
  const { items, nextToken } = await queryPage(table, belongings(experiment), { prefix: 'AUDIT#', ...page })
  return { items: items.map((item) => AuditEntry.parse(item)), nextToken }
}
