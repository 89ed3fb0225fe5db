import type { Recording } from '../../../contract/recording.ts'
import { bytes, duration } from '../format.ts'

/** How much is recorded, and for how long. */
export const recordingWords = (record: Recording | undefined): string =>
  record === undefined
    ? 'Nothing.'
    : `Up to ${bytes(record.megabytes * 1e6)} before they are packed, in the first ${duration(record.seconds)}.`
