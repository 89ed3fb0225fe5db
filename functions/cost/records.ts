/** What an experiment may record, before it is packed, and for how long that is kept in S3. */
export type RecordingUse = Readonly<{ megabytes: number; days: number }>

const DAYS_PER_MONTH = 30
/** A gateway task begins a part of a record that often, and when one has 3 MB: two in a row have more. */
const PART_SECONDS = 30
const PARTS_PER_MB = 2 / 3

/**
 * Upper bounds of what keeping records uses, from the first packet on: all that may be recorded, unpacked, for as long as it is
 * kept; and for each part one PUT, which may ask KMS for a key once.
 */
export const boundRecords = (
  { megabytes, days }: RecordingUse,
  tasks: Readonly<{ count: number; seconds: number }>,
): { gbMonths: number; puts: number } => ({
  gbMonths: (megabytes / 1000) * (days / DAYS_PER_MONTH),
  puts: megabytes * PARTS_PER_MB + tasks.seconds / PART_SECONDS + tasks.count,
})
