import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import { IDEMPOTENCY, minuteOf, reportsOf, sweepKey, WRITERS } from '../../contract/table.ts'
import { readRecord } from './experiments.ts'
import { deleteItem, getItem, putItem, queryAll, queryPage, type Table } from './table.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
/** Reports are read for two hours back; a day is for people who look for what went wrong. */
const REPORTS_KEPT_MS = DAY_MS
/** Nobody repeats a request after so long. */
const CLAIMS_KEPT_MS = 7 * DAY_MS
const WRITERS_KEPT_MS = DAY_MS

/** What one call looks at: the rest is the next one’s. */
const MINUTES_AT_ONCE = 60
const ITEMS_AT_ONCE = 25

/** Where the last call stopped. */
const Cursors = z.object({
  reportsUntil: z.number(),
  claims: z.string().nullable(),
  writers: z.string().nullable(),
})

/**
 * Deletes what has served: old reports, used Idempotency-Keys, leases of writers whose experiments are over. A little at
 * each call, going round; nothing waits for DynamoDB’s own expiry. Times are milliseconds since 1970.
 */
export const forgetLeftovers = async (table: Table, now: number): Promise<number> => {
  const item = await getItem(table, sweepKey)
  const before = item
    ? Cursors.parse(item)
    : { reportsUntil: now - REPORTS_KEPT_MS, claims: null, writers: null }
  const reports = await forgetReports(table, before.reportsUntil, now - REPORTS_KEPT_MS)
  const claims = await goRound(
    table,
    IDEMPOTENCY,
    before.claims,
    async ({ at }) => Date.parse(String(at)) < now - CLAIMS_KEPT_MS,
  )
  const writers = await goRound(table, WRITERS, before.writers, async ({ sk, until, lookedAt = 0 }) => {
    // Whoever gives the lease back leaves no time of it, but that of the look.
    if (Math.max(Number(until), Number(lookedAt)) > now - WRITERS_KEPT_MS) return false
    const record = await readRecord(table, String(sk))
    return !record || Date.parse(record.experiment.endedAt ?? '') < now - WRITERS_KEPT_MS
  })
  const after: z.input<typeof Cursors> = {
    reportsUntil: reports.until,
    claims: claims.next,
    writers: writers.next,
  }
  if (!item || !isDeepStrictEqual(after, before)) await putItem(table, sweepKey, after)
  return reports.deleted + claims.deleted + writers.deleted
}

/** Whole minutes from `since` on, at most so many, that lie before `limit`. */
const forgetReports = async (
  table: Table,
  since: number,
  limit: number,
): Promise<{ deleted: number; until: number }> => {
  let deleted = 0
  let until = since
  for (let count = 0; count < MINUTES_AT_ONCE && until + MINUTE_MS <= limit; count++) {
    for (const { pk, sk } of await queryAll(table, reportsOf(minuteOf(new Date(until))))) {
      await deleteItem(table, { pk: String(pk), sk: String(sk) })
      deleted++
    }
    until += MINUTE_MS
  }
  return { deleted, until }
}

const goRound = async (
  table: Table,
  pk: string,
  nextToken: string | null,
  isOld: (item: Record<string, unknown>) => Promise<boolean>,
): Promise<{ deleted: number; next: string | null }> => {
  const page = await queryPage(table, pk, {
    maxResults: ITEMS_AT_ONCE,
    ...(nextToken !== null && { nextToken }),
  })
  let deleted = 0
  for (const item of page.items) {
    if (!(await isOld(item))) continue
    await deleteItem(table, { pk, sk: String(item.sk) })
    deleted++
  }
  return { deleted, next: page.nextToken }
}
