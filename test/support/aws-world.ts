import { fileURLToPath } from 'node:url'
import type { ServiceDeclaration, WorldDeclaration } from '../../local/aws/world.ts'

const REGION = 'us-east-1'
const ACCOUNT = '111122223333'
const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`

export const vpcId = 'vpc-0a000000000000001'
export const subnetA = 'subnet-0a000000000000001'
export const subnetB = 'subnet-0a000000000000002'
export const subnetV6 = 'subnet-0a000000000000006'

export const instance = (n: number) => `i-0a0000000000000${String(n).padStart(2, '0')}`
export const eni = (n: number) => `eni-0a0000000000000${String(n).padStart(2, '0')}`
export const instances = 12

/** Interfaces beside those of instances 1 to 12. */
export const rdsEni = eni(21)
export const albEni = eni(22)
export const lambdaEni = eni(23)
export const vpcEndpointEni = eni(24)
export const newFamilyEni = eni(25)
export const ipv6OnlyEni = eni(26)
export const looseEni = eni(27)
export const futureFamilyEni = eni(28)

export const loadBalancerArn = arn('elasticloadbalancing', 'loadbalancer/net/mirror/50dc6c495c0c9188')
export const targetGroupArn = arn('elasticloadbalancing', 'targetgroup/gateway/6d0ecf831eec9f09')
export const idleGroupArn = arn('elasticloadbalancing', 'targetgroup/idle/6d0ecf831eec9f10')
export const mirrorTargetId = 'tmt-0a000000000000001'
export const parkingFilterId = 'tmf-0a000000000000001'
export const clusterArn = arn('ecs', 'cluster/shadowmeter')
export const serviceArn = arn('ecs', 'service/shadowmeter/gateway')
export const taskDefinitionArn = arn('ecs', 'task-definition/gateway:3')
export const deadLetterArn = arn('sqs', 'dead-letters')
export const evidenceBucket = 'shadowmeter-evidence'
export const recordsBucket = 'shadowmeter-records'
export const roleArn = `arn:aws:iam::${ACCOUNT}:role/scheduler`
export const functionArn = arn('lambda', 'function:control')
export const deadLettersFunctionArn = arn('lambda', 'function:dead-letters')
export const eventsFunctionArn = arn('lambda', 'function:events')

/** Health checks fast enough for tests. `addresses` decides where tasks listen. */
export function testWorld(
  change: {
    addresses?: ServiceDeclaration['addresses']
    environment?: Record<string, string>
    stopTimeout?: number
  } = {},
): WorldDeclaration {
  return {
    account: ACCOUNT,
    region: REGION,
    vpcs: [{ id: vpcId, cidr: '10.0.0.0/16', tags: { Name: 'shop' } }],
    subnets: [
      subnet(subnetA, '10.0.1.0/24', 'us-east-1a', 'use1-az1'),
      subnet(subnetB, '10.0.2.0/24', 'us-east-1b', 'use1-az2'),
      { ...subnet(subnetV6, '10.0.6.0/24', 'us-east-1a', 'use1-az1'), ipv6Only: true },
    ],
    instanceTypes: [
      {
        name: 'c6i.large',
        hypervisor: 'nitro',
        vcpus: 2,
        memoryMiB: 4096,
        baselineGbps: 0.781,
        peakGbps: 12.5,
      },
      {
        name: 'm8g.large',
        hypervisor: 'nitro',
        vcpus: 2,
        memoryMiB: 8192,
        baselineGbps: 0.937,
        peakGbps: 12.5,
      },
    ],
    instances: [
      ...Array.from({ length: instances }, (_, index) => ({
        id: instance(index + 1),
        type: 'c6i.large',
        subnetId: index % 2 === 0 ? subnetA : subnetB,
        autoScalingGroup: 'checkout',
        tags: { Name: `checkout-${index + 1}`, service: 'checkout' },
      })),
      { id: instance(25), type: 'm8g.large', subnetId: subnetA },
      { id: instance(28), type: 'z99x.large', subnetId: subnetA },
    ],
    networkInterfaces: [
      ...Array.from({ length: instances }, (_, index) => attached(index + 1, index + 1)),
      { ...free(21), requesterManaged: true, requesterId: 'amazon-rds' },
      { ...free(22), requesterManaged: true, requesterId: 'amazon-elb', description: 'ELB app/shop/1' },
      { ...free(23), interfaceType: 'lambda', requesterManaged: true, requesterId: ACCOUNT },
      { ...free(24), interfaceType: 'vpc_endpoint', requesterManaged: true, requesterId: '727180483921' },
      attached(25, 25),
      { ...free(26), subnetId: subnetV6, privateIp: '2600:1f18:1::26' },
      free(27),
      attached(28, 28),
    ],
    loadBalancers: [
      {
        arn: loadBalancerArn,
        name: 'mirror',
        dnsName: 'mirror-50dc6c495c0c9188.elb.us-east-1.amazonaws.com',
        type: 'network',
        scheme: 'internal',
        vpcId,
        zones: [
          { subnetId: subnetA, privateIp: '10.0.1.200' },
          { subnetId: subnetB, privateIp: '10.0.2.200' },
        ],
        crossZone: true,
        listeners: [
          {
            arn: arn('elasticloadbalancing', 'listener/net/mirror/50dc6c495c0c9188/f2f7dc8efc522ab2'),
            protocol: 'UDP',
            port: 4789,
            targetGroupArn,
          },
        ],
      },
    ],
    targetGroups: [
      {
        arn: targetGroupArn,
        name: 'gateway',
        protocol: 'UDP',
        port: 4789,
        vpcId,
        targetType: 'ip',
        deregistrationDelaySeconds: 0.1,
        healthCheck: {
          protocol: 'HTTP',
          port: 8080,
          path: '/healthz',
          intervalSeconds: 0.05,
          timeoutSeconds: 1,
          healthyThreshold: 2,
          unhealthyThreshold: 2,
        },
      },
      {
        arn: idleGroupArn,
        name: 'idle',
        protocol: 'TCP',
        port: 80,
        vpcId,
        targetType: 'ip',
        healthCheck: {
          protocol: 'TCP',
          port: 'traffic-port',
          intervalSeconds: 30,
          timeoutSeconds: 2,
          healthyThreshold: 5,
          unhealthyThreshold: 2,
        },
      },
    ],
    clusters: [{ arn: clusterArn, name: 'shadowmeter' }],
    taskDefinitions: [
      {
        arn: taskDefinitionArn,
        family: 'gateway',
        revision: 3,
        cpu: '1024',
        memory: '2048',
        container: {
          name: 'gateway',
          image: 'shadowmeter/gateway:test',
          module: fileURLToPath(new URL('./aws-task.mjs', import.meta.url)),
          environment: {
            LISTEN: '{ip}:{port}',
            HEALTH: '{ip}:{healthPort}',
            TASK: '{taskId}',
            TASK_ARN: '{taskArn}',
            ENDPOINT: '{endpoint}',
            ...change.environment,
          },
          port: 4789,
          healthPort: 8080,
          protocol: 'udp',
          stopTimeoutSeconds: change.stopTimeout ?? 2,
        },
      },
    ],
    services: [
      {
        arn: serviceArn,
        name: 'gateway',
        clusterArn,
        taskDefinitionArn,
        desiredCount: 0,
        subnetIds: [subnetA, subnetB],
        targetGroupArn,
        healthCheckGracePeriodSeconds: 1.5,
        addresses: change.addresses ?? { kind: 'shared', ip: '127.0.0.1' },
      },
    ],
    autoScalingGroups: [
      {
        name: 'checkout',
        minSize: 0,
        maxSize: 20,
        desiredCapacity: instances,
        subnetIds: [subnetA, subnetB],
      },
    ],
    mirrorTargets: [{ id: mirrorTargetId, loadBalancerArn, tags: { 'managed-by': 'shadowmeter' } }],
    mirrorFilters: [{ id: parkingFilterId, description: 'parking' }],
    buckets: [evidenceBucket, recordsBucket],
    queues: [{ name: 'dead-letters', visibilityTimeoutSeconds: 30 }],
  }
}

function subnet(id: string, cidr: string, availabilityZone: string, availabilityZoneId: string) {
  return { id, vpcId, cidr, availabilityZone, availabilityZoneId }
}

function free(n: number) {
  return {
    id: eni(n),
    subnetId: subnetA,
    privateIp: `10.0.1.${n}`,
    mac: `02:00:00:00:00:${String(n).padStart(2, '0')}`,
  }
}

function attached(n: number, instanceNumber: number) {
  const inB = n <= instances && n % 2 === 0
  return {
    ...free(n),
    ...(inB && { subnetId: subnetB, privateIp: `10.0.2.${n}` }),
    attachment: { instanceId: instance(instanceNumber), deviceIndex: 0 },
  }
}
