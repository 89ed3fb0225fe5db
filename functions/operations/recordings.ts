import type { Catalogue } from '../../contract/catalogue.ts'
import type { Experiment } from '../../contract/experiment.ts'
import type { Handler } from '../../contract/operation.ts'
import type { RecordList } from '../../contract/stored-record.ts'
import { ProblemError, wrongField } from '../errors.ts'
import { auditEntry } from '../experiments/audit.ts'
import { deleteRecord, getRecord, recordsOf } from '../records/bucket.ts'
import { appendAudit } from '../store/audit.ts'
import type { Context } from './context.ts'
import { requireRecord } from './records.ts'

export const listRecords: Handler<Catalogue['listRecords'], Context> = async ({ params }, context) => {
  await requireRecord(context.table, params.id)
  return listOf(context, params.id)
}

/** Where a second person has to approve anything, a reading needs a reason, too. */
export const readRecord: Handler<Catalogue['readRecord'], Context> = async ({ params, body }, context) => {
  if (context.config.fourEyes.length > 0 && body.reason === undefined)
    throw wrongField('body.reason', 'Say why you read it: it is written into the audit trail')
  const { experiment } = await requireRecord(context.table, params.id)
  const found = (await stored(context, params.id)).find(({ name }) => name === params.name)
  const bucket = context.config.recordsBucket
  if (bucket === null || found === undefined)
    throw new ProblemError('not-found', `${params.id} has no record ${params.name}.`)
  await tell(context, experiment, `record read: ${params.name}`, body.reason)
  const { clients } = await context.plane()
  return { name: params.name, ...(await getRecord(clients.s3, bucket, found.key)) }
}

export const deleteRecords: Handler<Catalogue['deleteRecords'], Context> = async (
  { params, body },
  context,
) => {
  const { experiment } = await requireRecord(context.table, params.id)
  const bucket = context.config.recordsBucket
  const found = await stored(context, params.id)
  if (bucket !== null && found.length > 0) {
    await tell(context, experiment, `records deleted: ${found.length}`, body.reason)
    const { clients } = await context.plane()
    for (const record of found) await deleteRecord(clients.s3, bucket, record)
  }
  return listOf(context, params.id)
}

/** Told first: what nobody is named for must not be. */
const tell = (
  { table, caller, now }: Context,
  experiment: Experiment,
  what: string,
  why: string | undefined,
): Promise<void> =>
  appendAudit(table, auditEntry(experiment, experiment, { who: caller, what, why: why ?? null }, now()))

const stored = async ({ config, plane }: Context, id: string) => {
  if (config.recordsBucket === null) return []
  const { clients } = await plane()
  return recordsOf(clients.s3, config.recordsBucket, id)
}

const listOf = async (context: Context, id: string): Promise<RecordList> => {
  const records = (await stored(context, id)).map(({ name, bytes, modifiedAt }) => ({
    name,
    bytes,
    at: modifiedAt.toISOString(),
    deletedAfter: new Date(modifiedAt.getTime() + context.config.recordsMs).toISOString(),
  }))
  return { experiment: id, records, bytes: records.reduce((sum, { bytes }) => sum + bytes, 0) }
}
