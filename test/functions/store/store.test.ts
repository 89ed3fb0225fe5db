import { beforeAll, describe, expect, it } from 'vitest'
import type { GatewayReport } from '../../../contract/gateway-report.ts'
import type { MeterPoint } from '../../../contract/meter.ts'
import { zeroLines } from '../../../contract/money.ts'
import { chunkKey, chunksOf, minuteOf, reportKey } from '../../../contract/table.ts'
import { zeroRequests } from '../../../contract/traffic.ts'
import { VERSION } from '../../../contract/version.ts'
import { writeReport } from '../../../data-plane/control/report-writer.ts'
import { newRecord } from '../../../functions/experiments/phases.ts'
import { experimentId } from '../../../functions/experiments/ulid.ts'
import { appendAudit, listAudit, listTrail } from '../../../functions/store/audit.ts'
import {
  createRecord,
  forgetActive,
  listActive,
  listRecords,
  readRecord,
  updateRecord,
  VersionConflict,
} from '../../../functions/store/experiments.ts'
import { PublishedConfig, publishConfig } from '../../../functions/store/gateway-config.ts'
import { claimKey } from '../../../functions/store/idempotency.ts'
import { appendPoint, listPoints } from '../../../functions/store/meter.ts'
import { Reports } from '../../../functions/store/reports.ts'
import { BadToken, putItem, queryAll, type Table } from '../../../functions/store/table.ts'
import { QUARANTINE_MS, quarantine, quarantined } from '../../../functions/store/vnis.ts'
import { acquireWriter, keepWriter, releaseWriter } from '../../../functions/store/writer.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { gatewayExperiment } from '../../support/gateway-experiment.ts'
import { openTestTable } from '../../support/table.ts'

let table: Table
beforeAll(async () => {
  table = await openTestTable()
})

const AT = Date.parse('2026-11-21T12:00:00Z')
const record = (n: number) =>
  newRecord(experimentSpec(), {
    id: experimentId(AT + n, new Uint8Array(10)),
    by: 'ada',
    now: new Date(AT + n),
  })
const all = { maxResults: 100 }

describe('experiments', () => {
  it('are created once, changed by version, listed newest first', async () => {
    const [one, two] = [record(1), record(2)]
    const created = [
      await createRecord(table, one),
      await createRecord(table, two),
      await createRecord(table, one),
    ]
    const changed = await updateRecord(table, {
      ...one,
      experiment: { ...one.experiment, reason: 'waiting' },
    })
    const stale = updateRecord(table, one)

    await expect(stale).rejects.toThrow(VersionConflict)
    expect(created).toEqual([true, true, false])
    expect(await readRecord(table, one.experiment.id)).toEqual(changed)
    expect(changed.experiment).toMatchObject({ version: 1, reason: 'waiting' })
    expect((await listRecords(table, all)).items.map(({ experiment }) => experiment.id)).toEqual([
      two.experiment.id,
      one.experiment.id,
    ])
  })

  it('are listed in pages, and a foreign token is refused', async () => {
    const first = await listRecords(table, { maxResults: 1 })
    const second = await listRecords(table, { maxResults: 1, nextToken: first.nextToken ?? '' })

    expect(first.items).toHaveLength(1)
    expect(second.items[0]?.experiment.id).not.toBe(first.items[0]?.experiment.id)
    await expect(listRecords(table, { maxResults: 1, nextToken: '%%' })).rejects.toThrow(BadToken)
    await expect(
      listPoints(table, 'exp_1', { maxResults: 1, nextToken: first.nextToken ?? '' }),
    ).rejects.toThrow(BadToken)
  })

  it('are active until they are forgotten', async () => {
    const three = record(3)
    await createRecord(table, three)
    const before = (await listActive(table)).map(({ id }) => id)
    await forgetActive(table, three.experiment.id)

    expect(before).toContain(three.experiment.id)
    expect((await listActive(table)).map(({ id }) => id)).not.toContain(three.experiment.id)
  })
})

it('an idempotency key belongs to who claimed it first', async () => {
  const claim = (experiment: string) => ({ experiment, fingerprint: 'f', at: new Date(AT).toISOString() })

  const first = await claimKey(table, 'key', claim('exp_1'))
  const second = await claimKey(table, 'key', claim('exp_2'))

  expect([first.experiment, second.experiment]).toEqual(['exp_1', 'exp_1'])
})

