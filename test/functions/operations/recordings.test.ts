import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { GatewayExperiment } from '../../../contract/gateway-config.ts'
import { RoleMembers } from '../../../contract/role.ts'
import { readRecord } from '../../../data-plane/record/read-record.ts'
import type { ControlPlane } from '../../../functions/reconcile/control-plane.ts'
import { sweepRecords } from '../../../functions/reconcile/sweep-records.ts'
import { PublishedConfig, publishConfig } from '../../../functions/store/gateway-config.ts'
import { Reports } from '../../../functions/store/reports.ts'
import { openApiOver } from '../../support/api.ts'
import { recordsBucket } from '../../support/aws-world.ts'
import { type Account, begin, openAccount, pass, read } from '../../support/experiment-account.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { MirroredConnection } from '../../support/mirrored-connection.ts'
import { startRecordingShadow } from '../../support/recording-shadow.ts'
import { putRecord, recording } from '../../support/records.ts'
import { sendDatagrams } from '../../support/send-datagrams.ts'

vi.setConfig({ testTimeout: 60_000 })

const DAY_MS = 86_400_000
const SECRET = 's3cr3t-session-of-jane'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const OTHER = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y'

/** A scheduled experiment with two records, and the API that knows of them. */
const recorded = async (given: Partial<ControlPlane['config']> = {}) => {
  const account = await openAccount()
  const startAt = new Date(account.clock.now() + DAY_MS).toISOString()
  const id = await begin(account, experimentSpec({ window: { startAt, durationSeconds: 60 } }))
  for (const name of ['task-1.ndjson.gz', 'task-2.ndjson.gz']) await putRecord(account, id, name)
  await putRecord(account, OTHER, 'task-1.ndjson.gz')
  const api = openApiOver(recording(account.plane, given))
  const send = (path: string, body?: object, authorizer?: unknown) =>
    api.send({
      ...(body === undefined ? { path } : { method: 'POST', path, body }),
      ...(authorizer !== undefined && { authorizer }),
    })
  const trail = async () =>
    (await send(`/experiments/${id}/audit`)).body.entries.map(
      ({ what, why }: { what: string; why: string }) => [what, why],
    )
  return { account, id, send, trail }
}

