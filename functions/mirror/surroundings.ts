import {
  DescribeSubnetsCommand,
  type EC2Client,
  type NetworkInterface,
  paginateDescribeSecurityGroupRules,
  type SecurityGroupRule,
} from '@aws-sdk/client-ec2'
import {
  DescribeLoadBalancersCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  paginateDescribeTargetGroups,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { GroupRule, Placed, Surroundings } from '../experiments/reachable-stores.ts'
import { chunked } from './chunks.ts'
import { FILTER_VALUES, interfacesBy, interfacesOfInstances } from './interfaces.ts'

type Clients = { ec2: EC2Client; elb: ElasticLoadBalancingV2Client }

/** Addresses of a name; none when it leads nowhere. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** Services whose interfaces belong to data stores (they name themselves as requester). */
const STORES = { 'amazon-rds': 'RDS', 'amazon-elasticache': 'ElastiCache' } as const

/** What security groups are between shadows, sources and data stores. Asks nothing more where there are no stores. */
export const describeSurroundings = async (
  { ec2, elb }: Clients,
  { hosts, sources }: { hosts: readonly string[]; sources: readonly string[] },
  resolve: Resolve,
): Promise<Surroundings> => {
  const stores = await interfacesBy(ec2, 'requester-id', Object.keys(STORES))
  if (stores.length === 0) return { shadows: [], unseen: [], sources: [], stores: [], rules: [] }
  const [found, production] = await Promise.all([
    Promise.all(
      hosts.map(async (host) => ({ host, interfaces: await ofHost({ ec2, elb }, await resolve(host)) })),
    ),
    interfacesBy(ec2, 'network-interface-id', sources),
  ])
  const shadows = distinct(found.flatMap(({ interfaces }) => interfaces))
  const all = distinct([...shadows, ...production, ...stores])
  const [rules, subnets] = await Promise.all([rulesOf(ec2, all), subnetsOf(ec2, shadows)])
  const placed = (one: NetworkInterface) => placedAs(one, subnets)
  return {
    shadows: shadows.map(placed),
    unseen: found.flatMap(({ host, interfaces }) => (interfaces.length === 0 ? [host] : [])),
    sources: production.map(placed),
    stores: stores.map(placed),
    rules,
  }
}

/** The interfaces with these addresses, and behind a load balancer those of its targets. */
const ofHost = async ({ ec2, elb }: Clients, addresses: readonly string[]): Promise<NetworkInterface[]> => {
  if (addresses.length === 0) return []
  const own = await interfacesBy(ec2, 'addresses.private-ip-address', addresses)
  const balancers = new Set(
    own.flatMap(({ Description }) => /^ELB (?:app|net)\/([^/]+)\//.exec(Description ?? '')?.[1] ?? []),
  )
  const targets = await Promise.all([...balancers].map((name) => targetsBehind(elb, name)))
  const ids = targets.flat()
  const [byAddress, byInstance] = await Promise.all([
    interfacesBy(
      ec2,
      'addresses.private-ip-address',
      ids.filter((id) => !id.startsWith('i-')),
    ),
    interfacesOfInstances(
      ec2,
      ids.filter((id) => id.startsWith('i-')),
      'all',
    ),
  ])
  return [...own, ...byAddress, ...byInstance]
}

const targetsBehind = async (elb: ElasticLoadBalancingV2Client, name: string): Promise<string[]> => {
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({ Names: [name] }))
  const LoadBalancerArn = LoadBalancers[0]?.LoadBalancerArn
  if (LoadBalancerArn === undefined) return []
  const ids: string[] = []
  for await (const { TargetGroups = [] } of paginateDescribeTargetGroups(
    { client: elb },
    { LoadBalancerArn },
  ))
    for (const { TargetGroupArn } of TargetGroups) {
      const health = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }))
      ids.push(...(health.TargetHealthDescriptions ?? []).flatMap(({ Target }) => Target?.Id ?? []))
    }
  return ids
}

