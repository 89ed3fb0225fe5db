import { NOTICE_DETAIL_TYPE, NOTICE_SOURCE } from '../contract/notice.ts'
import {
  ACCOUNT,
  DEAD_LETTERS,
  DEAD_LETTERS_ARN,
  DEAD_LETTERS_FUNCTION_ARN,
  EVENTS_FUNCTION_ARN,
  EVIDENCE_BUCKET,
  NOTICES,
  NOTICES_ARN,
  RECORDS_BUCKET,
  REGION,
} from './account.ts'
import type { InstanceDeclaration, NetworkInterfaceDeclaration, WorldDeclaration } from './aws/world.ts'
import { addressOf, blockOf, type LocalNetwork } from './network.ts'
import { type ProductionInstance, STATIONS } from './stations.ts'
import { declareGateway } from './world-gateway.ts'

const VPC = 'vpc-0a1b2c3d4e5f60718'
const SUBNET_A = 'subnet-0a1b2c3d4e5f6071a'
const SUBNET_B = 'subnet-0a1b2c3d4e5f6071b'
const SERVICES = 'sg-0a1b2c3d4e5f60801'
const STORE = 'sg-0a1b2c3d4e5f60802'
const BALANCER = 'app/orders/8f2c1d7a90b3e4f5'

/** The account that the local system runs in: what a team would have, and what the infrastructure would have made. */
export const declareWorld = (
  network: LocalNetwork,
  production: readonly ProductionInstance[],
): WorldDeclaration => ({
  account: ACCOUNT,
  region: REGION,
  vpcs: [{ id: VPC, cidr: blockOf(network, 'all'), tags: { Name: 'production' } }],
  subnets: subnets(network),
  instanceTypes: [
    { name: 'm5.large', hypervisor: 'nitro', vcpus: 2, memoryMiB: 8192, baselineGbps: 0.75, peakGbps: 10 },
    { name: 't3.small', hypervisor: 'nitro', vcpus: 2, memoryMiB: 2048, baselineGbps: 0.128, peakGbps: 5 },
    {
      name: 'm8g.large',
      hypervisor: 'nitro',
      vcpus: 2,
      memoryMiB: 8192,
      baselineGbps: 0.937,
      peakGbps: 12.5,
    },
  ],
  instances: [...production.map(instanceOf), ...neighbours],
  networkInterfaces: [...production.map((one) => interfaceOf(network, one)), ...otherInterfaces(network)],
  securityGroupRules,
  ...withBalancer(network, declareGateway(network, { vpc: VPC, subnets: [SUBNET_A, SUBNET_B] })),
  eventRules: [
    {
      source: 'aws.ec2',
      detailTypes: ['EC2 Instance State-change Notification'],
      targetArn: EVENTS_FUNCTION_ARN,
    },
    { source: 'aws.ecs', detailTypes: ['ECS Task State Change'], targetArn: EVENTS_FUNCTION_ARN },
    { source: NOTICE_SOURCE, detailTypes: [NOTICE_DETAIL_TYPE], targetArn: NOTICES_ARN },
  ],
  autoScalingGroups: [...new Set(production.map(({ service }) => service))].map((name) => ({
    name,
    minSize: 1,
    maxSize: 4,
    desiredCapacity: production.filter(({ service }) => service === name).length,
    subnetIds: [SUBNET_A, SUBNET_B],
  })),
  queues: [{ name: DEAD_LETTERS }, { name: NOTICES }],
  topics: [{ name: NOTICES, queues: [NOTICES] }],
  buckets: [EVIDENCE_BUCKET, RECORDS_BUCKET],
  queueConsumers: [{ queueArn: DEAD_LETTERS_ARN, functionArn: DEAD_LETTERS_FUNCTION_ARN }],
})

/** Production’s services use its database, and nobody else may. The demo’s shadow is no interface of the account, as every plan says. */
const securityGroupRules: NonNullable<WorldDeclaration['securityGroupRules']> = [
  {
    id: 'sgr-0a1b2c3d4e5f60811',
    groupId: STORE,
    direction: 'ingress',
    protocol: 'tcp',
    ports: { from: 5432, to: 5432 },
    peer: { groupId: SERVICES },
  },
  {
    id: 'sgr-0a1b2c3d4e5f60812',
    groupId: SERVICES,
    direction: 'egress',
    protocol: '-1',
    peer: { cidr: '0.0.0.0/0' },
  },
]

