import { fileURLToPath } from 'node:url'
import {
  ACCOUNT,
  CLUSTER,
  CLUSTER_ARN,
  DEAD_LETTERS,
  DEPLOYMENT,
  LISTENER_ARN,
  LOAD_BALANCER_ARN,
  REGION,
  SERVICE,
  SERVICE_ARN,
  TABLE,
  TARGET_GROUP_ARN,
  TASK_DEFINITION_ARN,
} from './account.ts'
import type { InstanceDeclaration, NetworkInterfaceDeclaration, WorldDeclaration } from './aws/world.ts'
import { addressOf, blockOf, type LocalNetwork } from './network.ts'
import { type ProductionInstance, STATIONS } from './stations.ts'

const VPC = 'vpc-0a1b2c3d4e5f60718'
const SUBNET_A = 'subnet-0a1b2c3d4e5f6071a'
const SUBNET_B = 'subnet-0a1b2c3d4e5f6071b'
const GATEWAY_PORT = 4789
const HEALTH_PORT = 8080
/** Shorter than Fargate’s 30 seconds: nothing in flight here takes long. */
const STOP_SECONDS = 8

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
  ...gateway(network),
  queues: [{ name: DEAD_LETTERS }],
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
  tags: { Name: one.name, service: one.service, environment: 'production' },
})

const interfaceOf = (network: LocalNetwork, one: ProductionInstance): NetworkInterfaceDeclaration => ({
  id: one.networkInterface,
  subnetId: zoneOf(one.host),
  privateIp: addressOf(network, one.host),
  mac: one.mac,
  attachment: { instanceId: one.instance, deviceIndex: 0 },
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
    description: 'ELB app/orders/8f2c1d7a90b3e4f5',
    requesterManaged: true,
    requesterId: 'amazon-elb',
  })),
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

const gateway = (
  network: LocalNetwork,
): Pick<
  WorldDeclaration,
  'loadBalancers' | 'targetGroups' | 'clusters' | 'taskDefinitions' | 'services'
> => ({
  loadBalancers: [
    {
      arn: LOAD_BALANCER_ARN,
      name: 'shadowmeter-local',
      dnsName: `shadowmeter-local-50dc6c495c0c9188.elb.${REGION}.amazonaws.com`,
      type: 'network',
      scheme: 'internal',
      vpcId: VPC,
      zones: [
        { subnetId: SUBNET_A, privateIp: addressOf(network, 6) },
        { subnetId: SUBNET_B, privateIp: addressOf(network, 134) },
      ],
      // One gateway task serves both zones of the demo.
      crossZone: true,
      listeners: [
        { arn: LISTENER_ARN, protocol: 'UDP', port: GATEWAY_PORT, targetGroupArn: TARGET_GROUP_ARN },
      ],
      tags: { 'managed-by': 'shadowmeter', deployment: DEPLOYMENT },
    },
  ],
  targetGroups: [
    {
      arn: TARGET_GROUP_ARN,
      name: 'shadowmeter-local',
      protocol: 'UDP',
      port: GATEWAY_PORT,
      vpcId: VPC,
      targetType: 'ip',
      healthCheck: {
        protocol: 'HTTP',
        port: HEALTH_PORT,
        path: '/healthz',
        intervalSeconds: 1,
        timeoutSeconds: 4,
        healthyThreshold: 2,
        // A busy machine is no dead gateway.
        unhealthyThreshold: 5,
      },
      deregistrationDelaySeconds: 5,
    },
  ],
  clusters: [{ arn: CLUSTER_ARN, name: CLUSTER }],
  taskDefinitions: [
    {
      arn: TASK_DEFINITION_ARN,
      family: 'shadowmeter-local-gateway',
      revision: 1,
      cpu: '1024',
      memory: '2048',
      container: {
        name: 'gateway',
        image: 'shadowmeter/gateway:local',
        module: fileURLToPath(new URL('../data-plane/main.ts', import.meta.url)),
        environment: {
          AWS_REGION: '{region}',
          AWS_ENDPOINT_URL: '{endpoint}',
          AWS_ACCESS_KEY_ID: 'local',
          AWS_SECRET_ACCESS_KEY: 'local',
          SHADOWMETER_DEPLOYMENT: DEPLOYMENT,
          SHADOWMETER_TABLE: TABLE,
          SHADOWMETER_LISTEN: '{ip}:{port}',
          SHADOWMETER_HEALTH: '{ip}:{healthPort}',
          SHADOWMETER_STOP_SECONDS: String(STOP_SECONDS - 2),
        },
        port: GATEWAY_PORT,
        healthPort: HEALTH_PORT,
        protocol: 'udp',
        stopTimeoutSeconds: STOP_SECONDS,
      },
    },
  ],
  services: [
    {
      arn: SERVICE_ARN,
      name: SERVICE,
      clusterArn: CLUSTER_ARN,
      taskDefinitionArn: TASK_DEFINITION_ARN,
      desiredCount: 0,
      subnetIds: [SUBNET_A, SUBNET_B],
      targetGroupArn: TARGET_GROUP_ARN,
      // A busy machine takes its time to start a process.
      healthCheckGracePeriodSeconds: 60,
      addresses: taskAddresses(network),
    },
  ],
})

/** 32 addresses in each zone, the zones in turn. */
const taskAddresses = (network: LocalNetwork): WorldDeclaration['services'][number]['addresses'] =>
  network.kind === 'shared'
    ? { kind: 'shared', ip: '127.0.0.1' }
    : {
        kind: 'each',
        ips: Array.from({ length: 32 }, (_, n) => [
          addressOf(network, 64 + n),
          addressOf(network, 192 + n),
        ]).flat(),
      }
