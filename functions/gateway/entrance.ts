import { DescribeSubnetsCommand, type EC2Client, type Subnet } from '@aws-sdk/client-ec2'
import { DescribeServicesCommand, type ECSClient } from '@aws-sdk/client-ecs'
import {
  DescribeLoadBalancersCommand,
  type ElasticLoadBalancingV2Client,
  paginateDescribeListeners,
} from '@aws-sdk/client-elastic-load-balancing-v2'

/** Where mirrored packets arrive, as it is set up now. */
export type Entrance = Readonly<{
  /** The load balancer has the UDP listener that mirroring needs. Without it packets vanish, and are billed. */
  listening: boolean
  /** Zones in which the load balancer has a node. */
  nodeZones: readonly string[]
  /** Zones in which gateway tasks may run, and the free addresses of their subnets together. */
  taskZones: readonly string[]
  freeAddresses: number
}>

/** VXLAN (RFC 7348), where traffic mirroring sends it. */
const VXLAN_PORT = 4789

export const describeEntrance = async (
  { elb, ecs, ec2 }: { elb: ElasticLoadBalancingV2Client; ecs: ECSClient; ec2: EC2Client },
  { loadBalancer, cluster, service }: { loadBalancer: string; cluster: string; service: string },
): Promise<Entrance> => {
  const [balancers, listening, services] = await Promise.all([
    elb.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [loadBalancer] })),
    hasListener(elb, loadBalancer),
    ecs.send(new DescribeServicesCommand({ cluster, services: [service] })),
  ])
  const zones = balancers.LoadBalancers?.[0]?.AvailabilityZones ?? []
  const subnets = await describeSubnets(
    ec2,
    services.services?.[0]?.networkConfiguration?.awsvpcConfiguration?.subnets ?? [],
  )
  return {
    listening,
    nodeZones: zones.flatMap(({ ZoneName }) => ZoneName ?? []),
    taskZones: subnets.flatMap(({ AvailabilityZone }) => AvailabilityZone ?? []),
    freeAddresses: subnets.reduce((sum, { AvailableIpAddressCount: free = 0 }) => sum + free, 0),
  }
}

/** By filter: a subnet that is gone is left out then, and not an error for all. */
const describeSubnets = async (ec2: EC2Client, subnets: readonly string[]): Promise<Subnet[]> => {
  if (subnets.length === 0) return []
  const Filters = [{ Name: 'subnet-id', Values: [...subnets] }]
  return (await ec2.send(new DescribeSubnetsCommand({ Filters }))).Subnets ?? []
}

export const zonesOf = async (ec2: EC2Client, subnets: readonly string[]): Promise<string[]> => [
  ...new Set((await describeSubnets(ec2, subnets)).flatMap(({ AvailabilityZone }) => AvailabilityZone ?? [])),
]

const hasListener = async (elb: ElasticLoadBalancingV2Client, LoadBalancerArn: string): Promise<boolean> => {
  for await (const page of paginateDescribeListeners({ client: elb }, { LoadBalancerArn }))
    for (const { Protocol, Port } of page.Listeners ?? [])
      if (Port === VXLAN_PORT && (Protocol === 'UDP' || Protocol === 'TCP_UDP')) return true
  return false
}
