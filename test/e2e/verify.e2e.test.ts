import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateTrafficMirrorSessionCommand,
  DescribeInstancesCommand,
  DescribeTrafficMirrorFiltersCommand,
  DescribeTrafficMirrorSessionsCommand,
} from '@aws-sdk/client-ec2'
import { DescribeServicesCommand } from '@aws-sdk/client-ecs'
import { ListScheduleGroupsCommand, ListSchedulesCommand } from '@aws-sdk/client-scheduler'
import { describe, expect, it, type TestContext } from 'vitest'
import { defaultSwitches, type Switches } from '../../local/aws/switches.ts'
import { eventually } from '../support/aws-clients.ts'
import { eni, instance, loadBalancerArn, mirrorTargetId, parkingFilterId } from '../support/aws-world.ts'
import { DEPLOYMENT, startDeployment, writeCapture } from '../support/verify.ts'

type Call = { action: string; userAgent: string }

/** Short minutes, since the default would be waited for. */
const QUICK: Partial<Switches> = { minuteSeconds: 1 }

/** Between them each switch has every kind of value that it can have. */
const ROUNDS: [name: string, switches: Partial<Switches>][] = [
  ['the defaults', QUICK],
  [
    'the second value of each',
    {
      notFoundSpelling: 'documented',
      tokenAfterDelete: 'recreate',
      ruleNumberMax: 100,
      modifyPortsNeedsProtocol: false,
      packetLengthMin: 55,
      virtualNetworkIdMax: 16_777_216,
      virtualNetworkIdZero: 'accepted',
      mirrorTagFilter: 'ignored',
      deleteRuleInUse: 'refused',
      dryRunChecksEligibility: true,
      unsupportedInstanceTypeCode: 'OperationNotPermitted',
      unsupportedInterfaceCode: 'UnsupportedOperation',
      duplicateSessionNumberCode: 'InvalidParameterCombination',
      fargateSource: 'accepted',
      loadBalancerSource: 'accepted',
      unknownFamilySource: 'refused',
      instanceTransitionSeconds: 2,
      sourcePortSymmetry: false,
      sourcePortMin: 60_000,
      sourcePortMax: 60_015,
      scaleInOrder: 'oldest',
      initialHealthChecks: 'one',
      pastAt: 'fires',
      deliverTwice: true,
      groupDeletionSeconds: 2,
      throttle: false,
      minuteSeconds: 2,
    },
  ],
  [
    'the rest, and AWS that lags behind',
    {
      tokenAfterDelete: 'mismatch',
      mirrorTagFilter: 'honoured',
      pastAt: 'ignored',
      describeLagSeconds: 2,
      referenceLagSeconds: 1,
      deliveryDelaySeconds: 2,
      retryClientErrors: true,
      throttleBuckets: 'per-action',
      minuteSeconds: 1,
    },
  ],
]

const SPARED = [
  '--source',
  eni(3),
  '--instance',
  instance(4),
  '--service',
  'shadowmeter/gateway',
  '--throttle',
]

/** The program under these switches, with everything that it may use. */
const verifyUnder = async (context: TestContext, [name, switches]: (typeof ROUNDS)[number]) => {
  const deployment = await startDeployment(context, switches, 1)
  const capture = writeCapture(context, switches)
  const { report, said } = await deployment.verify('--yes', '--wait', '7', '--capture', capture, ...SPARED)
  const set: Switches = { ...defaultSwitches, ...switches }
  await sleep(1000 * set.describeLagSeconds)
  const seen = Object.fromEntries(
    Object.entries(report?.switches ?? {}).map(([key, finding]) => [
      key,
      'value' in finding ? finding.value : finding,
    ]),
  )
  return { name, set, seen, said, left: report?.left, there: await thereNow(deployment) }
}

type Account = Awaited<ReturnType<typeof startDeployment>>

