import * as z from 'zod'
import { ExperimentId } from '../experiment.ts'
import { operation } from '../operation.ts'
import { RecordContent, RecordList, RecordName } from '../stored-record.ts'
import { recordExamples } from './examples.ts'

const none = z.strictObject({})
const ById = z.strictObject({ id: ExperimentId })
const Why = z.strictObject({
  reason: z.string().trim().min(1).max(500).exactOptional().describe('why, for the audit trail'),
})

export const listRecords = operation({
  id: 'listRecords',
  route: 'GET /experiments/{id}/records',
  summary: 'List what an experiment has recorded: sizes and times, nothing of what is in it',
  params: ById,
  query: none,
  body: z.undefined(),
  result: RecordList,
  status: 200,
  idempotent: false,
})

/** Not a GET: it writes into the audit trail who read what. */
export const readRecord = operation({
  id: 'readRecord',
  route: 'POST /experiments/{id}/records/{name}/read',
  summary: 'Read a record; who read it is in the audit trail',
  params: ById.extend({ name: RecordName }),
  query: none,
  body: Why,
  result: RecordContent,
  status: 200,
  idempotent: false,
  examples: recordExamples,
})

export const deleteRecords = operation({
  id: 'deleteRecords',
  route: 'POST /experiments/{id}/records/delete',
  summary: 'Delete what an experiment has recorded, before its time is over',
  params: ById,
  query: none,
  body: Why,
  result: RecordList,
  status: 200,
  idempotent: false,
  examples: recordExamples,
})
