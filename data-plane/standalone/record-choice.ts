import { readFile } from 'node:fs/promises'
import { Redaction, redacted } from '../../contract/redaction.ts'
import { ConfigError } from '../config.ts'
import { readRecord } from '../record/read-record.ts'
import { type RecordContent, RecordFileError } from '../record/record-content.ts'
import type { Recorded } from '../record/recorded.ts'
import { type Instant, sliceOf } from '../replay/slice.ts'

/** What of a file of recorded traffic somebody asks for. */
export type RecordChoice = {
  file: string
  /** Of an encrypted record; null without one. */
  key: Buffer | null
  /** Service ports of production; null takes every port. */
  ports: number[] | null
  from: Instant | null
  to: Instant | null
  /** Null: what was redacted when it was recorded stays as it is, all else is redacted. */
  redaction: Redaction | null
}

/** Throws ConfigError, which names the option, where it cannot be opened, and RecordFileError where it cannot be read. */
export const readRecordFile = async (
  option: string,
  { file: path, key }: Pick<RecordChoice, 'file' | 'key'>,
): Promise<RecordContent> => {
  try {
    return readRecord(await readFile(path), key)
  } catch (error) {
    if (error instanceof RecordFileError) throw new RecordFileError(`${path}: ${error.message}`)
    throw new ConfigError(`${option} ${path}: ${(error as Error).message}`)
  }
}

/** In the order in which they were asked. Throws RecordFileError when there is none. */
export const chosenOf = (
  { exchanges }: RecordContent,
  { file, ports, from, to }: RecordChoice,
): Recorded[] => {
  const chosen = sliceOf(exchanges, from, to).filter(
    ({ request }) => ports === null || ports.includes(request.connection.server.port),
  )
  if (chosen.length === 0)
    throw new RecordFileError(`${file}: none of its ${exchanges.length} requests is asked for`)
  return chosen
}

/** How what is chosen of a file is redacted now, and whether it stays as it is there. */
export const redactionOf = (
  { redacted: isRedacted }: RecordContent,
  { redaction: given }: Pick<RecordChoice, 'redaction'>,
): { redaction: Redaction; isAsRecorded: boolean } => ({
  redaction: given ?? (isRedacted ? Redaction.parse({ mode: 'off' }) : redacted()),
  isAsRecorded: given === null && isRedacted,
})
