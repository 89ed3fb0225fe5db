import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import type { ExperimentSpec } from '../../contract/experiment.ts'
import { NOTICE_DETAIL_TYPE, NOTICE_SOURCE } from '../../contract/notice.ts'
import { closeClients } from '../../functions/clients.ts'
import type { Config } from '../../functions/config.ts'
import { GATEWAY_SIZE } from '../../functions/cost/usage.ts'
import { newRecord, stopped } from '../../functions/experiments/phases.ts'
import type { ExperimentRecord, SessionRecord } from '../../functions/experiments/record.ts'
import { experimentId } from '../../functions/experiments/ulid.ts'
import { type ControlPlane, openControlPlane } from '../../functions/reconcile/control-plane.ts'
import { tick } from '../../functions/reconcile/tick.ts'
import { createRecord, listActive, readRecord, updateRecord } from '../../functions/store/experiments.ts'
import { readSessions } from '../../functions/store/ledger.ts'
import { type Cloud, startCloud } from '../../local/aws/cloud.ts'
import type { Switches } from '../../local/aws/switches.ts'
import type { WorldDeclaration } from '../../local/aws/world.ts'
import { Gateways } from './account-gateways.ts'
import * as world from './aws-world.ts'
import { seeded } from './faults.ts'
import { ManualClock } from './manual-clock.ts'
import { createTestTable } from './table.ts'

/** A function of whoever listens to notices. */
export const LISTENER = 'pager'
/** The topic that hands notices on. */
export const NOTICES_ARN = 'arn:aws:sns:us-east-1:111122223333:notices'
const LISTENER_ARN = `arn:aws:lambda:us-east-1:111122223333:function:${LISTENER}`

/** In which an account here is not as the endpoints are without a word. */
export const ACCOUNT_SWITCHES = {
  throttle: false,
  initialHealthChecks: 'one',
} as const satisfies Partial<Switches>

export const TICK_SECONDS = 5
const TABLE = 'shadowmeter'
const GROUP = 'shadowmeter'

const config: Config = {
  region: 'us-east-1',
  deployment: 'shadowmeter/test',
  table: TABLE,
  cluster: 'shadowmeter',
  service: 'gateway',
  mirrorTarget: world.mirrorTargetId,
  parkingFilter: world.parkingFilterId,
  targetGroup: world.targetGroupArn,
  loadBalancer: world.loadBalancerArn,
  scheduleGroup: GROUP,
  scheduleRole: world.roleArn,
  deadLetters: world.deadLetterArn,
  eventBus: 'default',
  preNoticeMinutes: 0,
  evidenceBucket: null,
  evidenceDays: 400,
  recordsBucket: null,
  recordsMs: 7 * 86_400_000,
  controlFunction: world.functionArn,
  allowed: { ranges: [{ cidr: '127.0.0.0/8' }], hosts: [] },
  prometheus: { ranges: [{ cidr: '127.0.0.0/8' }], hosts: [] },
  flowLogGroups: ['/vpc/flow-logs'],
  gatewaysMax: 8,
  gatewaySize: GATEWAY_SIZE,
  roles: null,
  fourEyes: [],
  tickSeconds: TICK_SECONDS,
}

export type Account = {
  cloud: Cloud
  clock: ManualClock
  gateways: Gateways
  plane: ControlPlane
  /** Another control plane of the same account, as after a restart of the process. */
  reopen(): ControlPlane
  lines: string[]
  /** Functions that the endpoints invoked, in order; nothing runs by itself. */
  invoked: { name: string; event: unknown }[]
}