describe('the one writer', () => {
  it('keeps others out until it is released or its time is up', async () => {
    const first = await acquireWriter(table, 'exp_a', 'one', 0, 100)
    const busy = await acquireWriter(table, 'exp_a', 'two', 50, 150)
    if (first) await releaseWriter(table, first)
    const second = await acquireWriter(table, 'exp_a', 'two', 50, 150)
    const third = await acquireWriter(table, 'exp_a', 'three', 150, 250)

    expect(first).not.toBeNull()
    expect(busy).toBeNull()
    expect([first?.fence, second?.fence, third?.fence]).toEqual([1, 2, 3])
  })

  it('loses its right to a later one for good', async () => {
    const first = await acquireWriter(table, 'exp_b', 'one', 0, 100)
    if (!first) throw new Error('not acquired')
    const kept = await keepWriter(table, first, 99, 199)
    const tooLate = await keepWriter(table, first, 199, 299)
    const second = await acquireWriter(table, 'exp_b', 'two', 199, 299)
    await releaseWriter(table, first)

    expect(kept?.until).toBe(199)
    expect(tooLate).toBeNull()
    expect(await keepWriter(table, first, 200, 300)).toBeNull()
    expect(second && (await keepWriter(table, second, 200, 300))).not.toBeNull()
  })
})

describe('the gateway configuration', () => {
  const entry = (id: number, sources = 0) =>
    gatewayExperiment({
      id: experimentId(id, new Uint8Array(10)),
      shadow: { url: 'http://shadow.internal' },
      until: new Date(AT).toISOString(),
      sources: Array.from({ length: sources }, (_, n) => ({
        vni: n + 1,
        eni: `eni-${String(n).padStart(17, '0')}`,
        address: '10.0.0.1',
        mac: '02:00:00:00:00:01',
      })),
    })

  const by = (writer: string) => ({ at: new Date(AT), writer })

  it('is published whole, in pieces when it is long, and never over somebody else’s', async () => {
    const empty = await new PublishedConfig(table).read()
    const published = await publishConfig(table, empty, [entry(1, 5000)], by('first'))
    const lost = await publishConfig(table, empty, [entry(2)], by('second'))
    const read = await new PublishedConfig(table).read()

    expect(empty).toEqual({ revision: 0, experiments: [] })
    expect(lost).toBeNull()
    expect(read).toEqual(published)
    expect(read.experiments[0]?.sources).toHaveLength(5000)
  })

  it('is read in pieces once, and again when another was published', async () => {
    const published = new PublishedConfig(table)
    const before = await published.read()
    const again = await published.read()
    const next = await publishConfig(table, before, [entry(7)], by('another'))

    expect(again).toBe(before)
    expect(await published.read()).toEqual(next)
  })

  it('keeps the pieces of the last ten revisions only', async () => {
    const pieces = async (revision: number) => (await queryAll(table, chunksOf(revision))).length
    for (let n = 0; n < 12; n++)
      await publishConfig(table, await new PublishedConfig(table).read(), [entry(n)], by(`writer ${n}`))
    const { revision, experiments } = await new PublishedConfig(table).read()

    expect(experiments).toEqual([entry(11)])
    expect(await Promise.all([9, 10, 11, 12].map((back) => pieces(revision - back)))).toEqual([1, 0, 0, 0])
  })

  it('is published past any number of writers that died, whose pieces go when the kept revisions have passed them', async () => {
    const before = await new PublishedConfig(table).read()
    const left = async () => (await queryAll(table, chunksOf(before.revision + 1))).length
    for (let n = 0; n < 30; n++)
      await putItem(table, chunkKey(before.revision + 1, `dead ${n}`, 0), { text: '{"revision"' })

    const published = await publishConfig(table, before, [entry(3)], by('alive'))
    const read = await new PublishedConfig(table).read()
    const kept = await left()
    for (let n = 0; n < 10; n++)
      await publishConfig(table, await new PublishedConfig(table).read(), [entry(n)], by(`writer ${n}`))

    expect(published?.revision).toBe(before.revision + 1)
    expect(read).toEqual(published)
    expect([kept, await left()]).toEqual([31, 0])
  })
})

