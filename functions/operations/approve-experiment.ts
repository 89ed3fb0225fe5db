import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import { principalOf } from '../../contract/owner.ts'
import { ProblemError } from '../errors.ts'
import { approved } from '../experiments/phases.ts'
import type { Context } from './context.ts'
import { changeRecord, requireRecord } from './records.ts'

/** By its revision: what is approved is what the approver has seen. */
export const approveExperiment: Handler<Catalogue['approveExperiment'], Context> = async (
  { params, body },
  { table, caller, now, hurry },
) => {
  await changeRecord(table, params.id, body.ifRevision, (record) => {
    const { approval } = record.experiment
    if (approval && principalOf(approval.askedBy) === principalOf(caller))
      throw new ProblemError('forbidden', `${caller} asked for it: somebody else has to approve it.`)
    return approved(record, { by: caller, reason: body.reason, now: now() })
  })
  await hurry(params.id)
  return (await requireRecord(table, params.id)).experiment
}
