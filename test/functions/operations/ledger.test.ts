import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { LedgerLine, LedgerRow } from '../../../contract/ledger.ts'
import { addUsd, owed } from '../../../contract/money.ts'
import { noPayload, zeroRequests } from '../../../contract/traffic.ts'
import { GATEWAY_SIZE } from '../../../functions/cost/usage.ts'
import { newRecord } from '../../../functions/experiments/phases.ts'
import type { SessionRecord } from '../../../functions/experiments/record.ts'
import { experimentId } from '../../../functions/experiments/ulid.ts'
import { createRecord } from '../../../functions/store/experiments.ts'
import { writeSession } from '../../../functions/store/ledger.ts'
import { writeTask } from '../../../functions/store/tasks.ts'
import { type ApiUnderTest, createTable, openApiAt, startDynamo } from '../../support/api.ts'
import { apiConfig, someSpec } from '../../support/api-config.ts'

let dynamo: Awaited<ReturnType<typeof startDynamo>>
let api: ApiUnderTest
beforeAll(async () => {
  dynamo = await startDynamo()
  const config = apiConfig('ledger-test')
  await createTable(dynamo.endpoint, config.table)
  api = openApiAt(dynamo.endpoint, config)
})
afterAll(async () => {
  api.close()
  await dynamo.close()
})

const createdAt = '2026-11-21T12:00:00.000Z'
const session: SessionRecord = {
  eni: 'eni-0123456789abcdef0',
  generation: 0,
  slot: 0,
  instance: 'i-0123456789abcdef0',
  parked: false,
  leaving: false,
  state: 'deleted',
  session: 'tms-0123456789abcdef0',
  vni: 77,
  number: 32766,
  address: '10.0.0.4',
  mac: '02:00:00:00:00:04',
  availabilityZone: 'us-east-1a',
  expiresAt: '2026-11-21T14:00:00.000Z',
  killAt: '2026-11-21T14:00:00.000Z',
  intendedAt: createdAt,
  createdAt,
  knownAt: createdAt,
  deletedAt: '2026-11-21T13:00:01.000Z',
}

/** An hour and a second of one session, an intent that came to nothing, an hour of one gateway task and 20 GB. */
const store = async (gatewaySize = GATEWAY_SIZE): Promise<string> => {
  const { table } = api.surroundings
  const now = new Date(createdAt)
  const id = experimentId(now.getTime(), randomBytes(10))
  const record = newRecord(someSpec, { id, by: 'test', now, gatewaySize })
  await createRecord(table, {
    experiment: { ...record.experiment, meteredAt: '2026-11-21T13:30:00.000Z' },
    life: { ...record.life, ticks: 60, standingSeconds: 3600, crossAzShare: 0.5 },
  })
  await writeSession(table, id, session)
  await writeSession(table, id, {
    ...session,
    generation: 1,
    state: 'intended',
    session: null,
    createdAt: null,
    knownAt: null,
    deletedAt: null,
  })
  await writeTask(table, id, {
    task: 'a1b2',
    version: '0.1.0',
    since: createdAt,
    at: '2026-11-21T13:00:00.000Z',
    seconds: 3600,
    volume: { packets: 20_000_000, bytes: 19e9 },
    requests: zeroRequests(),
    redacted: {},
    heldBack: {},
    recorded: {},
    cut: 0,
    packets: {},
    gapBytes: 0,
    datagrams: {},
    served: { shadow: 0, control: 0 },
    leftOut: 0,
    payload: noPayload(),
    sources: {},
    latency: [],
    lag: [],
  })
  return id
}

it('explains every dollar: rows add up to their line, lines to the total', async () => {
  const id = await store()

  const { status, body } = await api.send({ path: `/experiments/${id}/ledger` })
  const rows: LedgerRow[] = body.rows
  const lines: LedgerLine[] = body.lines

  expect(status).toBe(200)
  expect(body.at).toBe('2026-11-21T13:30:00.000Z')
  expect(rows.map(({ state, hours, usd }) => [state, hours, usd])).toEqual([
    ['deleted', 2, 0.03],
    ['intended', 0, 0],
  ])
  const usd = Object.fromEntries(lines.map((line) => [line.item, line.usd]))
  expect(usd['begun session-hours']).toBe(0.03)
  expect(usd['NLCU-hours, decided by GB with outer headers']).toBeCloseTo(20 * 0.006, 12)
  expect(usd['vCPU-hours of gateway tasks']).toBeCloseTo(0.03238, 12)
  expect(usd['GB-hours of gateway tasks']).toBeCloseTo(2 * 0.00356, 12)
  expect(usd['GB with outer headers between Availability Zones, both directions']).toBeCloseTo(0.2, 12)
  for (const line of lines) expect(line.usd).toBe(owed(line.quantity, line.price.usd))
  expect(body.totalUsd).toBe(
    addUsd(...lines.flatMap(({ line, usd: of }) => (line === 'standing' ? [] : [of]))),
  )
  expect(body.pricesFrom).toContain('Shadowmeter’s own table')
})

it('comes page by page, with the account of all of it on each page', async () => {
  const id = await store()
  const ask = (query: Record<string, string>) => api.send({ path: `/experiments/${id}/ledger`, query })

  const first = await ask({ maxResults: '1' })
  const second = await ask({ maxResults: '1', nextToken: first.body.nextToken })
  const wrong = await ask({ nextToken: '%%' })

  const generations = [first, second].map(({ body }) => body.rows.map((row: LedgerRow) => row.generation))
  expect(generations).toEqual([[0], [1]])
  expect(second.body.nextToken).toBeNull()
  expect(second.body.lines).toEqual(first.body.lines)
  expect([first.body.sessions, second.body.sessions]).toEqual([2, 2])
  expect([wrong.status, wrong.body.errors[0].path]).toEqual([400, 'query.nextToken'])
})

it('prices the seconds of gateways of the size that the deployment had', async () => {
  const id = await store({ vcpus: 4, memoryGb: 8 })

  const { body } = await api.send({ path: `/experiments/${id}/ledger` })
  const quantities = new Map(body.lines.map(({ item, quantity }: LedgerLine) => [item, quantity]))

  expect(quantities.get('vCPU-hours of gateway tasks')).toBe(4)
  expect(quantities.get('GB-hours of gateway tasks')).toBe(8)
})
