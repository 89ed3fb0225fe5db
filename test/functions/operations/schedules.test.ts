import { describe, expect, it } from 'vitest'
import type { ScheduleEntry } from '../../../contract/audit.ts'
import type { WindowSchedule } from '../../../contract/window-schedule.ts'
import { scheduleEntry } from '../../../functions/experiments/audit.ts'
import { openWindows } from '../../../functions/reconcile/windows.ts'
import { readRecord } from '../../../functions/store/experiments.ts'
import { allScheduleRecords, updateScheduleRecord } from '../../../functions/store/window-schedules.ts'
import { openApiOver } from '../../support/api.ts'
import * as world from '../../support/aws-world.ts'
import { dependencies } from '../../support/declared.ts'
import { type Account, openAccount, pass } from '../../support/experiment-account.ts'

const PATIENT = { timeout: 60_000 }

/** The account’s clock begins on Saturday 2026-11-21 at 12:00:00 UTC. */
const body = {
  experiment: {
    name: 'checkout',
    source: { by: 'eni', ids: [world.eni(1)] },
    traffic: { ports: [8080] },
    shadow: { url: 'http://127.0.0.1:9000' },
    dependencies,
    window: { durationSeconds: 60 },
    budgetUsd: 5,
  },
  cron: '0/5 * * * ? *',
}
const open = async () => {
  const account = await openAccount()
  const api = openApiOver(account.plane)
  const create = (more: object = {}, headers: Record<string, string> = {}) =>
    api.send({ method: 'POST', path: '/schedules', body: { ...body, ...more }, headers })
  const read = async (id: string): Promise<WindowSchedule> =>
    (await api.send({ path: `/schedules/${id}` })).body
  const experiments = async () => (await api.send({ path: '/experiments' })).body.experiments
  return { account, api, create, read, experiments }
}
const seconds = (account: Account, n: number) => account.clock.advance(n * 1000)

describe('a schedule through the API', PATIENT, () => {
  it('shows its next ten windows, before and after it is created, and is listed and deleted', async () => {
    const { api, create, read } = await open()

    const preview = await api.send({ method: 'POST', path: '/schedules/preview', body })
    const created = await create({}, { 'idempotency-key': 'a' })
    const again = await create({}, { 'idempotency-key': 'a' })
    const { id } = created.body
    const listed = await api.send({ path: '/schedules' })
    const seen = await read(id)
    const deleted = await api.send({ method: 'DELETE', path: `/schedules/${id}` })
    const gone = await api.send({ path: `/schedules/${id}` })

    expect(preview.body.next).toHaveLength(10)
    expect(preview.body.next.slice(0, 2)).toEqual(['2026-11-21T12:05:00.000Z', '2026-11-21T12:10:00.000Z'])
    expect(created).toMatchObject({
      status: 201,
      body: { createdBy: 'local', past: [], next: preview.body.next },
    })
    expect(again.body.id).toBe(id)
    expect(listed.body.schedules.map((one: WindowSchedule) => one.id)).toEqual([id])
    expect(seen.spec).toMatchObject({ timeZone: 'UTC', blackoutDates: [] })
    expect(deleted.status).toBe(200)
    expect(gone.status).toBe(404)
  })

  it('refuses what is no cron expression and windows that overlap, naming the field', async () => {
    const { create } = await open()

    const bad = await create({ cron: 'every tuesday' })
    const overlapping = await create({
      cron: '* * * * ? *',
      experiment: { ...body.experiment, window: { durationSeconds: 90 } },
    })

    const nowhere = await create({
      experiment: { ...body.experiment, source: { by: 'eni', ids: [world.newFamilyEni] } },
    })

    expect(nowhere).toMatchObject({ status: 422, body: { errors: [{ path: 'body' }] } })
    expect(bad).toMatchObject({ status: 400, body: { errors: [{ path: 'body.cron' }] } })
    expect(overlapping.body.detail).toContain('Windows would overlap')
  })
})

describe('a change of a schedule', PATIENT, () => {
  it('is in force for the windows from now on, and in the audit trail with its creation and deletion', async () => {
    const { account, api, create, read, experiments } = await open()
    const { id } = (await create()).body
    const change = (change: object) => api.send({ method: 'PATCH', path: `/schedules/${id}`, body: change })
    await pass(account, account.plane, 1)

    const changed = await change({
      cron: '0/30 * * * ? *',
      blackoutDates: ['2026-11-22'],
      reason: 'Too often.',
      ifRevision: 1,
    })
    const stale = await change({ cron: '0/10 * * * ? *', ifRevision: 1 })
    const bad = await change({ cron: 'now and then' })
    await pass(account, account.plane, 1)
    const past = (await read(id)).past
    await api.send({ method: 'DELETE', path: `/schedules/${id}`, query: { reason: 'Done with it.' } })
    const { entries } = (await api.send({ path: '/audit' })).body
    const told: ScheduleEntry[] = entries.filter((entry: object) => 'schedule' in entry)

    expect(changed.body).toMatchObject({
      revision: 2,
      next: expect.arrayContaining(['2026-11-21T12:30:00.000Z']),
    })
    expect(changed.body.next).not.toContain('2026-11-22T00:00:00.000Z')
    expect(stale).toMatchObject({ status: 409, body: { type: 'urn:shadowmeter:problem:conflict' } })
    expect(bad).toMatchObject({ status: 400, body: { errors: [{ path: 'body.cron' }] } })
    expect(past.map(({ at }) => at)).toEqual(['2026-11-21T12:10:00.000Z', '2026-11-21T12:05:00.000Z'])
    expect(await experiments()).toHaveLength(2)
    expect(
      told.map(({ what, who, why, before, after }) => [what, who, why, before?.cron, after?.cron]),
    ).toEqual([
      ['schedule deleted', 'local', 'Done with it.', '0/30 * * * ? *', undefined],
      ['schedule changed', 'local', 'Too often.', '0/5 * * * ? *', '0/30 * * * ? *'],
      ['schedule created', 'local', null, undefined, '0/5 * * * ? *'],
    ])
  })

  it('that dies before its entry is in the trail is told by the next tick', async () => {
    const { account, api, create } = await open()
    const { id } = (await create()).body
    const [record] = await allScheduleRecords(account.plane.table)
    const now = new Date(account.clock.now())
    const states = { before: record!.spec, after: null }
    const entry = scheduleEntry({ id, revision: 2 }, states, { who: 'ada', why: null }, now)
    await updateScheduleRecord(account.plane.table, { ...record!, deleted: true, outbox: [entry] })

    const gone = await api.send({ path: `/schedules/${id}` })
    await openWindows(account.plane)
    const { entries } = (await api.send({ path: '/audit' })).body

    expect(gone.status).toBe(404)
    expect(entries).toContainEqual(entry)
    expect(await allScheduleRecords(account.plane.table)).toEqual([])
  })
})

