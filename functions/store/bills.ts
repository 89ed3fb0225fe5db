import * as z from 'zod'
import { Timestamp } from '../../contract/experiment.ts'
import { billKey } from '../../contract/table.ts'
import { getItem, putItem, type Table } from './table.ts'

/** What Cost Explorer last said about an experiment, or why it said nothing. */
export const BillRecord = z.object({
  readAt: Timestamp,
  lines: z.array(z.object({ usageType: z.string(), usd: z.number().nonnegative() })),
  final: z.boolean(),
  problem: z.string().nullable(),
})
export type BillRecord = z.output<typeof BillRecord>

export const readStoredBill = async (table: Table, experiment: string): Promise<BillRecord | undefined> => {
  const item = await getItem(table, billKey(experiment))
  return item && BillRecord.parse(item)
}

export const writeStoredBill = async (table: Table, experiment: string, bill: BillRecord): Promise<void> => {
  await putItem(table, billKey(experiment), bill)
}
