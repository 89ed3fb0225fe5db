import { fileURLToPath } from 'node:url'
import {
  ALLOWED_SHADOWS,
  CLUSTER,
  CLUSTER_ARN,
  DEPLOYMENT,
  LISTENER_ARN,
  LOAD_BALANCER_ARN,
  RECORDS_BUCKET,
  REGION,
  SERVICE,
  SERVICE_ARN,
  TABLE,
  TARGET_GROUP_ARN,
  TASK_DEFINITION_ARN,
} from './account.ts'
import type { WorldDeclaration } from './aws/world.ts'
import { addressOf, type LocalNetwork } from './network.ts'

const GATEWAY_PORT = 4789
const HEALTH_PORT = 8080
/** Shorter than Fargate’s 30 seconds: nothing in flight here takes long. */
const STOP_SECONDS = 8

/** The load balancer, the service and its task definition: what the infrastructure makes for the gateways. */
export const declareGateway = (
  network: LocalNetwork,
  { vpc, subnets: [first, second] }: { vpc: string; subnets: readonly [string, string] },
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
      vpcId: vpc,
      zones: [
        { subnetId: first, privateIp: addressOf(network, 6) },
        { subnetId: second, privateIp: addressOf(network, 134) },
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
      vpcId: vpc,
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
          SHADOWMETER_SHADOWS: ALLOWED_SHADOWS,
          SHADOWMETER_RECORDS_BUCKET: RECORDS_BUCKET,
          SHADOWMETER_LISTEN: '{ip}:{port}',
          SHADOWMETER_HEALTH: '{ip}:{healthPort}',
          // Any free port: tasks may share an address, and each reports its own.
          SHADOWMETER_NEIGHBOURS: '{ip}:0',
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
      subnetIds: [first, second],
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
