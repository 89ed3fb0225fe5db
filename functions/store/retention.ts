import { RETENTION, retentionKey } from '../../contract/table.ts'
import { deleteItem, putItem, queryPage, type Table } from './table.ts'

export type Retained = Readonly<{ id: string; endedAt: string }>

/** Keeps in mind when an experiment ended, so that what it showed is not kept for ever. */
export const rememberRetention = async (table: Table, { id, endedAt }: Retained): Promise<void> => {
  await putItem(table, retentionKey(endedAt, id), { id, endedAt })
}

/** Of those that ended before that time the first ones, at most so many. */
export const endedBefore = async (table: Table, time: Date, most: number): Promise<Retained[]> => {
  const { items } = await queryPage(table, RETENTION, { maxResults: most })
  return items
    .map(({ id, endedAt }) => ({ id: String(id), endedAt: String(endedAt) }))
    .filter(({ endedAt }) => Date.parse(endedAt) < time.getTime())
}

export const forgetRetention = (table: Table, { id, endedAt }: Retained): Promise<void> =>
  deleteItem(table, retentionKey(endedAt, id))