describe('what an experiment has recorded', () => {
  it('is listed with its sizes and its end, and nothing of another’s', async () => {
    const { account, id, send } = await recorded()

    const { status, body } = await send(`/experiments/${id}/records`)

    expect(status).toBe(200)
    expect(body).toMatchObject({ experiment: id, bytes: 12 })
    expect(body.records.map(({ name }: { name: string }) => name)).toEqual([
      ...['task-1.ndjson.gz', 'task-2.ndjson.gz'],
    ])
    const [{ at, deletedAfter }] = body.records
    expect(Date.parse(deletedAfter) - Date.parse(at)).toBe(7 * DAY_MS)
    expect(Math.abs(Date.parse(at) - account.clock.now())).toBeLessThan(60_000)
  })

  it('is read whole, and who read it why stands in the trail', async () => {
    const { id, send, trail } = await recorded()

    const opened = await send(`/experiments/${id}/records/task-1.ndjson.gz/read`, { reason: 'Ticket 7.' })
    const absent = await send(`/experiments/${id}/records/task-9.ndjson.gz/read`, {})
    const elsewhere = await send(`/experiments/${id}/records/..%2Fevidence.json/read`, {})

    expect(Buffer.from(opened.body.gzip, 'base64').toString()).toBe('packed')
    expect([absent.status, elsewhere.status]).toEqual([404, 400])
    expect(await trail()).toContainEqual(['record read: task-1.ndjson.gz', 'Ticket 7.'])
    expect((await trail()).filter(([what]: string[]) => what?.startsWith('record read')).length).toBe(1)
  })

  it('is read with a reason only, where a second person has to approve anything', async () => {
    const { id, send, trail } = await recorded({ fourEyes: ['writes'] })
    const path = `/experiments/${id}/records/task-1.ndjson.gz/read`

    const refused = await send(path, {})
    const opened = await send(path, { reason: 'Ticket 7.' })

    expect([refused.status, refused.body.errors[0].path, opened.status]).toEqual([400, 'body.reason', 200])
    expect((await trail()).filter(([what]: string[]) => what?.startsWith('record read'))).toEqual([
      ['record read: task-1.ndjson.gz', 'Ticket 7.'],
    ])
  })

  it('is deleted on demand, with an entry in the trail; others’ stay', async () => {
    const { account, id, send, trail } = await recorded()

    const { body } = await send(`/experiments/${id}/records/delete`, { reason: 'Not needed.' })

    expect(body).toEqual({ experiment: id, records: [], bytes: 0 })
    expect(await trail()).toContainEqual(['records deleted: 2', 'Not needed.'])
    expect(account.cloud.objects.versions(recordsBucket, '').length).toBe(1)
  })

  it('is read by approvers and admins, deleted by operators, and listed by all', async () => {
    const groups = Object.fromEntries(
      ['viewer', 'operator', 'approver', 'admin'].map((role) => [role, [role]]),
    )
    const { id, send } = await recorded({ roles: RoleMembers.parse(groups) })
    const as = async (role: string) => {
      const authorizer = { jwt: { claims: { sub: role, groups: `[${role}]` }, scopes: null } }
      const path = `/experiments/${id}/records`
      const listed = await send(path, undefined, authorizer)
      const read = await send(`${path}/task-1.ndjson.gz/read`, {}, authorizer)
      const deleted = await send(`${path}/delete`, {}, authorizer)
      return [listed.status, read.status, deleted.status]
    }

    expect(await as('viewer')).toEqual([200, 403, 403])
    expect(await as('approver')).toEqual([200, 200, 403])
    expect(await as('operator')).toEqual([200, 403, 200])
    expect(await as('admin')).toEqual([200, 404, 200])
  })

  it('goes when its time is over, within the hour, whichever experiment it is of', async () => {
    const { account } = await recorded()
    const plane = recording(account.plane, { recordsMs: 2 * DAY_MS })
    const hour = 3_600_000
    const toFullHour = () => account.clock.advance(hour - (account.clock.now() % hour))

    await toFullHour()
    const early = await sweepRecords(plane)
    await account.clock.advance(2 * DAY_MS)
    await putRecord(account, OTHER, 'task-2.ndjson.gz')
    await account.clock.advance(hour / 2)
    const between = await sweepRecords(plane)
    await toFullHour()
    const late = await sweepRecords(plane)

    expect([early.length, between.length, late.length]).toEqual([0, 0, 3])
    expect(account.cloud.objects.versions(recordsBucket, '').map(({ key }) => key)).toEqual([
      `records/${OTHER}/task-2.ndjson.gz`,
    ])
  })

  it('is what its spec says: told to the gateways with its limits, and in the ledger for as long as it is kept', async () => {
    const account = await openAccount()
    const record = { megabytes: 5, seconds: 60 }
    const id = await begin(account, experimentSpec({ requests: { record } }))

    for (let ticks = 0; ticks < 6; ticks++) await pass(account)
    const { experiments } = await account.plane.published.read()
    const api = openApiOver(recording(account.plane))
    const { body: ledger } = await api.send({ path: `/experiments/${id}/ledger` })

    const { experiment } = await read(account.plane, id)
    expect(experiments.map(({ record }) => record)).toEqual([
      { bytes: 5_000_000, until: new Date(Date.parse(experiment.startAt) + 60_000).toISOString() },
    ])
    expect(ledger.totalUsd).toBe(experiment.spend.totalUsd)
    expect(ledger.lines).toContainEqual(
      expect.objectContaining({
        item: 'GB-months of records in S3, at most',
        quantity: 0.005 * (7 / 30),
        basis: 'metered',
      }),
    )
  })

  it('is refused where nothing is redacted, and where there is no bucket for it', async () => {
    const account = await openAccount()
    const [without, bucket] = [openApiOver(account.plane), openApiOver(recording(account.plane))]
    const spec = (requests: object) => ({
      method: 'POST',
      path: '/plans',
      body: { ...experimentSpec(), requests },
    })

    const refused = await without.send(spec({ record: {} }))
    const accepted = await bucket.send(spec({ record: {} }))
    const bare = await bucket.send(spec({ record: {}, redaction: { mode: 'off' } }))

    expect(refused.body.problems).toContainEqual(expect.stringMatching(/^This deployment keeps no records/))
    expect(accepted.body.problems).toEqual([])
    expect(bare.status).toBe(400)
    expect(bare.body.errors).toEqual([
      {
        path: 'body.requests.record',
        message: expect.stringMatching(/^what is not redacted is not recorded/),
      },
    ])
  })

  it('is written by gateway tasks, redacted, each part a record that a gateway reads', async () => {
    const { account, id, send } = await recorded()
    const { table } = account.plane
    const shadow = await startRecordingShadow()
    cleanups.push(shadow.stop)
    const entry = GatewayExperiment.parse({
      ...{ id, ports: [8080], shadow: { url: shadow.url }, percent: 100, writes: 'hold' },
      until: new Date(Date.now() + 3_600_000).toISOString(),
      record: { bytes: 1_000_000, until: new Date(Date.now() + 3_600_000).toISOString() },
      sources: [{ vni: 7, eni: 'eni-00000000000000001', address: '127.0.0.5', mac: '02:00:00:00:00:01' }],
    })
    await publishConfig(table, await new PublishedConfig(table).read(), [entry], {
      at: new Date(),
      writer: 'test',
    })
    const task = await startTask(account, table.name)
    const connection = new MirroredConnection({
      vni: 7,
      client: { address: '10.0.0.1', port: 33_000 },
      server: { address: '10.1.0.9', port: 8080 },
    })
    const get = `GET /a HTTP/1.1\r\nHost: h\r\nCookie: session=${SECRET}\r\n\r\n`

    await sendDatagrams(
      [
        ...connection.open(),
        ...connection.request(Buffer.from(get)),
        ...connection.response(Buffer.from('HTTP/1.1 204 No Content\r\n\r\n')),
        ...connection.close(),
      ],
      task.udp,
      '127.0.0.5',
    )
    await vi.waitFor(() => expect(shadow.requests.length).toBe(1), { timeout: 20_000 })
    task.child.kill('SIGTERM')
    await task.exited
    const { body } = await send(`/experiments/${id}/records`)
    const name = body.records
      .map((record: { name: string }) => record.name)
      .find((one: string) => /^gateway-/.test(one))
    const opened = await send(`/experiments/${id}/records/${name}/read`, {})
    const reports = await new Reports(table).read(Date.now() - 600_000, Date.now())

    expect(reports.at(-1)?.experiments[id]?.recorded).toMatchObject({ exchanges: 1 })
    const packed = Buffer.from(opened.body.gzip, 'base64')
    const content = readRecord(packed)
    expect(gunzipSync(packed).toString()).not.toContain(SECRET)
    expect(content).toMatchObject({ redacted: true, cut: null })
    expect(
      content.exchanges.map(({ request, production, shadow }) => [
        request.target,
        production?.status,
        shadow?.answer?.status,
      ]),
    ).toEqual([['/a', 204, 200]])
  })
})

const startTask = async (account: Account, table: string) => {
  const child: ChildProcess = fork(new URL('../../../data-plane/main.ts', import.meta.url), [], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: {
      PATH: process.env.PATH,
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: account.cloud.address,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      SHADOWMETER_TABLE: table,
      SHADOWMETER_TASK: 'gateway/7',
      SHADOWMETER_RECORDS_BUCKET: recordsBucket,
      SHADOWMETER_SHADOWS: '{"ranges":[{"cidr":"127.0.0.0/8"}],"hosts":[]}',
      SHADOWMETER_LISTEN: '127.0.0.1:0',
      SHADOWMETER_HEALTH: '127.0.0.1:0',
    },
  })
  cleanups.push(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  const udp = Promise.withResolvers<{ address: string; port: number }>()
  const configured = Promise.withResolvers<void>()
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const entry = JSON.parse(line)
    const [address = '', port] = String(entry.udp ?? '').split(':')
    if (entry.event === 'started') udp.resolve({ address, port: Number(port) })
    if (entry.event === 'configured') configured.resolve()
  })
  await Promise.race([configured.promise, exited.then(() => Promise.reject(new Error('the task ended')))])
  return { child, exited, udp: await udp.promise }
}
