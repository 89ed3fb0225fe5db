import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { paginateDescribeTrafficMirrorSessions } from '@aws-sdk/client-ec2'
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { GetScheduleGroupCommand } from '@aws-sdk/client-scheduler'
import { readTags } from '../../contract/ownership.ts'
import type { Account } from './account.ts'

/** One thing that a deployment promises, as AWS shows it. */
export type Checked = { what: string; right: boolean; saw: string }

type Seen = Omit<Checked, 'what'>
type Check = (account: Account) => Promise<Seen>

const VXLAN_PORT = 4789

/** Only reads. What cannot be read is not right. */
export const checkDeployment = async (account: Account): Promise<Checked[]> => {
  const checked: Checked[] = []
  for (const [what, check] of Object.entries(CHECKS))
    try {
      checked.push({ what, ...(await check(account)) })
    } catch (error) {
      const { name, message } = error as Error
      checked.push({ what, right: false, saw: `it could not be read: ${name}: ${message}` })
    }
  return checked
}

const balancerOf = async ({ clients, mirrorTarget }: Account) => {
  const arn = mirrorTarget.NetworkLoadBalancerArn
  if (arn === undefined) throw new Error('the mirror target is no load balancer')
  const { LoadBalancers = [] } = await clients.elb.send(
    new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }),
  )
  const [balancer] = LoadBalancers
  if (!balancer) throw new Error(`there is no load balancer ${arn}`)
  return { arn, balancer }
}

const groupsOf = async ({ clients }: Account, LoadBalancerArn: string) =>
  (await clients.elb.send(new DescribeTargetGroupsCommand({ LoadBalancerArn }))).TargetGroups ?? []

const CHECKS: Readonly<Record<string, Check>> = {
  'the load balancer is internal and in service': async (account) => {
    const { balancer } = await balancerOf(account)
    const zones = balancer.AvailabilityZones?.map(({ ZoneName }) => ZoneName).join(', ')
    return {
      right: balancer.Scheme === 'internal' && balancer.State?.Code === 'active',
      saw: `${balancer.Scheme}, ${balancer.State?.Code}, in ${zones}`,
    }
  },

  'it listens on UDP 4789: without, AWS stops mirroring in silence': async (account) => {
    const { arn } = await balancerOf(account)
    const { Listeners: listeners = [] } = await account.clients.elb.send(
      new DescribeListenersCommand({ LoadBalancerArn: arn }),
    )
    return {
      right: listeners.some(({ Protocol, Port }) => Protocol === 'UDP' && Port === VXLAN_PORT),
      saw: listeners.map(({ Protocol, Port }) => `${Protocol} ${Port}`).join(', ') || 'no listener',
    }
  },

  'its targets are checked on another port': async (account) => {
    const { arn } = await balancerOf(account)
    const groups = (await groupsOf(account, arn)).filter(({ Protocol }) => Protocol === 'UDP')
    return {
      right:
        groups.length > 0 &&
        groups.every(({ HealthCheckPort: port }) => port !== 'traffic-port' && port !== `${VXLAN_PORT}`),
      saw:
        groups.map((group) => `${group.HealthCheckProtocol} ${group.HealthCheckPort}`).join(', ') ||
        'no UDP target group',
    }
  },

  'every gateway that runs is healthy': async (account) => {
    const { arn } = await balancerOf(account)
    const states: string[] = []
    for (const { TargetGroupArn, Protocol } of await groupsOf(account, arn)) {
      if (Protocol !== 'UDP') continue
      const { TargetHealthDescriptions: rows = [] } = await account.clients.elb.send(
        new DescribeTargetHealthCommand({ TargetGroupArn }),
      )
      states.push(...rows.map(({ TargetHealth }) => TargetHealth?.State ?? 'unknown'))
    }
    return {
      right: states.every((state) => state === 'healthy' || state === 'draining'),
      saw: states.length > 0 ? states.join(', ') : 'none runs: nothing is mirrored',
    }
  },

  'the parking filter has no rule': async ({ parkingFilter }) => {
    if (!parkingFilter) return { right: false, saw: 'there is none with this deployment’s tags' }
    const { IngressFilterRules = [], EgressFilterRules = [], TrafficMirrorFilterId: id } = parkingFilter
    const rules = IngressFilterRules.length + EgressFilterRules.length
    return { right: rules === 0, saw: `${id} with ${rules} rules` }
  },

  'the tick is armed': async ({ clients, scheduleGroup, tick }) => {
    const { State } = await clients.scheduler.send(new GetScheduleGroupCommand({ Name: scheduleGroup }))
    if (!tick) return { right: false, saw: `no recurring schedule in the group ${scheduleGroup} (${State})` }
    return {
      right: tick.State === 'ENABLED' && State === 'ACTIVE' && tick.Target?.DeadLetterConfig !== undefined,
      saw: `${tick.Name}: ${tick.ScheduleExpression}, ${tick.State}, dead letters to ${tick.Target?.DeadLetterConfig?.Arn ?? 'nobody'}`,
    }
  },

  'no mirror session is past its expiry': async ({ clients, deployment }) => {
    const [late, all]: [string[], string[]] = [[], []]
    for await (const page of paginateDescribeTrafficMirrorSessions(
      { client: clients.ec2, pageSize: 1000 },
      {},
    ))
      for (const { TrafficMirrorSessionId: id = '', Tags } of page.TrafficMirrorSessions ?? []) {
        const tags = readTags(Tags, deployment)
        if (!tags) continue
        all.push(id)
        if (tags.expiresAt === null || Date.parse(tags.expiresAt) < Date.now()) late.push(id)
      }
    return {
      right: late.length === 0,
      saw: late.length > 0 ? late.join(', ') : `${all.length} sessions of this deployment`,
    }
  },

  'packets that are mirrored arrive': async (account) => {
    const { arn } = await balancerOf(account)
    const EndTime = new Date()
    const sum = (Id: string, Namespace: string, MetricName: string, name: string, Value: string) => ({
      Id,
      MetricStat: {
        Metric: { Namespace, MetricName, Dimensions: [{ Name: name, Value }] },
        Stat: 'Sum',
        Period: 3600,
      },
    })
    const balancer = arn.split(':loadbalancer/')[1] ?? ''
    const { MetricDataResults = [] } = await account.clients.cloudwatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(EndTime.getTime() - 7 * 86_400_000),
        EndTime,
        MetricDataQueries: [
          sum('processed', 'AWS/NetworkELB', 'ProcessedBytes_UDP', 'LoadBalancer', balancer),
          sum('received', 'Shadowmeter', 'DatagramsReceived', 'Deployment', account.deployment),
        ],
      }),
    )
    const [processed = 0, received = 0] = ['processed', 'received'].map((id) =>
      (MetricDataResults.find((one) => one.Id === id)?.Values ?? []).reduce((a, b) => a + b, 0),
    )
    const saw = `${processed} bytes at the load balancer, ${received} datagrams at gateways in 7 days`
    // A rehearsal of nothing shows nothing: an experiment has to have run.
    if (processed === 0) return { right: false, saw: `${saw}: run an experiment, then look again` }
    return { right: received > 0, saw }
  },
}
