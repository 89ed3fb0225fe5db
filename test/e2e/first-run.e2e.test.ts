import { execFile } from 'node:child_process'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import {
  DescribeTrafficMirrorFiltersCommand,
  DescribeTrafficMirrorSessionsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs'
import { GetScheduleCommand, ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sumLines } from '../../contract/money.ts'
import { apiClient } from '../support/api-client.ts'
import { eventually } from '../support/aws-clients.ts'
import { dependencies } from '../support/declared.ts'
import { type DistinctRequest, distinctRequests } from '../support/distinct-requests.ts'
import { freePorts, type LocalSystem, processesBelow, startLocalSystem } from '../support/local-system.ts'
import { findProgram } from '../support/program.ts'
import { headerOf, type RecordingShadow, startRecordingShadow } from '../support/recording-shadow.ts'

const WINDOW_SECONDS = 25
const requests = distinctRequests(1000)

let production: RecordingShadow
let shadow: RecordingShadow
let system: LocalSystem
let api: ReturnType<typeof apiClient>
let ec2: EC2Client
let ecs: ECSClient
let scheduler: SchedulerClient
let sqs: SQSClient
let experiment: string

beforeAll(async () => {
  production = await startRecordingShadow()
  shadow = await startRecordingShadow()
  system = await startLocalSystem([
    '--port',
    String(await freePorts()),
    '--production',
    `127.0.0.1:${production.port}`,
    ...['--shadow-uses', 'own'],
    '--shadow',
    shadow.url,
    '--no-demo',
  ])
  api = apiClient(system)
  const settings = {
    endpoint: system.aws,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  }
  ec2 = new EC2Client(settings)
  ecs = new ECSClient(settings)
  scheduler = new SchedulerClient(settings)
  sqs = new SQSClient(settings)
})

afterAll(async () => {
  await system?.stop()
  await production?.stop()
  await shadow?.stop()
})

const inPhase = (phase: string, seconds: number) =>
  eventually(async () => {
    const seen = await api.get(experiment)
    if (seen.phase === 'ended' && phase !== 'ended')
      throw new Error(`it ended: ${seen.outcome}, ${seen.reason}`)
    return seen.phase === phase ? seen : undefined
  }, seconds * 1000)

const sessions = async () =>
  (await ec2.send(new DescribeTrafficMirrorSessionsCommand({}))).TrafficMirrorSessions ?? []

/** The filters of experiments: the deployment’s parking filter is always there, and never has a rule. */
const filters = async () =>
  ((await ec2.send(new DescribeTrafficMirrorFiltersCommand({}))).TrafficMirrorFilters ?? []).filter(
    ({ Tags }) => Tags?.some(({ Key }) => Key === 'experiment-id'),
  )

const schedules = async () =>
  ((await scheduler.send(new ListSchedulesCommand({}))).Schedules ?? []).map(({ Name, GroupName }) => ({
    Name: Name ?? '',
    GroupName,
  }))

test('an experiment comes up: sessions with their tags and kill schedules, a lease on every accept rule', async () => {
  const { sources } = await api.sources()
  const eni = sources.find(({ name }) => name?.includes(String(production.port)))?.eni ?? ''
  const spec = {
    name: 'First run',
    source: { by: 'eni' as const, ids: [eni] },
    traffic: { ports: [production.port], directions: 'both' as const },
    shadow: { url: shadow.url },
    dependencies,
    // Byte for byte is what is asked below.
    requests: { percent: 100, writes: 'forward' as const, redaction: { mode: 'off' as const } },
    window: { durationSeconds: WINDOW_SECONDS },
    budgetUsd: 5,
  }
  const created = await api.create(spec, 'first-run')
  const again = await api.create(spec, 'first-run')
  experiment = created.id
  await inPhase('mirroring', 25)

  expect(again.id).toBe(created.id)
  const [session, ...others] = await sessions()
  expect(others).toEqual([])
  expect(session?.NetworkInterfaceId).toBe(eni)
  expect(Object.fromEntries((session?.Tags ?? []).map(({ Key, Value }) => [Key, Value]))).toMatchObject({
    'managed-by': 'shadowmeter',
    deployment: 'shadowmeter/local',
    'experiment-id': experiment,
    'expires-at': created.endAt,
  })
  const rules = await eventually(async () => {
    const [filter] = await filters()
    const both = [...(filter?.IngressFilterRules ?? []), ...(filter?.EgressFilterRules ?? [])]
    return both.length === 2 && both.every(({ RuleAction }) => RuleAction === 'accept') ? both : undefined
  })

  const targets = await Promise.all(
    (await schedules()).map(
      async (schedule) => (await scheduler.send(new GetScheduleCommand(schedule))).Target,
    ),
  )
  const inputs = targets.map((target) => `${target?.Arn?.split(':').at(-1)} ${target?.Input}`)
  expect(inputs).toContainEqual(
    expect.stringMatching(new RegExp(`^deleteTrafficMirrorSession .*${session?.TrafficMirrorSessionId}`)),
  )
  for (const { TrafficMirrorFilterRuleId } of rules)
    expect(inputs).toContainEqual(
      expect.stringMatching(
        new RegExp(`^modifyTrafficMirrorFilterRule .*${TrafficMirrorFilterRuleId}.*"RuleAction":"reject"`),
      ),
    )
  expect(inputs).toContainEqual(expect.stringMatching(/^updateService .*"DesiredCount":0/))
})

test('every one of 1,000 distinct requests arrives at the shadow exactly once, byte for byte', async () => {
  const { hostname, port } = new URL(system.production ?? '')
  await Promise.all(
    Array.from({ length: 25 }, (_, n) => send(hostname, Number(port), requests.slice(n * 40, n * 40 + 40))),
  )
  await eventually(async () => shadow.requests.length >= requests.length, 15_000).catch(async () => {
    const { requests: counted } = await api.get(experiment)
    throw new Error(`${shadow.requests.length} arrived: ${JSON.stringify(counted)}`)
  })

  const seen = new Map(shadow.requests.map((one) => [headerOf(one, 'x-request-id'), one]))
  expect(shadow.requests).toHaveLength(requests.length)
  expect(seen.size).toBe(requests.length)
  for (const { id, method, target, headers, body } of requests) {
    const arrived = seen.get(id)
    expect([arrived?.method, arrived?.url]).toEqual([method, target])
    expect(kept(arrived?.rawHeaders ?? [])).toEqual(headers)
    expect(headerOf(arrived as never, 'x-shadow-experiment')).toBe(experiment)
    expect(arrived?.body.equals(body)).toBe(true)
  }
})

/** What a client writes on one connection, pipelined; resolves when production has answered to all of it. */
const send = (host: string, port: number, own: readonly DistinctRequest[]) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect(port, host, () => {
      for (const { bytes } of own) socket.write(bytes)
    })
    socket.on('error', reject)
    let answers = ''
    socket.on('data', (data) => {
      answers += data.toString('latin1')
      if (answers.split('HTTP/1.1 200 OK').length > own.length) socket.end()
    })
    socket.on('close', () => resolve())
  })