/** The load balancer that production’s clients come through; what it does is the demo’s own traffic. */
const withBalancer = (
  network: LocalNetwork,
  gateway: ReturnType<typeof declareGateway>,
): ReturnType<typeof declareGateway> => ({
  ...gateway,
  loadBalancers: [
    ...gateway.loadBalancers,
    {
      arn: `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:loadbalancer/${BALANCER}`,
      name: 'orders',
      dnsName: `internal-orders-1234567890.${REGION}.elb.amazonaws.com`,
      type: 'application',
      scheme: 'internal',
      vpcId: VPC,
      zones: STATIONS.loadBalancer.map(({ host }) => ({
        subnetId: zoneOf(host),
        privateIp: addressOf(network, host),
      })),
      listeners: [],
    },
  ],
})

const zoneOf = (host: number) => (host < 128 ? SUBNET_A : SUBNET_B)

const subnets = (network: LocalNetwork): WorldDeclaration['subnets'] => {
  const zone = (id: string, letter: 'a' | 'b', cidr: string) => ({
    id,
    vpcId: VPC,
    cidr,
    availabilityZone: `${REGION}${letter}`,
    availabilityZoneId: `use1-az${letter === 'a' ? 1 : 2}`,
    tags: { Name: `production-${letter}` },
  })
  return [zone(SUBNET_A, 'a', blockOf(network, 'first')), zone(SUBNET_B, 'b', blockOf(network, 'second'))]
}

const instanceOf = (one: ProductionInstance): InstanceDeclaration => ({
  id: one.instance,
  type: one.type,
  subnetId: zoneOf(one.host),
  detailedMonitoring: true,
  autoScalingGroup: one.service,
  tags: { Name: one.name, service: one.service, environment: 'production' },
})

const interfaceOf = (network: LocalNetwork, one: ProductionInstance): NetworkInterfaceDeclaration => ({
  id: one.networkInterface,
  subnetId: zoneOf(one.host),
  privateIp: addressOf(network, one.host),
  mac: one.mac,
  attachment: { instanceId: one.instance, deviceIndex: 0 },
  groups: [SERVICES],
  tags: { Name: one.name },
})

/** Not every instance can be mirrored: Nitro v5 and later have no mirroring. */
const neighbours: readonly InstanceDeclaration[] = [
  {
    id: STATIONS.reports.instance,
    type: 'm8g.large',
    subnetId: SUBNET_A,
    tags: { Name: 'reports-1', service: 'reports', environment: 'production' },
  },
]

/** Interfaces that stand in the same VPC and show why a list of sources needs verdicts. */
const otherInterfaces = (network: LocalNetwork): NetworkInterfaceDeclaration[] => [
  {
    id: STATIONS.reports.networkInterface,
    subnetId: SUBNET_A,
    privateIp: addressOf(network, STATIONS.reports.host),
    mac: STATIONS.reports.mac,
    attachment: { instanceId: STATIONS.reports.instance, deviceIndex: 0 },
    tags: { Name: 'reports-1' },
  },
  ...STATIONS.loadBalancer.map(({ networkInterface, host, mac }) => ({
    id: networkInterface,
    subnetId: zoneOf(host),
    privateIp: addressOf(network, host),
    mac,
    description: `ELB ${BALANCER}`,
    requesterManaged: true,
    requesterId: 'amazon-elb',
  })),
  {
    id: STATIONS.database.networkInterface,
    subnetId: SUBNET_B,
    privateIp: addressOf(network, STATIONS.database.host),
    mac: STATIONS.database.mac,
    description: 'RDSNetworkInterface',
    requesterManaged: true,
    requesterId: 'amazon-rds',
    groups: [STORE],
  },
  {
    id: STATIONS.fargate.networkInterface,
    subnetId: SUBNET_B,
    privateIp: addressOf(network, STATIONS.fargate.host),
    mac: STATIONS.fargate.mac,
    description: `arn:aws:ecs:${REGION}:${ACCOUNT}:attachment/3c0a9b3e-5f0e-4c57-9d6e-1d4a7c2b8f90`,
    requesterManaged: true,
    requesterId: '591542846629',
    tags: { Name: 'checkout (Fargate task)' },
  },
]
