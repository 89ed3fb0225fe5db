import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import * as audit from '../store/audit.ts'
import type { Context } from './context.ts'
import { requireRecord } from './records.ts'

export const listAudit: Handler<Catalogue['listAudit'], Context> = async ({ query }, { table }) => {
  const { items, nextToken } = await audit.listTrail(table, query)
  return { entries: items, nextToken }
}

export const listExperimentAudit: Handler<Catalogue['listExperimentAudit'], Context> = async (
  { params, query },
  { table },
) => {
  await requireRecord(table, params.id)
  const { items, nextToken } = await audit.listAudit(table, params.id, query)
  return { entries: items, nextToken }
}
