import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import { withoutEvidence } from '../experiments/evidence-deletion.ts'
import { rememberActive } from '../store/experiments.ts'
import type { Context } from './context.ts'
import { changeRecord } from './records.ts'

/** From now on nobody is shown it; the next tick deletes it. */
export const deleteEvidence: Handler<Catalogue['deleteEvidence'], Context> = async (
  { params, query },
  { table, caller, now },
) => {
  const { experiment } = await changeRecord(table, params.id, undefined, (record) =>
    withoutEvidence(record, { by: caller, reason: query.reason, now: now() }),
  )
  await rememberActive(table, experiment)
  return experiment
}