/** A local AWS account whose time is moved by hand, with the control plane’s table, and gateways in this process. */
export const openAccount = async (
  switches: Partial<Switches> = {},
  change: (declared: WorldDeclaration) => WorldDeclaration = (declared) => declared,
  {
    tickSeconds = TICK_SECONDS,
    healthSeconds = 2,
    // Outside a test somebody has to say when it is over.
    onEnd = onTestFinished as (close: () => Promise<void>) => void,
  } = {},
): Promise<Account> => {
  const clock = new ManualClock()
  const gateways = new Gateways()
  const invoked: Account['invoked'] = []
  const functions = createServer(async (request, response) => {
    const name = decodeURIComponent(request.url?.split('/').at(-2) ?? '')
    invoked.push({ name, event: JSON.parse(await text(request)) })
    response.writeHead(202).end()
  })
  await new Promise<void>((resolve) => functions.listen(0, '127.0.0.1', resolve))
  const { port } = functions.address() as AddressInfo
  const declared = change(world.testWorld())
  const cloud = await startCloud({
    port: 0,
    clock,
    random: seeded(1),
    spawnTask: gateways.spawn,
    lambdaEndpoint: `http://127.0.0.1:${port}`,
    switches: { ...ACCOUNT_SWITCHES, ...switches },
    world: {
      ...declared,
      scheduleGroups: [GROUP],
      queueConsumers: [{ queueArn: world.deadLetterArn, functionArn: world.deadLettersFunctionArn }],
      topics: [{ name: 'notices' }],
      eventRules: [
        {
          source: 'aws.ec2',
          detailTypes: ['EC2 Instance State-change Notification'],
          targetArn: world.eventsFunctionArn,
        },
        { source: NOTICE_SOURCE, detailTypes: [NOTICE_DETAIL_TYPE], targetArn: LISTENER_ARN },
        { source: NOTICE_SOURCE, detailTypes: [NOTICE_DETAIL_TYPE], targetArn: NOTICES_ARN },
      ],
      targetGroups: declared.targetGroups.map((group) => ({
        ...group,
        healthCheck: { ...group.healthCheck, intervalSeconds: healthSeconds },
      })),
    },
  })
  const random = seeded(2)
  const opened: ControlPlane[] = []
  const lines: string[] = []
  const reopen = () => {
    const plane = openControlPlane(
      { ...config, tickSeconds },
      {
        now: clock.now,
        sleep: (milliseconds) => new Promise((resolve) => void clock.setTimer(milliseconds, resolve)),
        randomBytes: (size) => Uint8Array.from({ length: size }, () => Math.floor(random() * 256)),
        log: (level, message, more) =>
          void lines.push(
            `${new Date(clock.now()).toISOString().slice(11, 19)} ${level} ${message} ${JSON.stringify(more ?? {})}`,
          ),
      },
      { endpoint: cloud.address, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } },
    )
    opened.push(plane)
    return plane
  }
  onEnd(async () => {
    for (const plane of opened) closeClients(plane.clients)
    await cloud.close()
    functions.close()
  })
  const plane = reopen()
  await createTestTable(plane.clients.dynamo, TABLE)
  // What was declared is old enough to be shown.
  if (switches.describeLagSeconds) await clock.advance(2 * switches.describeLagSeconds * 1000)
  return { cloud, clock, gateways, plane, reopen, lines, invoked }
}

/** Stores a new experiment, as the API does. */
export const begin = async ({ plane }: Account, asked: ExperimentSpec): Promise<string> => {
  const now = new Date(plane.now())
  const id = experimentId(now.getTime(), plane.randomBytes(10))
  await createRecord(plane.table, newRecord(asked, { id, by: 'ada', now, redactionKey: 'a2V5' }))
  return id
}

export const stop = async ({ plane }: Account, id: string): Promise<void> => {
  const now = new Date(plane.now())
  await updateRecord(plane.table, stopped(await read(plane, id), { by: 'ada', reason: 'Seen enough.', now }))
}

export const read = async (plane: ControlPlane, id: string): Promise<ExperimentRecord> => {
  const record = await readRecord(plane.table, id)
  if (!record) throw new Error(`no experiment ${id}`)
  return record
}

export const ledger = (plane: ControlPlane, id: string): Promise<SessionRecord[]> =>
  readSessions(plane.table, id)

/** One tick of the control plane and of the gateways, then so much time. */
export const pass = async (
  account: Account,
  plane: ControlPlane | null = account.plane,
  seconds = TICK_SECONDS,
) => {
  if (plane) await tick(plane, account.clock.now() + 60_000)
  await account.gateways.read(account)
  await account.clock.advance(seconds * 1000)
  await account.gateways.report(account)
}

/** Passes for as long as that runs; only time does while there is no experiment to look after, before it began one or when it has ended. */
export const passWhile = async (
  account: Account,
  isRunning: () => boolean | Promise<boolean>,
): Promise<void> => {
  while (await isRunning()) {
    if ((await listActive(account.plane.table)).length > 0) await pass(account)
    // A request of the API may wait for this time.
    else await account.clock.advance(TICK_SECONDS * 1000)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Everything of ours that exists in the account. */
export const leftovers = ({ cloud }: Account) => {
  const { state } = cloud
  return {
    sessions: state.mirrorSessions.list().map(({ id }) => id),
    filters: state.mirrorFilters.list().flatMap(({ id }) => (id === world.parkingFilterId ? [] : [id])),
    rules: state.mirrorRules.list().map(({ id }) => id),
    schedules: state.schedules.list().map(({ name }) => name),
    gateways: state.services.get(world.serviceArn)?.desiredCount ?? 0,
  }
}

export const NOTHING_LEFT = { sessions: [], filters: [], rules: [], schedules: [], gateways: 0 }

/** Packets flow only under an armed lease. */
export const rulesWithoutLease = ({ cloud }: Account): string[] => {
  const { state } = cloud
  const leased = new Set(
    state.schedules
      .list()
      .flatMap(({ name, state: is }) =>
        is === 'ENABLED' ? [/\.lease\.(.+)\.\d+$/.exec(name)?.[1] ?? ''] : [],
      ),
  )
  return state.mirrorRules
    .list()
    .flatMap(({ id, action }) => (action === 'accept' && !leased.has(id) ? [id] : []))
}
