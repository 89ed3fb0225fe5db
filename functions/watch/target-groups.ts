import type { CloudWatchClient, MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import {
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  paginateDescribeTargetGroups,
  type TargetGroup,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { SourceEni } from '../../contract/source.ts'
import type { Flow } from '../experiments/headroom.ts'
import { flowOf, PERIOD_SECONDS, readSums } from './sums.ts'

/** Where production’s traffic comes from: a target group that has a mirrored source among its targets. */
export type FoundGroup = Readonly<{
  name: string
  protocol: string
  /** HTTP1, HTTP2 or GRPC; null for groups of a network load balancer. */
  version: string | null
  /** ARNs of the load balancers whose requests it gets. */
  balancers: readonly string[]
  /** Per second, of the whole group; null where CloudWatch knows nothing. */
  requests: Flow | null
  /** Bytes per second of the load balancer, both legs and both directions. */
  bytes: Flow | null
}>

export type Targets = Readonly<{
  vpcs: readonly string[]
  /** Null: every port. */
  ports: readonly number[] | null
  /** Instance ids and addresses: a target is named by either. */
  ids: readonly string[]
}>

/** Each is a call of its own; accounts with more groups on these ports are judged by the first. */
const GROUPS_LOOKED_INTO = 20

/** Target groups with one of these targets on one of these ports, and what CloudWatch knows of 14 days. */
export const readTargetGroups = async (
  { elb, cloudwatch }: { elb: ElasticLoadBalancingV2Client; cloudwatch: CloudWatchClient },
  targets: Targets,
  now: Date,
): Promise<FoundGroup[]> => {
  const groups = await targetGroupsWith(elb, targets)
  const queries = groups.flatMap((group, index) => queriesFor(group, index))
  const sums = queries.length === 0 ? new Map() : await readSums(cloudwatch, queries, now)
  const flow = (id: string): Flow | null => {
    const series = sums.get(id)
    return series ? flowOf(series.sums) : null
  }
  return groups.map((group, index) => ({
    name: group.TargetGroupName ?? '',
    protocol: group.Protocol ?? '',
    version: group.ProtocolVersion ?? null,
    balancers: group.LoadBalancerArns ?? [],
    requests: flow(`requests${index}`),
    bytes: flow(`bytes${index}`),
  }))
}

/** What names the sources as targets. */
export const targetsOf = (sources: readonly SourceEni[], ports: readonly number[] | null): Targets => ({
  vpcs: [...new Set(sources.map(({ vpc }) => vpc))].sort(),
  ports,
  ids: [
    ...new Set(
      sources.flatMap(({ instance, address }) => [...(instance === null ? [] : [instance]), address]),
    ),
  ].sort(),
})

export const targetGroupsWith = async (
  elb: ElasticLoadBalancingV2Client,
  { vpcs, ports, ids }: Targets,
): Promise<TargetGroup[]> => {
  const candidates: TargetGroup[] = []
  for await (const page of paginateDescribeTargetGroups({ client: elb }, {}))
    for (const group of page.TargetGroups ?? [])
      if (group.LoadBalancerArns?.length && vpcs.includes(group.VpcId ?? '')) candidates.push(group)
  const likely = (group: TargetGroup) => ports === null || ports.includes(group.Port ?? 0)
  const looked = candidates.sort((a, b) => Number(likely(b)) - Number(likely(a))).slice(0, GROUPS_LOOKED_INTO)
  const found: TargetGroup[] = []
  for (const group of looked) {
    const { TargetHealthDescriptions: members = [] } = await elb.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: group.TargetGroupArn }),
    )
    const mirrored = members.some(
      ({ Target }) => ids.includes(Target?.Id ?? '') && (ports === null || ports.includes(Target?.Port ?? 0)),
    )
    if (mirrored) found.push(group)
  }
  return found
}

/** docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html */
const queriesFor = (group: TargetGroup, index: number): MetricDataQuery[] => {
  const balancer = group.LoadBalancerArns?.[0]?.split(':loadbalancer/')[1] ?? ''
  if (!balancer.startsWith('app/')) return []
  const name = group.TargetGroupArn?.split(':').at(-1) ?? ''
  return [
    query(`requests${index}`, 'RequestCount', { TargetGroup: name, LoadBalancer: balancer }),
    query(`bytes${index}`, 'ProcessedBytes', { LoadBalancer: balancer }),
  ]
}

const query = (
  Id: string,
  MetricName: string,
  dimensions: Readonly<Record<string, string>>,
): MetricDataQuery => ({
  Id,
  MetricStat: {
    Metric: {
      Namespace: 'AWS/ApplicationELB',
      MetricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    Period: PERIOD_SECONDS,
    Stat: 'Sum',
  },
})
