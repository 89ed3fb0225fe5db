import type { Endpoint } from './inputs.ts'
import { inputs, isProduction, region } from './stage.ts'
import { subnetOf } from './subnets.ts'

type Network = {
  vpc: $util.Output<string>
  cidr: $util.Output<string>
  /** One per Availability Zone. */
  subnets: $util.Output<string[]>
  routeTables: $util.Output<string[]>
}

const existing = 'vpc' in inputs.network ? inputs.network : null

const ids = (tables: aws.ec2.RouteTable[]): $util.Output<string[]> => $util.all(tables.map(({ id }) => id))

/** SST cuts its subnets out of 10.0.0.0/16, whatever the VPC’s own range is: EC2 would refuse them. */
const within =
  (cidr: string, kind: 'Public' | 'Private') => (subnet: aws.ec2.SubnetArgs, _: unknown, name: string) => {
    const zone = Number(name.split(`${kind}Subnet`).at(-1)) - 1
    subnet.cidrBlock = subnetOf(cidr, 2 * zone + (kind === 'Private' ? 1 : 0))
    return undefined
  }

/** Private subnets only are used of a new VPC; it has no NAT gateway. */
const created = (): Network => {
  const { cidr, zones } = 'zones' in inputs.network ? inputs.network : { cidr: '', zones: 0 }
  const vpc = new sst.aws.Vpc('Network', {
    az: zones,
    transform: {
      vpc: { cidrBlock: cidr },
      publicSubnet: within(cidr, 'Public'),
      privateSubnet: within(cidr, 'Private'),
      // SST’s lets the whole VPC in and everything out; nothing of ours is in this group.
      securityGroup: { ingress: [], egress: [] },
    },
  })
  return {
    vpc: vpc.id,
    cidr: vpc.nodes.vpc.cidrBlock,
    subnets: vpc.privateSubnets.apply((subnets) => $util.all(subnets)),
    routeTables: $output(vpc.nodes.privateRouteTables).apply(ids),
  }
}

/** Two subnets of one zone: a load balancer takes one per zone, so the deployment stops here and says so. */
const onePerZone = (subnets: readonly string[]) =>
  $util.all(subnets.map((id) => aws.ec2.getSubnetOutput({ id }))).apply((found) => {
    const zones = found.map(({ availabilityZone }) => availabilityZone)
    const twice = zones.find((zone, at) => zones.indexOf(zone) !== at)
    if (twice !== undefined)
      throw new Error(`deployment.json: network.subnets names two subnets in ${twice}; one per zone is right`)
    return found.map(({ id }) => id)
  })

export const network: Network = existing
  ? {
      vpc: $output(existing.vpc),
      cidr: aws.ec2.getVpcOutput({ id: existing.vpc }).cidrBlock,
      subnets: onePerZone(existing.subnets),
      routeTables: $output(existing.routeTables),
    }
  : created()

export const sourceCidrs: $util.Output<string[]> =
  inputs.sourceCidrs.length > 0 ? $output(inputs.sourceCidrs) : network.cidr.apply((cidr) => [cidr])

export const isPresent = (endpoint: Endpoint): boolean =>
  existing?.endpointsPresent.includes(endpoint) ?? false

/** Of interface endpoints: in production one per zone, elsewhere one, at $0.01 an hour each. */
export const endpointSubnets = network.subnets.apply((subnets) =>
  (inputs.endpointZones ?? (isProduction ? 'every' : 'one')) === 'every' ? subnets : subnets.slice(0, 1),
)
/** Nobody else’s traffic goes through the endpoints of a VPC of our own: there they let through what is needed only. */
export const isOwnVpc = existing === null
export const serviceName = (endpoint: Endpoint): string => `com.amazonaws.${region}.${endpoint}`
