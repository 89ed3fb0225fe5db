import * as z from 'zod'
import { ExperimentId, Timestamp } from './experiment.ts'

/** `TASK-NUMBER.ndjson.gz`: each is a record of its own (contract/record.ts), packed by gzip. */
export const RecordName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,128}\.ndjson\.gz$/, 'a record is named like 0f3a9c-1.ndjson.gz')

export const recordPrefix = (experiment: string): string => `records/${experiment}/`

/** One stored record of an experiment. */
export const StoredRecord = z
  .strictObject({
    name: RecordName,
    bytes: z.int().nonnegative().describe('packed, as it is stored'),
    at: Timestamp.describe('when it was written'),
    deletedAfter: Timestamp.describe('when its time is over'),
  })
  .meta({ id: 'StoredRecord' })
export type StoredRecord = z.output<typeof StoredRecord>

export const RecordList = z
  .strictObject({
    experiment: ExperimentId,
    records: z.array(StoredRecord),
    bytes: z.int().nonnegative().describe('of all of them'),
  })
  .meta({ id: 'RecordList' })
export type RecordList = z.output<typeof RecordList>

export const RecordContent = z
  .strictObject({
    name: RecordName,
    gzip: z.base64().describe('the packed file'),
    sha256: z.string().describe('of the packed file, in hexadecimal'),
  })
  .meta({ id: 'RecordContent' })
export type RecordContent = z.output<typeof RecordContent>
