import * as z from 'zod'
import { monthKey, monthOfOwner, monthsOf } from '../../contract/table.ts'
import { getItem, putItem, queryAll, type Table } from './table.ts'

/** What one experiment takes of its owner’s month: see functions/cost/month.ts. */
export const ShareRecord = z.object({
  owner: z.string(),
  experiment: z.string(),
  beforeUsd: z.number().nonnegative(),
  spentUsd: z.number().nonnegative(),
  heldUsd: z.number().nonnegative(),
  running: z.boolean(),
})
export type ShareRecord = z.output<typeof ShareRecord>

const toShare = (item: Record<string, unknown>): ShareRecord => ShareRecord.parse(item)

/** Of all owners, in their order. */
export const sharesOfMonth = async (table: Table, month: string): Promise<ShareRecord[]> =>
  (await queryAll(table, monthsOf(month))).map(toShare)

export const sharesOfOwner = async (table: Table, month: string, owner: string): Promise<ShareRecord[]> =>
  (await queryAll(table, monthsOf(month), { prefix: monthOfOwner(owner) })).map(toShare)

export const readShare = async (
  table: Table,
  month: string,
  owner: string,
  experiment: string,
): Promise<ShareRecord | undefined> => {
  const item = await getItem(table, monthKey(month, owner, experiment))
  return item && toShare(item)
}

export const writeShare = async (table: Table, month: string, share: ShareRecord): Promise<void> => {
  await putItem(table, monthKey(month, share.owner, share.experiment), share)
}
