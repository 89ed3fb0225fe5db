import { AwsError } from '../aws-error.ts'
import { integer, list, required, string } from '../protocol/shape.ts'
import { type Action, action } from '../service.ts'
import type { State } from '../state.ts'
import type {
  ClusterDeclaration,
  ContainerInstanceDeclaration,
  PlacedServiceDeclaration,
  PlacedTaskDeclaration,
} from '../world.ts'
import { listPage } from './list-page.ts'

/** One task of a service on EC2, with the instance it runs on. */
export type PlacedTask = PlacedTaskDeclaration & {
  arn: string
  service: PlacedServiceDeclaration
  host: ContainerInstanceDeclaration
}

const DESCRIBED_CONTAINER_INSTANCES = 100

export const placedServices = (state: State, clusterArn: string): readonly PlacedServiceDeclaration[] =>
  (state.world.placedServices ?? []).filter((service) => service.clusterArn === clusterArn)

/** Services on EC2 are declared with their tasks; a task runs for as long as its instance does. */
export const placedTasks = (state: State, clusterArn: string): PlacedTask[] =>
  placedServices(state, clusterArn).flatMap((service) =>
    service.tasks.flatMap((task) => {
      const host = state.world.containerInstances?.find(({ arn }) => arn === task.containerInstanceArn)
      if (!host || state.instances.get(host.instanceId)?.state !== 'running') return []
      const cluster = clusterArn.split('/')[1]
      return [{ ...task, service, host, arn: state.arn('ecs', `task/${cluster}/${task.id}`) }]
    }),
  )

/** As DescribeServices shows a service on EC2. */
export function describePlacedService(state: State, service: PlacedServiceDeclaration): unknown {
  const running = placedTasks(state, service.clusterArn).filter((task) => task.service === service).length
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.clusterArn,
    loadBalancers: [],
    status: 'ACTIVE',
    desiredCount: service.tasks.length,
    runningCount: running,
    pendingCount: 0,
    launchType: 'EC2',
    taskDefinition: service.taskDefinitionArn,
    deployments: [],
    events: [],
    schedulingStrategy: 'REPLICA',
    tags: [],
  }
}

/** As DescribeTasks shows a task on EC2: with an interface of its own only in the network mode awsvpc. */
export function describePlacedTask(state: State, task: PlacedTask): unknown {
  const own = state.networkInterfaces.list().find(({ id }) => id === task.networkInterfaceId)
  return {
    taskArn: task.arn,
    clusterArn: task.service.clusterArn,
    taskDefinitionArn: task.service.taskDefinitionArn,
    containerInstanceArn: task.containerInstanceArn,
    group: `service:${task.service.name}`,
    launchType: 'EC2',
    attachments: own
      ? [
          {
            id: `${task.id}-attachment`,
            type: 'ElasticNetworkInterface',
            status: 'ATTACHED',
            details: [
              { name: 'subnetId', value: own.subnetId },
              { name: 'networkInterfaceId', value: own.id },
              { name: 'macAddress', value: own.mac },
              { name: 'privateIPv4Address', value: own.privateIp },
            ],
          },
        ]
      : [],
    availabilityZone: state.subnet(state.instances.get(task.host.instanceId)?.subnetId ?? '')
      ?.availabilityZone,
    connectivity: 'CONNECTED',
    containers: [],
    desiredStatus: 'RUNNING',
    lastStatus: 'RUNNING',
    healthStatus: 'UNKNOWN',
    tags: [],
    version: 1,
  }
}

export function containerInstanceActions(
  state: State,
  clusterOf: (name: string | undefined) => ClusterDeclaration,
): Record<string, Action> {
  const of = (cluster: ClusterDeclaration) =>
    (state.world.containerInstances ?? []).filter(({ clusterArn }) => clusterArn === cluster.arn)
  return {
    ListContainerInstances: action(
      { cluster: string, filter: string, maxResults: integer, nextToken: string, status: string },
      (input) => {
        if (input.filter !== undefined || (input.status ?? 'ACTIVE') !== 'ACTIVE')
          throw new AwsError(
            'InvalidParameterException',
            'The local AWS endpoints list container instances without a filter, and only ACTIVE ones.',
          )
        const { arns, nextToken } = listPage(
          of(clusterOf(input.cluster)).map(({ arn }) => arn),
          input,
        )
        return { containerInstanceArns: arns, nextToken }
      },
      { readOnly: true },
    ),

    DescribeContainerInstances: action(
      { cluster: string, containerInstances: required(list(string)), include: list(string) },
      (input) => {
        const known = of(clusterOf(input.cluster))
        const { containerInstances: wanted } = input
        if (wanted.length === 0 || wanted.length > DESCRIBED_CONTAINER_INSTANCES)
          throw new AwsError(
            'InvalidParameterException',
            `Container instances must be 1 to ${DESCRIBED_CONTAINER_INSTANCES}.`,
          )
        const named = (name: string) =>
          known.find(({ arn }) => arn === name || arn.split('/').at(-1) === name)
        return {
          containerInstances: wanted.flatMap((name) => {
            const one = named(name)
            return one ? [describeContainerInstance(state, one)] : []
          }),
          failures: wanted.filter((name) => !named(name)).map((arn) => ({ arn, reason: 'MISSING' })),
        }
      },
      { readOnly: true },
    ),
  }
}

function describeContainerInstance(
  state: State,
  { arn, instanceId, clusterArn }: ContainerInstanceDeclaration,
) {
  const runs = state.instances.get(instanceId)?.state === 'running'
  return {
    containerInstanceArn: arn,
    ec2InstanceId: instanceId,
    status: 'ACTIVE',
    agentConnected: runs,
    runningTasksCount: placedTasks(state, clusterArn).filter(({ host }) => host.arn === arn).length,
    pendingTasksCount: 0,
    registeredResources: [],
    remainingResources: [],
    attributes: [],
    attachments: [],
    tags: [],
    version: 1,
  }
}