/** Headers without what belongs to one hop, says where the body ends, or marks shadow traffic. */
const kept = (rawHeaders: readonly string[]): string[] =>
  rawHeaders.filter((_, index) => {
    const name = rawHeaders[index - (index % 2)]?.toLowerCase() ?? ''
    return (
      !['host', 'connection', 'content-length', 'transfer-encoding', 'baggage'].includes(name) &&
      !name.startsWith('x-shadow-')
    )
  })

test('spend and $ per GB grow, and the ledger is what the prices make of the quantities', async () => {
  const metered = await eventually(async () => {
    const seen = await api.get(experiment)
    return seen.requests.forwarded === requests.length ? seen : undefined
  }, 15_000)
  const { rows, lines, totalUsd } = await api.ledger(experiment)

  expect(metered.requests.received).toBe(requests.length)
  expect(metered.requests.shadow.answered_2xx).toBe(requests.length)
  expect(metered.volume.bytes).toBeGreaterThan(requests.reduce((sum, { bytes }) => sum + bytes.length, 0))
  expect(metered.spend.totalUsd).toBeGreaterThanOrEqual(0.015)
  expect(metered.usdPerGb).toBeCloseTo(metered.spend.totalUsd / (metered.volume.bytes / 1e9), 9)
  // Whole micro-dollars, a begun one counted whole.
  for (const { quantity, price, usd } of lines)
    expect(Math.round(usd * 1e6)).toBe(Math.max(0, Math.ceil(quantity * price.usd * 1e6 - 1e-6)))
  const paid = lines.filter(({ line }) => line !== 'standing')
  expect(paid.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(totalUsd, 9)
  expect(rows.map(({ hours, usd, state }) => ({ hours, usd, state }))).toEqual([
    { hours: 1, usd: 0.015, state: 'active' },
  ])
})

test('at its end nothing is left: no session, no schedule of its own, no gateway process', async () => {
  const ended = await inPhase('ended', WINDOW_SECONDS + 40)

  expect([ended.outcome, ended.reason]).toEqual(['completed', 'Its window ended as planned.'])
  expect(Date.parse(ended.endedAt ?? '') - Date.parse(ended.endAt)).toBeLessThan(35_000)
  expect(ended.spend.totalUsd).toBeCloseTo(sumLines(ended.spend.lines), 9)
  expect(await sessions()).toEqual([])
  expect(await filters()).toEqual([])
  expect((await schedules()).map(({ Name }) => Name)).toEqual(['tick'])
  await eventually(async () => {
    const [service] =
      (await ecs.send(new DescribeServicesCommand({ cluster: 'shadowmeter-local', services: ['gateway'] })))
        .services ?? []
    return service?.desiredCount === 0 && service.runningCount === 0
  }, 15_000)
  await eventually(
    async () => processesBelow(system.process.pid ?? 0, 'data-plane/main.ts').length === 0,
    15_000,
  )
}, 90_000)

test('whoever is subscribed to its notices has heard of all of it', async () => {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: `${system.aws}/123456789012/shadowmeter-local-notices`,
      MaxNumberOfMessages: 10,
    }),
  )

  const told = Messages.map(({ Body = '' }) => JSON.parse(JSON.parse(Body).Message).detail)
  // At least once: told again, it has the same id.
  const heard = [...new Map(told.map((one) => [one.id, one])).values()]
  expect(heard.map(({ kind }) => kind)).toEqual(['created', 'preparing', 'started', 'ending', 'ended'])
  expect(new Set(heard.map((one) => one.experiment))).toEqual(new Set([experiment]))
})

test('the AWS CLI sees the same', async ({ skip }) => {
  const { path: aws, why } = await findProgram(['aws'], 'awscli')
  if (aws === null) return skip(`the AWS CLI was not run: ${why}`)

  const { stdout } = await promisify(execFile)(
    aws,
    ['ec2', 'describe-traffic-mirror-sessions', '--endpoint-url', system.aws, '--region', 'us-east-1'],
    { env: { ...process.env, AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' } },
  )

  expect(JSON.parse(stdout)).toEqual({ TrafficMirrorSessions: [] })
})

test('Ctrl-C ends every process', async () => {
  const root = system.process.pid ?? 0
  const below = processesBelow(root, 'local/')
  expect(below.length).toBeGreaterThanOrEqual(3)

  expect(await system.stop()).toBe(0)
  for (const pid of below) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})