const distinct = (interfaces: readonly NetworkInterface[]): NetworkInterface[] => [
  ...new Map(interfaces.map((one) => [one.NetworkInterfaceId, one])).values(),
]

/** Of all groups that any of them has. */
const rulesOf = async (ec2: EC2Client, interfaces: readonly NetworkInterface[]): Promise<GroupRule[]> => {
  const groups = new Set(
    interfaces.flatMap(({ Groups = [] }) => Groups.flatMap(({ GroupId }) => GroupId ?? [])),
  )
  const rules: GroupRule[] = []
  for (const Values of chunked([...groups], FILTER_VALUES))
    for await (const page of paginateDescribeSecurityGroupRules(
      { client: ec2, pageSize: 1000 },
      { Filters: [{ Name: 'group-id', Values }] },
    ))
      rules.push(...(page.SecurityGroupRules ?? []).flatMap((rule) => tcpRule(rule)))
  return rules
}

/** Of every protocol, ports are -1: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html */
const tcpRule = (rule: SecurityGroupRule): GroupRule[] => {
  const {
    SecurityGroupRuleId: id = '',
    GroupId: group = '',
    IsEgress,
    IpProtocol,
    FromPort = -1,
    ToPort = -1,
  } = rule
  if (IpProtocol !== 'tcp' && IpProtocol !== '6' && IpProtocol !== '-1') return []
  const isEvery = IpProtocol === '-1' || FromPort < 0
  const cidr = rule.CidrIpv4 ?? rule.CidrIpv6
  const referenced = rule.ReferencedGroupInfo?.GroupId
  return [
    {
      id,
      group,
      direction: IsEgress ? 'egress' : 'ingress',
      from: isEvery ? 0 : FromPort,
      to: isEvery ? 65_535 : ToPort,
      peer:
        cidr !== undefined
          ? { cidr }
          : referenced !== undefined
            ? { group: referenced }
            : { unseen: rule.PrefixListId ?? '' },
    },
  ]
}

const subnetsOf = async (
  ec2: EC2Client,
  interfaces: readonly NetworkInterface[],
): Promise<Map<string, string[]>> => {
  const ids = [...new Set(interfaces.flatMap(({ SubnetId }) => SubnetId ?? []))]
  const ranges = new Map<string, string[]>()
  for (const Values of chunked(ids, FILTER_VALUES)) {
    const { Subnets = [] } = await ec2.send(
      new DescribeSubnetsCommand({ Filters: [{ Name: 'subnet-id', Values }] }),
    )
    for (const { SubnetId = '', CidrBlock, Ipv6CidrBlockAssociationSet = [] } of Subnets)
      ranges.set(SubnetId, [
        ...(CidrBlock === undefined ? [] : [CidrBlock]),
        ...Ipv6CidrBlockAssociationSet.flatMap(({ Ipv6CidrBlock }) => Ipv6CidrBlock ?? []),
      ])
  }
  return ranges
}

const placedAs = (one: NetworkInterface, subnets: ReadonlyMap<string, readonly string[]>): Placed => {
  const {
    NetworkInterfaceId: eni = '',
    Description = '',
    RequesterId,
    PrivateIpAddresses = [],
    Ipv6Addresses = [],
  } = one
  const addresses = [
    ...PrivateIpAddresses.flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
    ...Ipv6Addresses.flatMap(({ Ipv6Address }) => Ipv6Address ?? []),
  ]
  const service = Object.entries(STORES).find(([requester]) => requester === RequesterId)?.[1]
  const said = service === undefined ? '' : `${service}’s ${Description === '' ? '' : `${Description} `}`
  return {
    eni,
    name: `${said}${eni} at ${addresses.join(', ')}`,
    addresses,
    subnets: subnets.get(one.SubnetId ?? '') ?? [],
    groups: (one.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
  }
}
