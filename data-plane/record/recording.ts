import type { Redaction } from '../../contract/redaction.ts'
import { headerLine } from './native.ts'
import { RecordFile } from './record-file.ts'
import type { RecordLimits } from './recorder.ts'
import { Sealing } from './sealed-file.ts'

export type RecordOptions = {
  file: string
  bytes: number
  seconds: number
  /** Encrypts the file; null leaves it as it is. */
  key: Buffer | null
}

/** The record of a gateway on its own, on disk. */
export type Recording = {
  readonly limits: RecordLimits
  readonly onRecorded: (experiment: string, lines: Buffer) => void
  /** Resolves when everything is on disk, or is known not to be. */
  stop(): Promise<{ file: string; lostBytes?: number; error?: string }>
}

/** Makes the file with its first line. @throws ConfigError when it cannot be made */
export const startRecording = async (
  { file: path, bytes, seconds, key }: RecordOptions,
  experiment: string,
  redacted: boolean,
  now: number,
): Promise<Recording> => {
  const file = await RecordFile.create(path)
  const startedAt = new Date(now).toISOString()
  const sealing = key && new Sealing(key)
  const write = (lines: Uint8Array) => file.write(sealing ? sealing.piece(lines) : lines)
  if (sealing) file.write(sealing.head)
  write(Buffer.from(headerLine({ experiment, startedAt, redacted })))
  return {
    limits: { bytes, until: now + seconds * 1000 },
    onRecorded: (_, lines) => write(lines),
    stop: async () => {
      await file.close()
      const { lostBytes, error } = file
      return { file: path, ...(lostBytes > 0 && { lostBytes }), ...(error && { error: error.message }) }
    },
  }
}

/** Rules may replace values where nothing else is; what stays is then the user’s choice for this shadow, not for a file. */
export const isRedacted = ({ mode }: Redaction): boolean => mode !== 'off'

export const recordText = ({ file, bytes, seconds, key }: RecordOptions): string =>
  `recorded into ${file} (${key ? 'encrypted' : 'NOT ENCRYPTED'}, at most ${bytes / 1e6} MB in ${seconds} s)`