describe('windows', PATIENT, () => {
  it('are made ahead of their pre-notice as runs of their own, each once, whatever is repeated', async () => {
    const { account, create, read, experiments } = await open()
    const window = { durationSeconds: 60, preNoticeMinutes: 5 }
    const { id } = (await create({ experiment: { ...body.experiment, window } })).body
    const [before] = await allScheduleRecords(account.plane.table)

    await pass(account, account.plane, 0)
    // As after a crash between the experiments and the note that they are made.
    await updateScheduleRecord(account.plane.table, { ...before!, version: before!.version + 1 })
    await pass(account, account.plane, 0)
    await pass(account, account.plane, 0)
    const made = await experiments()
    const { past } = await read(id)

    expect(made.map(({ startAt, phase }: { startAt: string; phase: string }) => [startAt, phase])).toEqual([
      ['2026-11-21T12:15:00.000Z', 'scheduled'],
      ['2026-11-21T12:10:00.000Z', 'scheduled'],
      ['2026-11-21T12:05:00.000Z', 'scheduled'],
    ])
    expect(past.map(({ at, experiment, skipped }) => [at, experiment, skipped])).toEqual(
      made.map(({ id: of, startAt }: { id: string; startAt: string }) => [startAt, of, null]),
    )
  })

  it('that were missed while the control plane was away are skipped and said', async () => {
    const { account, create, read, experiments } = await open()
    const { id } = (await create({ cron: '0/20 * * * ? *' })).body

    await seconds(account, 41 * 60)
    await openWindows(account.plane)
    const { past, next } = await read(id)

    expect(past).toEqual([
      {
        at: '2026-11-21T12:40:00.000Z',
        experiment: null,
        skipped: 'The control plane was not there when it began.',
      },
      {
        at: '2026-11-21T12:20:00.000Z',
        experiment: null,
        skipped: 'The control plane was not there when it began.',
      },
    ])
    expect(next[0]).toBe('2026-11-21T13:00:00.000Z')
    expect(await experiments()).toEqual([])
    expect(account.lines.join()).toContain('a window was missed')
  })

  /** What the source received in the last five minutes that are over, in bytes a second. */
  const feed = ({ cloud, clock }: Account, bytesPerSecond: number) => {
    const at = Math.floor(clock.now() / 300_000) * 300_000 - 300_000
    const sum = 300 * bytesPerSecond
    for (const name of ['NetworkIn', 'NetworkOut'])
      cloud.feedMetric({
        ...{ namespace: 'AWS/EC2', name, dimensions: [{ name: 'InstanceId', value: world.instance(1) }] },
        ...{ unit: 'Bytes', at, count: 1, sum, minimum: sum, maximum: sum },
      })
  }

  it('know the busiest five minutes of their sources, as experiments that are asked for do', async () => {
    const { account, create, read } = await open()
    feed(account, 10e6)
    await seconds(account, 60)
    const { id } = (await create()).body

    await pass(account, account.plane, 0)
    const [made] = (await read(id)).past
    const record = await readRecord(account.plane.table, made?.experiment ?? '')

    expect(record?.life.peakBytesPerSecond).toBe(10e6)
  })

  it('whose peak does not fit into the largest fleet by then are skipped and said', async () => {
    const { account, create, read, experiments } = await open()
    const { id } = (await create()).body
    feed(account, 300e6)
    await seconds(account, 90)

    await pass(account, account.plane, 0)
    const { past } = await read(id)

    expect(past[0]).toMatchObject({
      experiment: null,
      skipped: expect.stringMatching(/would have to take 300 MB a second .* 8 tasks at most/),
    })
    expect(await experiments()).toEqual([])
  })

  it('open no more once the schedule is deleted', async () => {
    const { account, api, create, experiments } = await open()
    const { id } = (await create()).body

    await api.send({ method: 'DELETE', path: `/schedules/${id}` })
    await pass(account, account.plane, 0)

    expect(await experiments()).toEqual([])
  })
})