/** What a run may have made or changed. */
const thereNow = async ({ ec2, ecs, scheduler }: Account) => {
  const { TrafficMirrorSessions = [] } = await ec2.send(new DescribeTrafficMirrorSessionsCommand({}))
  const { TrafficMirrorFilters = [] } = await ec2.send(new DescribeTrafficMirrorFiltersCommand({}))
  const { Schedules = [] } = await scheduler.send(new ListSchedulesCommand({}))
  const { ScheduleGroups } = await scheduler.send(new ListScheduleGroupsCommand({ NamePrefix: 'verify' }))
  const { services = [] } = await ecs.send(
    new DescribeServicesCommand({ cluster: 'shadowmeter', services: ['gateway'] }),
  )
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [instance(4)] }))
  return {
    sessions: TrafficMirrorSessions,
    filters: TrafficMirrorFilters.map(({ TrafficMirrorFilterId: id }) => id),
    schedules: Schedules.map(({ Name }) => Name),
    groups: ScheduleGroups,
    desired: services[0]?.desiredCount,
    instance: Reservations[0]?.Instances?.[0]?.State?.Name,
  }
}

describe('npm run verify:aws', { timeout: 90_000 }, () => {
  it('prints the true value of every switch, and leaves everything as it was', async (context) => {
    const rounds = await Promise.all(ROUNDS.map((round) => verifyUnder(context, round)))

    for (const { name, set, seen, said } of rounds) {
      const { tokenLifetimeHours: _hours, throttleBuckets, ...others } = set
      expect(seen, `${name}: ${said}`).toMatchObject({
        ...others,
        // What Describe shows of an instance lags behind as well.
        instanceTransitionSeconds: set.instanceTransitionSeconds + set.describeLagSeconds,
      })
      expect(seen.throttleBuckets).toEqual(
        set.throttle ? throttleBuckets : { unseen: expect.stringContaining('throttled no call') },
      )
      expect(seen.tokenLifetimeHours).toEqual({
        unseen: expect.stringMatching(/--token shadowmeter-verify-\d+$/),
      })
      expect(Object.keys(seen)).toEqual(Object.keys(defaultSwitches))
    }
    for (const { left, there } of rounds) {
      expect(left).toEqual([])
      expect(there).toEqual({
        sessions: [],
        filters: [parkingFilterId],
        schedules: ['tick'],
        groups: [],
        desired: 2,
        instance: expect.stringMatching(/^(pending|running)$/),
      })
    }
  })

  // The first measures times; these do not.
  it.concurrent('only reads where nobody can be asked, and says what it would need', async (context) => {
    const { verify, cloud } = await startDeployment(context)

    const { report } = await verify('--source', eni(3))

    const { calls } = (await (await fetch(`${cloud.address}/-/calls`)).json()) as { calls: Call[] }
    const own = calls.filter(
      ({ userAgent, action }) => userAgent.includes('aws-sdk-js') && action !== 'CreateSchedule',
    )
    expect(own.length).toBeGreaterThan(10)
    expect(own.filter(({ action }) => !/^(Describe|Get|List)/.test(action))).toEqual([])
    expect(report?.switches.mirrorTagFilter).toEqual({ value: 'refused' })
    expect(report?.switches.pastAt).toEqual({ unseen: 'it may not create: see --yes' })
    expect(report?.switches.scaleInOrder).toEqual({ unseen: 'needs --service CLUSTER/NAME' })
  })

  it.concurrent('says with its exit code whether the deployment is as it should be', async (context) => {
    const { verify, cloud } = await startDeployment(context)
    const before = await verify('--no')

    const point = (namespace: string, metric: string, dimension: string, value: string) =>
      cloud.feedMetric({
        namespace,
        name: metric,
        dimensions: [{ name: dimension, value }],
        at: Date.now() - 60_000,
        ...{ count: 1, sum: 900, minimum: 900, maximum: 900 },
      })
    point('Shadowmeter', 'DatagramsReceived', 'Deployment', DEPLOYMENT)
    point(
      'AWS/NetworkELB',
      'ProcessedBytes_UDP',
      'LoadBalancer',
      loadBalancerArn.split(':loadbalancer/')[1] ?? '',
    )
    const after = await verify('--no')

    expect(before.report?.checks.filter(({ right }) => !right)).toEqual([
      expect.objectContaining({ what: 'packets that are mirrored arrive' }),
    ])
    expect(
      after.report?.checks.every(({ right }) => right),
      after.said,
    ).toBe(true)
    expect([before.code, after.code]).toEqual([1, 0])
  })

  it.concurrent('says of an earlier run’s token whether EC2 still knows it', async (context) => {
    const again = async (tokenLifetimeHours: number) => {
      const { verify } = await startDeployment(context, { tokenLifetimeHours })
      const first = await verify('--yes', '--wait', '1')
      const said = JSON.stringify(first.report?.switches.tokenLifetimeHours)
      const [token = ''] = /shadowmeter-verify-\d+/.exec(said) ?? []
      const second = await verify('--yes', '--wait', '1', '--token', token)
      return second.report?.switches.tokenLifetimeHours
    }

    const findings = await Promise.all([again(24), again(0.000_01)])

    expect(findings).toEqual([
      { bound: expect.stringContaining('more than') },
      { bound: expect.stringContaining('at most') },
    ])
  })

  it.concurrent('takes everything down again when it is interrupted', async (context) => {
    const { start, ec2, scheduler } = await startDeployment(context)
    const run = start('--yes', '--wait', '60', '--source', eni(3))
    const sessions = async () =>
      (await ec2.send(new DescribeTrafficMirrorSessionsCommand({}))).TrafficMirrorSessions ?? []
    const [session] = await eventually(async () =>
      (await sessions()).length > 0 ? await sessions() : undefined,
    )

    run.child.kill('SIGINT')
    const { code, report } = await run.ended

    expect(Object.fromEntries(session?.Tags?.map(({ Key, Value }) => [Key, Value]) ?? [])).toMatchObject({
      'managed-by': 'shadowmeter',
      deployment: DEPLOYMENT,
      'experiment-id': 'verify',
      'expires-at': expect.any(String),
    })
    expect([code, report?.left]).toEqual([1, []])
    expect(await sessions()).toEqual([])
    const { Schedules } = await scheduler.send(new ListSchedulesCommand({}))
    expect(Schedules?.map(({ Name }) => Name)).toEqual(['tick'])
  })

  it.concurrent('names what it could not remove', async (context) => {
    const { start, ec2 } = await startDeployment(context)
    const run = start('--yes', '--wait', '60')
    const filters = async () =>
      (await ec2.send(new DescribeTrafficMirrorFiltersCommand({}))).TrafficMirrorFilters ?? []
    const [made] = await eventually(async () => {
      const found = (await filters()).filter(({ TrafficMirrorFilterId: id }) => id !== parkingFilterId)
      return found.length > 0 ? found : undefined
    })
    const TrafficMirrorFilterId = made?.TrafficMirrorFilterId
    await ec2.send(
      new CreateTrafficMirrorSessionCommand({
        NetworkInterfaceId: eni(5),
        TrafficMirrorTargetId: mirrorTargetId,
        TrafficMirrorFilterId,
        SessionNumber: 1,
      }),
    )

    run.child.kill('SIGINT')
    const { code, report } = await run.ended

    expect(code).toBe(1)
    expect(report?.left).toEqual([expect.stringContaining(`mirror filter ${TrafficMirrorFilterId}: `)])
  })

  it.concurrent('says which deployments are there when it is not the one that is named', async (context) => {
    const { verify } = await startDeployment(context)

    const { code, said } = await verify('--deployment', 'shadowmeter/other')

    expect(code).toBe(1)
    expect(said).toContain(`there are ${mirrorTargetId} of ${DEPLOYMENT}`)
  })
})
