import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DescribeTrafficMirrorFiltersCommand,
  DescribeTrafficMirrorSessionsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { apiClient } from '../support/api-client.ts'
import { eventually } from '../support/aws-clients.ts'
import { freePorts, type LocalSystem, processesBelow, startLocalSystem } from '../support/local-system.ts'
import { type RecordingShadow, startRecordingShadow } from '../support/recording-shadow.ts'

/** The local tick is 5 seconds, its lease 15; a schedule fires within its second. */
const LEASE_SECONDS = 15

let production: RecordingShadow
let shadow: RecordingShadow
let lastArrival = 0
let data: string
let system: LocalSystem | undefined
let traffic: NodeJS.Timeout
let front: URL | null = null

beforeAll(async () => {
  production = await startRecordingShadow()
  shadow = await startRecordingShadow((_request, response) => {
    lastArrival = Date.now()
    response.end('ok')
  })
  traffic = setInterval(() => {
    if (!front) return
    request(front, { agent: false }, (response) => response.resume())
      .on('error', () => {})
      .end()
  }, 100)
})

afterAll(async () => {
  clearInterval(traffic)
  await production.stop()
  await shadow.stop()
})

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'shadowmeter-'))
})

afterEach(async () => {
  front = null
  await system?.stop()
  await rm(data, { recursive: true })
})

const start = async (port: number) => {
  const started = await startLocalSystem([
    '--port',
    String(port),
    '--data',
    data,
    '--production',
    `127.0.0.1:${production.port}`,
    '--shadow',
    shadow.url,
    '--no-demo',
  ])
  system = started
  front = new URL('/steady', started.production ?? '')
  const settings = {
    endpoint: started.aws,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  }
  const ec2 = new EC2Client(settings)
  const scheduler = new SchedulerClient(settings)
  const api = apiClient(started.api)
  return {
    system: started,
    api,
    mirrored: async () => {
      const { sources } = await api.sources()
      const eni = sources.find(({ name }) => name?.includes(String(production.port)))?.eni ?? ''
      const created = await api.create({
        name: 'Outage',
        source: { by: 'eni', ids: [eni] },
        traffic: { ports: [production.port] },
        shadow: { url: shadow.url },
        window: { durationSeconds: 45 },
        budgetUsd: 5,
      })
      const since = Date.now()
      await eventually(async () => lastArrival > since, 40_000)
      return created
    },
    /** What still costs money or could mirror, as AWS has it. */
    left: async () => ({
      sessions: (await ec2.send(new DescribeTrafficMirrorSessionsCommand({}))).TrafficMirrorSessions?.length,
      rules: (await ec2.send(new DescribeTrafficMirrorFiltersCommand({}))).TrafficMirrorFilters?.flatMap(
        ({ IngressFilterRules = [], EgressFilterRules = [] }) => [
          ...IngressFilterRules,
          ...EgressFilterRules,
        ],
      ).length,
      schedules: ((await scheduler.send(new ListSchedulesCommand({}))).Schedules ?? [])
        .map(({ Name }) => Name)
        .filter((name) => name !== 'tick').length,
      gateways: processesBelow(started.process.pid ?? 0, 'data-plane/main.ts').length,
    }),
  }
}

const NOTHING = { sessions: 0, rules: 0, schedules: 0, gateways: 0 }

test('without its control plane packets stop at the lease, sessions and gateways by their own schedules', async () => {
  const local = await start(await freePorts())
  const { endAt } = await local.mirrored()
  const [controlPlane = 0] = processesBelow(local.system.process.pid ?? 0, 'control-plane-process.ts')
  process.kill(controlPlane, 'SIGKILL')
  const killedAt = Date.now()

  await eventually(async () => (await local.left()).rules === 0, (LEASE_SECONDS + 10) * 1000)
  await new Promise((resolve) => setTimeout(resolve, 2000))
  const stoppedAfter = (lastArrival - killedAt) / 1000
  expect(stoppedAfter).toBeGreaterThan(0)
  expect(stoppedAfter).toBeLessThan(LEASE_SECONDS + 5)

  await eventually(
    async () => JSON.stringify(await local.left()) === JSON.stringify(NOTHING),
    Date.parse(endAt) - Date.now() + 60_000,
  )
  expect(lastArrival).toBeLessThan(Date.parse(endAt))
}, 150_000)

const killEverything = async ({ process: main }: LocalSystem) => {
  const pids = processesBelow(main.pid ?? 0, '')
  const ended = once(main, 'exit')
  for (const pid of [main.pid ?? 0, ...pids]) process.kill(pid, 'SIGKILL')
  await ended
  front = null
}

test('after kill -9 of everything a restart goes on where it was, and the experiment ends in time', async () => {
  const port = await freePorts()
  const before = await start(port)
  const { id, endAt } = await before.mirrored()
  await killEverything(before.system)

  const after = await start(port)
  const restartedAt = Date.now()
  await eventually(async () => lastArrival > restartedAt, 30_000)
  const ended = await eventually(
    async () => {
      const seen = await after.api.get(id)
      return seen.phase === 'ended' ? seen : undefined
    },
    Date.parse(endAt) - Date.now() + 45_000,
  )

  expect(ended.outcome).toBe('completed')
  expect(ended.endAt).toBe(endAt)
  await eventually(async () => JSON.stringify(await after.left()) === JSON.stringify(NOTHING), 20_000)
  expect(lastArrival).toBeLessThan(Date.parse(endAt) + 1000)
}, 150_000)

test('after kill -9 of everything a restart past the end takes down what was left', async () => {
  const port = await freePorts()
  const before = await start(port)
  const { id, endAt } = await before.mirrored()
  await killEverything(before.system)
  await new Promise((resolve) => setTimeout(resolve, Date.parse(endAt) - Date.now() + 16_000))

  const arrivedBefore = lastArrival
  const after = await start(port)
  const ended = await eventually(async () => {
    const seen = await after.api.get(id)
    return seen.phase === 'ended' ? seen : undefined
  }, 60_000)

  expect([ended.outcome, ended.endAt]).toEqual(['expired', endAt])
  await eventually(async () => JSON.stringify(await after.left()) === JSON.stringify(NOTHING), 20_000)
  expect(lastArrival).toBe(arrivedBefore)
}, 200_000)
