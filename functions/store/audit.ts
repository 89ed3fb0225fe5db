import * as z from 'zod'
import { Phase, Timestamp } from '../../contract/experiment.ts'
import { auditKey, belongings } from '../../contract/table.ts'
import { type Page, putItem, queryPage, type Table } from './table.ts'

/** One change of an experiment: who did what, when and why. Entries are only ever added. */
export const AuditEntry = z.object({
  /** ULID: the order of entries. */
  id: z.string(),
  at: Timestamp,
  who: z.string(),
  what: z.string(),
  why: z.string().nullable(),
  before: Phase.nullable(),
  after: Phase.nullable(),
})
export type AuditEntry = z.output<typeof AuditEntry>

/** The same id a second time changes nothing: that is a retry. */
export const appendAudit = async (table: Table, experiment: string, entry: AuditEntry): Promise<void> => {
  await putItem(table, auditKey(experiment, entry.id), entry, { expression: 'attribute_not_exists(pk)' })
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
