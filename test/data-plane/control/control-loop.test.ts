import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type GatewayConfig, toChunks } from '../../../contract/gateway-config.ts'
import type { GatewayReport } from '../../../contract/gateway-report.ts'
import { minuteOf, reportsOf } from '../../../contract/table.ts'
import { ControlLoop, type ControlLoopOptions } from '../../../data-plane/control/control-loop.ts'
import { type ControlTableServer, startControlTable } from '../../support/control-table.ts'
import { EXPERIMENT, gatewayExperiment } from '../../support/gateway-experiment.ts'
import { until } from '../../support/recording-shadow.ts'

const TABLE = 'control-loop'
let table: ControlTableServer
let client: DynamoDBDocumentClient
const loops: ControlLoop[] = []

beforeAll(async () => {
  table = await startControlTable(TABLE)
  client = table.client
})
afterEach(async () => {
  for (const loop of loops.splice(0)) await loop.stop()
})
afterAll(() => table.stop())

const publish = (config: GatewayConfig) => table.publish(config)

const experiment = (sources: number) =>
  gatewayExperiment({
    id: EXPERIMENT,
    shadow: { url: 'http://127.0.0.1:9000' },
    sources: Array.from({ length: sources }, (_, i) => ({
      vni: i + 1,
      eni: `eni-${String(i).padStart(17, '0')}`,
      address: '10.0.1.9',
      mac: '02:00:00:00:00:01',
    })),
  })

const follow = (given: Partial<ControlLoopOptions> = {}) => {
  const applied: GatewayConfig[] = []
  const events: string[] = []
  const task = `task-${loops.length}-${performance.now()}`
  const loop = new ControlLoop({
    table: { client, name: TABLE },
    reportEveryMs: 60_000,
    task,
    comparisons: async () => ({}),
    apply: async (config) => {
      applied.push(config)
    },
    report: async (revision, draining): Promise<GatewayReport> => ({
      task,
      version: '0.1.0',
      startedAt: '2026-11-21T14:00:00.000Z',
      at: '2026-11-21T14:05:30.000Z',
      revision,
      draining,
      datagrams: { accepted: 3 },
      experiments: {},
    }),
    log: (_level, event) => events.push(event),
    random: () => 0.5,
    ...given,
  })
  loops.push(loop)
  loop.start()
  const lastReport = async () =>
    (
      await client.send(
        new GetCommand({ TableName: TABLE, Key: { pk: 'REPORTS#2026-11-21T14:05', sk: task } }),
      )
    ).Item
  return { loop, applied, events, task, lastReport }
}

test('before anything is published runs an empty configuration and reports', async () => {
  const { loop, applied, lastReport } = follow()

  await until(() => loop.revision === 0)
  await loop.stop()

  expect(applied).toEqual([{ revision: 0, experiments: [] }])
  expect(await lastReport()).toMatchObject({ revision: 0, draining: true, datagrams: { accepted: 3 } })
})

test('applies a new revision of many pieces once and acknowledges it at once', async () => {
  await publish({ revision: 1, experiments: [] })
  const { loop, applied, lastReport } = follow()
  await until(() => loop.revision === 1)
  const config: GatewayConfig = { revision: 2, experiments: [experiment(8_000)] }
  expect(toChunks(config).length).toBeGreaterThan(2)

  await publish(config)
  await until(() => loop.revision === 2, 4_000)
  await until(() => applied.length === 2)
  let report = await lastReport()
  for (let i = 0; i < 50 && report?.revision !== 2; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    report = await lastReport()
  }

  expect(applied).toEqual([{ revision: 1, experiments: [] }, config])
  expect(report).toMatchObject({ revision: 2, draining: false })
})

test('writes one report per task and minute, the last one saying that it drains', async () => {
  const { loop, task } = follow({ reportEveryMs: 20 })
  await until(() => loop.revision >= 0)
  await new Promise((resolve) => setTimeout(resolve, 100))

  await loop.stop()

  const { Items } = await client.send(
    new QueryCommand({
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': reportsOf(minuteOf(new Date('2026-11-21T14:05:30Z'))) },
    }),
  )
  expect(Items?.filter(({ sk }) => sk === task)).toMatchObject([{ draining: true }])
})

test('a comparison that cannot be written is said and keeps no report back', async () => {
  const { loop, events, lastReport } = follow({
    comparisons: async () => {
      throw new Error('no')
    },
  })

  await until(() => loop.revision >= 0)
  await loop.stop()

  expect(await lastReport()).toMatchObject({ draining: true, datagrams: { accepted: 3 } })
  expect(events).toContain('comparison not written')
})

test('a configuration that cannot be applied leaves the one before in force and is tried again', async () => {
  await publish({ revision: 5, experiments: [] })
  let attempts = 0
  const { loop, events } = follow({
    apply: async () => {
      if (++attempts === 1) throw new Error('no')
    },
  })

  await until(() => attempts === 1)
  expect(loop.revision).toBe(-1)
  await until(() => loop.revision === 5, 4_000)

  expect(loop.errors).toBe(1)
  expect(events).toContain('configuration not read')
})

test('a table that does not answer does not hold up the end', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const unanswering = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
  )
  const { loop } = follow({ table: { client: unanswering, name: TABLE } })
  await new Promise((resolve) => setTimeout(resolve, 100))

  const started = performance.now()
  await loop.stop(300)

  expect(performance.now() - started).toBeLessThan(1_000)
  loops.pop()
  unanswering.destroy()
  silent.closeAllConnections()
  silent.close()
})

test('a table that cannot be reached is counted and does not throw', async () => {
  const unreachable = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint: 'http://127.0.0.1:1',
      region: 'eu-west-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    }),
  )
  const { loop, applied } = follow({ table: { client: unreachable, name: TABLE } })

  await until(() => loop.errors >= 2)
  await loop.stop()
  unreachable.destroy()

  expect(applied).toEqual([])
  expect(loop.revision).toBe(-1)
})