describe('reports', () => {
  const report = (task: string, at: number, revision: number): GatewayReport => ({
    task,
    version: VERSION,
    startedAt: new Date(AT).toISOString(),
    at: new Date(at).toISOString(),
    revision,
    draining: false,
    neighbourPort: 8081,
    datagrams: {},
    experiments: {},
  })

  it('of two minutes back to now, and of clocks a minute off, are read; what was read two seconds ago is read again', async () => {
    const reports = new Reports(table)
    const read = async (now: number) =>
      (await reports.read(now - 120_000, now)).map(({ task, revision }) => `${task} ${revision}`).sort()
    for (const minutes of [-4, -3, 0, 1, 2])
      await writeReport(table, report(`task ${minutes}`, AT + minutes * 60_000, 1))

    const first = await read(AT)
    await writeReport(table, report('task 0', AT + 1_000, 2))
    const soon = await read(AT + 1_000)
    const later = await read(AT + 2_000)
    await writeReport(table, report('task 0', AT + 3_000, 3))
    const setBack = await read(AT - 60_000)

    expect(first).toEqual(['task -3 1', 'task 0 1', 'task 1 1'])
    expect(soon).toEqual(first)
    expect(later).toEqual(['task -3 1', 'task 0 2', 'task 1 1'])
    expect(setBack).toContain('task 0 3')
  })

  it('that could not be read are asked for again', async () => {
    const reports = new Reports(table)
    const minute = AT - 86_400_000
    await putItem(table, reportKey(minuteOf(new Date(minute)), 'task'), { version: 'none' })
    const failed = reports.read(minute, minute)
    await expect(failed).rejects.toThrow(/startedAt/)
    await writeReport(table, report('task', minute, 1))

    expect(await reports.read(minute, minute)).toHaveLength(1)
  })
})

it('meter points come in order of time, after any of them', async () => {
  const point = (second: number): MeterPoint => ({
    at: new Date(AT + second * 1000).toISOString(),
    spend: { basis: 'metered', totalUsd: second, lines: zeroLines(), standingUsd: 0 },
    forecastUsd: 0,
    volume: { packets: 0, bytes: 0 },
    requests: zeroRequests(),
    sessions: 0,
    gateways: 0,
  })
  for (const second of [3, 1, 2, 2]) await appendPoint(table, 'exp_m', point(second))

  const points = await listPoints(table, 'exp_m', all)
  const after = await listPoints(table, 'exp_m', { ...all, after: point(1).at })
  const page = await listPoints(table, 'exp_m', { maxResults: 1, after: point(1).at })
  const rest = await listPoints(table, 'exp_m', {
    maxResults: 5,
    after: point(1).at,
    nextToken: page.nextToken ?? '',
  })

  expect(points.items.map(({ spend }) => spend.totalUsd)).toEqual([1, 2, 3])
  expect(after.items.map(({ spend }) => spend.totalUsd)).toEqual([2, 3])
  expect([...page.items, ...rest.items].map(({ spend }) => spend.totalUsd)).toEqual([2, 3])
})

it('an audit entry is never replaced', async () => {
  const entry = {
    id: '01JD',
    experiment: 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y',
    at: new Date(AT).toISOString(),
    who: 'ada',
    what: 'created',
    why: null,
    before: null,
    after: { phase: 'scheduled' as const, outcome: null, endAt: new Date(AT).toISOString(), budgetUsd: 5 },
  }
  await appendAudit(table, entry)
  await appendAudit(table, { ...entry, who: 'eve' })

  expect((await listAudit(table, entry.experiment, all)).items).toEqual([entry])
  expect((await listTrail(table, all)).items).toEqual([entry])
})

describe('a VNI', () => {
  it('is given to nobody for an hour after its session ended, and forgotten then', async () => {
    await quarantine(table, 4711, new Date(AT).toISOString())
    await quarantine(table, 4712, new Date(AT + 60_000).toISOString())

    const within = await quarantined(table, AT + QUARANTINE_MS - 1)
    const after = await quarantined(table, AT + QUARANTINE_MS)
    const later = await quarantined(table, AT + QUARANTINE_MS + 60_000)

    expect(within.sort()).toEqual([4711, 4712])
    expect(after).toEqual([4712])
    expect(later).toEqual([])
  })
})
