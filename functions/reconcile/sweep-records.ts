import { deleteRecord, findRecords } from '../records/bucket.ts'
import type { ControlPlane } from './control-plane.ts'

/** Listing costs a fraction of a cent: once in so long is enough for what is kept for days. */
const EVERY_MS = 3_600_000

/**
 * Deletes records whose time is over, whichever experiment they are of. S3’s own lifecycle does the same, within a day or two;
 * this does it within the hour. @returns their keys
 */
export const sweepRecords = async ({
  clients,
  config,
  log,
  now,
  settings,
}: ControlPlane): Promise<string[]> => {
  const { recordsBucket: bucket, recordsMs } = config
  // The first tick of each hour; ticks that are lost only make it later.
  if (bucket === null || now() % EVERY_MS >= settings.tickMs) return []
  const over = (await findRecords(clients.s3, bucket, 'records/')).filter(
    ({ modifiedAt }) => now() - modifiedAt.getTime() >= recordsMs,
  )
  for (const record of over) {
    await deleteRecord(clients.s3, bucket, record)
    log('info', 'record deleted', { key: record.key })
  }
  return over.map(({ key }) => key)
}
