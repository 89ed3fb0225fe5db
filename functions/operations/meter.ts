import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import { listPoints } from '../store/meter.ts'
import type { Context } from './context.ts'
import { requireRecord } from './records.ts'

export const listMeter: Handler<Catalogue['listMeter'], Context> = async ({ params, query }, { table }) => {
  await requireRecord(table, params.id)
  const { items, nextToken } = await listPoints(table, params.id, query)
  return { points: items, nextToken }
}
