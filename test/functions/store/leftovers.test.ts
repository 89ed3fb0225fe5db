import { beforeAll, expect, it } from 'vitest'
import { IDEMPOTENCY, minuteOf, reportKey, reportsOf, WRITERS } from '../../../contract/table.ts'
import { newRecord } from '../../../functions/experiments/phases.ts'
import { experimentId } from '../../../functions/experiments/ulid.ts'
import { createRecord } from '../../../functions/store/experiments.ts'
import { claimKey } from '../../../functions/store/idempotency.ts'
import { forgetLeftovers } from '../../../functions/store/leftovers.ts'
import { putItem, queryAll, type Table } from '../../../functions/store/table.ts'
import { acquireWriter } from '../../../functions/store/writer.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { openTestTable } from '../../support/table.ts'

let table: Table
beforeAll(async () => {
  table = await openTestTable()
})

const MINUTE = 60_000
const DAY = 1440 * MINUTE
const AT = Date.parse('2026-11-21T12:00:00Z')
const keysOf = async (pk: string) => (await queryAll(table, pk)).map(({ sk }) => sk)

/** An experiment with its writer’s lease, ended at that time or still going on. */
const experiment = async (n: number, endedAt: string | null): Promise<string> => {
  const id = experimentId(AT + n, new Uint8Array(10))
  const record = newRecord(experimentSpec(), { id, by: 'ada', now: new Date(AT) })
  await createRecord(table, {
    ...record,
    experiment: { ...record.experiment, endedAt, phase: endedAt === null ? 'mirroring' : 'ended' },
  })
  await acquireWriter(table, id, 'holder', AT, AT + MINUTE)
  return id
}

it('reports, claims and leases go when they have served, a little at a time, and no others', {
  timeout: 30_000,
}, async () => {
  const running = await experiment(1, null)
  await experiment(2, new Date(AT).toISOString())
  const justOver = await experiment(3, new Date(AT + 7.5 * DAY).toISOString())
  for (let n = 0; n < 60; n++)
    await claimKey(table, `old#${n}`, { experiment: 'x', fingerprint: '', at: new Date(AT).toISOString() })
  await claimKey(table, 'young', {
    experiment: 'x',
    fingerprint: '',
    at: new Date(AT + 2 * DAY).toISOString(),
  })
  const minutes = [0, 59, 61, 7 * 1440].map((minute) => minuteOf(new Date(AT + minute * MINUTE)))
  for (const minute of minutes) await putItem(table, reportKey(minute, 'task'), {})

  await forgetLeftovers(table, AT + DAY)
  const first = await forgetLeftovers(table, AT + 8 * DAY)
  const after = await Promise.all(minutes.map((minute) => keysOf(reportsOf(minute))))
  for (let n = 0; n < 2; n++) await forgetLeftovers(table, AT + 8 * DAY)
  const later = await Promise.all(minutes.map((minute) => keysOf(reportsOf(minute))))

  expect(first).toBeLessThanOrEqual(2 + 25 + 3)
  expect(after.map(({ length }) => length)).toEqual([0, 0, 1, 1])
  expect(later.map(({ length }) => length)).toEqual([0, 0, 0, 1])
  expect(await keysOf(IDEMPOTENCY)).toEqual(['young'])
  expect((await keysOf(WRITERS)).sort()).toEqual([running, justOver].sort())
})
