import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import { listRecords } from '../store/experiments.ts'
import type { Context } from './context.ts'
import { requireRecord } from './records.ts'

export const getExperiment: Handler<Catalogue['getExperiment'], Context> = async ({ params }, { table }) =>
  (await requireRecord(table, params.id)).experiment

export const listExperiments: Handler<Catalogue['listExperiments'], Context> = async (
  { query },
  { table },
) => {
  const { items, nextToken } = await listRecords(table, query)
  return { experiments: items.map(({ experiment }) => experiment), nextToken }
}
