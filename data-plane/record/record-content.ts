import type { Recorded } from './recorded.ts'

export const RECORD_FORMATS = ['native', 'har', 'goreplay', 'pcap'] as const
export type RecordFormat = (typeof RECORD_FORMATS)[number]

/** What a file of recorded traffic holds. */
export type RecordContent = {
  format: RecordFormat
  /** Credentials and personal data were replaced before it was written. */
  redacted: boolean
  exchanges: Recorded[]
  /** What is in the file and cannot be an exchange of a record, by reason. */
  skipped: Record<string, number>
  /** Where the file ends too early; null when it is whole. */
  cut: string | null
}

/** The file is none of recorded traffic; the message says in one line where it is wrong. */
export class RecordFileError extends Error {}
