import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { addComparisons, Comparison, emptyComparison } from '../../contract/comparison.ts'
import { comparisonsOf } from '../../contract/table.ts'
import { deleteItem, queryAll, type Table } from './table.ts'

/** An item holds 400 KB of it compressed. */
const DECODED_BYTES_MAX = 64 * 1024 * 1024

const decompress = promisify(gunzip)

/** What all gateway tasks together have compared: each task’s item holds all it ever found, so that none counts twice. */
export const readComparison = async (table: Table, experiment: string): Promise<Comparison> => {
  const items = await queryAll(table, comparisonsOf(experiment))
  const parts = await Promise.all(
    items.map(async ({ data }) => {
      const text = await decompress(data as Uint8Array, { maxOutputLength: DECODED_BYTES_MAX })
      return Comparison.parse(JSON.parse(text.toString()))
    }),
  )
  return parts.reduce(addComparisons, emptyComparison())
}

export const forgetComparisons = async (table: Table, experiment: string): Promise<void> => {
  for (const { pk, sk } of await queryAll(table, comparisonsOf(experiment)))
    await deleteItem(table, { pk: String(pk), sk: String(sk) })
}
