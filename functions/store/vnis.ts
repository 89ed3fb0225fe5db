import { VNIS, vniKey } from '../../contract/table.ts'
import { deleteItem, putItem, queryAll, type Table } from './table.ts'

/** For so long after its session's end nobody gets a VNI again: packets that are late would count for another experiment. */
export const QUARANTINE_MS = 3_600_000

export const quarantine = async (table: Table, vni: number, deletedAt: string): Promise<void> => {
  await putItem(table, vniKey(vni), { vni, until: Date.parse(deletedAt) + QUARANTINE_MS })
}

/** VNIs that are not to be given out now (milliseconds since 1970); those that may be again are forgotten. */
export const quarantined = async (table: Table, now: number): Promise<number[]> => {
  const items = await queryAll(table, VNIS)
  const over = items.filter(({ until }) => Number(until) <= now)
  for (const { pk, sk } of over) await deleteItem(table, { pk: String(pk), sk: String(sk) })
  return items.flatMap(({ vni, until }) => (Number(until) > now ? [Number(vni)] : []))
}
