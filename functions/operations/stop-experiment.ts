import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import { stopped } from '../experiments/phases.ts'
import type { Context } from './context.ts'
import { changeRecord, requireRecord } from './records.ts'

export const stopExperiment: Handler<Catalogue['stopExperiment'], Context> = async (
  { params, body },
  { table, caller, now, hurry },
) => {
  const reason = body.reason ?? `Stopped by ${caller}.`
  await changeRecord(table, params.id, body.ifRevision, (record) =>
    stopped(record, { by: caller, reason, now: now() }),
  )
  await hurry(params.id)
  return (await requireRecord(table, params.id)).experiment
}
