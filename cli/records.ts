import { writeFileSync } from 'node:fs'
import type { RecordList } from '../contract/stored-record.ts'
import type { Client } from './client.ts'
import { EXIT, Failure } from './exit.ts'

export type RecordsAsked = {
  /** Which to read, and where it is written to. */
  get?: string | undefined
  output?: string | undefined
  delete: boolean
  reason?: string | undefined
}

/** Lists, reads or deletes what an experiment has recorded; answers with what to print, and what it says. @throws Failure */
export const useRecords = async (
  client: Client,
  id: string,
  { get, output, delete: isDelete, reason }: RecordsAsked,
): Promise<{ answer: unknown; text: string }> => {
  if ((get === undefined) !== (output === undefined) || (get !== undefined && isDelete))
    throw new Failure('--get RECORD and --output FILE go together, and not with --delete', EXIT.usage)
  const body = reason === undefined ? {} : { reason }
  if (get !== undefined && output !== undefined) {
    const { name, gzip, sha256 } = await client.call('readRecord', {
      params: { id, name: get },
      query: {},
      body,
    })
    writeNew(output, Buffer.from(gzip, 'base64'))
    return { answer: { name, file: output, sha256 }, text: `${name} is in ${output}` }
  }
  const list = isDelete
    ? await client.call('deleteRecords', { params: { id }, query: {}, body })
    : await client.call('listRecords', { params: { id }, query: {}, body: undefined })
  return { answer: list, text: textOf(list) }
}

/** Of this user alone, and over nothing that is there. */
const writeNew = (path: string, bytes: Buffer): void => {
  try {
    writeFileSync(path, bytes, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    throw new Failure(`--output ${path}: ${(cause as Error).message}`, EXIT.usage, { cause })
  }
}

const textOf = ({ experiment, records }: RecordList): string =>
  records.length === 0
    ? `${experiment} has no records.`
    : records
        .map(
          ({ name, bytes, at, deletedAfter }) =>
            `${name}  ${(bytes / 1e6).toFixed(3)} MB  written ${at}  kept until ${deletedAfter}`,
        )
        .join('\n')
