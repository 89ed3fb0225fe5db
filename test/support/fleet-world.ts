import type { NetworkInterfaceDeclaration, WorldDeclaration } from '../../local/aws/world.ts'
import { eni, instance, subnetA, subnetB, testWorld, vpcId } from './aws-world.ts'

const REGION = 'us-east-1'
const ACCOUNT = '111122223333'
const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`

export const shopCluster = arn('ecs', 'cluster/shop')
const TASK_DEFINITION = arn('ecs', 'task-definition/shop:1')
/** Instances that ECS tasks run on: the first in bridge mode, the second with task interfaces. */
export const bridgeHost = 31
export const awsvpcHost = 32
export const taskEni = eni(33)
export const secondaryEni = eni(34)
export const cacheEni = eni(35)
export const balancerEni = eni(36)

const host = (n: number) => arn('ecs', `container-instance/shop/${String(n).padStart(32, '0')}`)
const taskId = (service: number, n: number) => `${service}${String(n).padStart(31, '0')}`

const standing = (
  n: number,
  more: Partial<NetworkInterfaceDeclaration> = {},
): NetworkInterfaceDeclaration => ({
  id: eni(n),
  subnetId: subnetA,
  privateIp: `10.0.1.${n}`,
  mac: `02:00:00:00:00:${n}`,
  ...more,
})

/** The test account with what other teams run in it: ECS services on EC2, a cache, an application load balancer. */
export const fleetWorld = (change: { bridgeTasks?: number } = {}): WorldDeclaration => {
  const declared = testWorld()
  return {
    ...declared,
    instances: [
      ...declared.instances,
      { id: instance(bridgeHost), type: 'c6i.large', subnetId: subnetA },
      { id: instance(awsvpcHost), type: 'c6i.large', subnetId: subnetA },
    ],
    networkInterfaces: [
      ...declared.networkInterfaces,
      standing(bridgeHost, { attachment: { instanceId: instance(bridgeHost), deviceIndex: 0 } }),
      standing(awsvpcHost, { attachment: { instanceId: instance(awsvpcHost), deviceIndex: 0 } }),
      standing(33, {
        attachment: { instanceId: instance(awsvpcHost), deviceIndex: 2 },
        description: arn('ecs', 'attachment/3c0a9b3e-5f0e-4c57-9d6e-1d4a7c2b8f90'),
        requesterManaged: true,
        requesterId: '578734482556',
      }),
      standing(34, { attachment: { instanceId: instance(1), deviceIndex: 1 } }),
      standing(35, {
        subnetId: subnetB,
        privateIp: '10.0.2.35',
        requesterManaged: true,
        requesterId: 'amazon-elasticache',
      }),
      standing(36, {
        requesterManaged: true,
        requesterId: 'amazon-elb',
        description: 'ELB app/front/0a1b2c3d4e5f6071',
      }),
    ],
    loadBalancers: [
      ...declared.loadBalancers,
      {
        arn: arn('elasticloadbalancing', 'loadbalancer/app/front/0a1b2c3d4e5f6071'),
        name: 'front',
        dnsName: 'front.us-east-1.elb.amazonaws.com',
        type: 'application',
        scheme: 'internal',
        vpcId,
        zones: [{ subnetId: subnetA, privateIp: '10.0.1.36' }],
        listeners: [],
      },
    ],
    clusters: [...declared.clusters, { arn: shopCluster, name: 'shop' }],
    containerInstances: [bridgeHost, awsvpcHost].map((n) => ({
      arn: host(n),
      clusterArn: shopCluster,
      instanceId: instance(n),
    })),
    placedServices: [
      {
        arn: arn('ecs', 'service/shop/bridged'),
        name: 'bridged',
        clusterArn: shopCluster,
        taskDefinitionArn: TASK_DEFINITION,
        tasks: Array.from({ length: change.bridgeTasks ?? 2 }, (_, n) => ({
          id: taskId(1, n),
          containerInstanceArn: host(bridgeHost),
        })),
      },
      {
        arn: arn('ecs', 'service/shop/own-interface'),
        name: 'own-interface',
        clusterArn: shopCluster,
        taskDefinitionArn: TASK_DEFINITION,
        tasks: [{ id: taskId(2, 1), containerInstanceArn: host(awsvpcHost), networkInterfaceId: taskEni }],
      },
    ],
    autoScalingGroups: [
      ...(declared.autoScalingGroups ?? []),
      // More than one page of groups.
      ...Array.from({ length: 120 }, (_, n) => ({
        name: `empty-${n}`,
        minSize: 0,
        maxSize: 0,
        desiredCapacity: 0,
        subnetIds: [subnetA],
      })),
    ],
  }
}
