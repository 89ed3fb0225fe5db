import type { Task } from '../rows.ts'
import type { State } from '../state.ts'
import type { ServiceDeclaration, TaskDefinitionDeclaration } from '../world.ts'
import { deploymentId, MAXIMUM_PERCENT, MINIMUM_HEALTHY_PERCENT } from './rollout.ts'
import type { Tasks } from './tasks.ts'

const PLATFORM = { launchType: 'FARGATE', platformVersion: '1.4.0', platformFamily: 'Linux' }

/** As DescribeServices shows it. */
export function describeService(state: State, tasks: Tasks, service: ServiceDeclaration): unknown {
  const row = state.services.get(service.arn)
  const active = tasks.active(service)
  const running = active.filter((task) => task.lastStatus === 'RUNNING').length
  const desiredCount = row?.desiredCount ?? 0
  const counts = { desiredCount, runningCount: running, pendingCount: active.length - running }
  const { container } = definitionOf(state, service)
  const deployment = row?.deployment ?? 0
  const deployments = [...new Set([deployment, ...active.map((task) => task.deployment)])]
  const at = new Date(row?.updatedAt ?? 0)
  const networkConfiguration = {
    awsvpcConfiguration: {
      subnets: service.subnetIds,
      securityGroups: service.securityGroupIds ?? [],
      assignPublicIp: 'DISABLED',
    },
  }
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.clusterArn,
    loadBalancers:
      service.targetGroupArn === undefined
        ? []
        : [
            {
              targetGroupArn: service.targetGroupArn,
              containerName: container.name,
              containerPort: container.port,
            },
          ],
    serviceRegistries: [],
    status: 'ACTIVE',
    ...counts,
    ...PLATFORM,
    taskDefinition: service.taskDefinitionArn,
    deploymentConfiguration: {
      maximumPercent: MAXIMUM_PERCENT,
      minimumHealthyPercent: MINIMUM_HEALTHY_PERCENT,
    },
    deployments: deployments.map((number) => {
      const own = active.filter((task) => task.deployment === number)
      const runningCount = own.filter((task) => task.lastStatus === 'RUNNING').length
      const isPrimary = number === deployment
      const isComplete = runningCount === desiredCount && deployments.length === 1
      return {
        id: `ecs-svc/${deploymentId(service, number)}`,
        status: isPrimary ? 'PRIMARY' : 'ACTIVE',
        taskDefinition: service.taskDefinitionArn,
        desiredCount: isPrimary ? desiredCount : own.length,
        runningCount,
        pendingCount: own.length - runningCount,
        failedTasks: 0,
        createdAt: at,
        updatedAt: at,
        ...PLATFORM,
        networkConfiguration,
        rolloutState: !isPrimary || isComplete ? 'COMPLETED' : 'IN_PROGRESS',
      }
    }),
    events: [],
    createdAt: at,
    networkConfiguration,
    healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds ?? 0,
    schedulingStrategy: 'REPLICA',
    deploymentController: { type: 'ECS' },
    enableECSManagedTags: false,
    propagateTags: 'NONE',
    enableExecuteCommand: false,
    tags: [],
  }
}

/** As DescribeTasks shows it. No container health check is declared, so health is UNKNOWN, as on AWS. */
export function describeTask(state: State, task: Task): unknown {
  const definition = state.world.taskDefinitions.find((one) => one.arn === task.taskDefinitionArn)
  const attached = task.lastStatus !== 'STOPPED'
  const details = [
    { name: 'subnetId', value: task.subnetId },
    { name: 'networkInterfaceId', value: task.networkInterfaceId },
    { name: 'macAddress', value: task.mac },
    { name: 'privateIPv4Address', value: task.ip },
  ]
  const attachmentId = attachmentIdOf(task)
  const service = state.world.services.find((one) => one.arn === task.serviceArn)
  return {
    taskArn: task.arn,
    clusterArn: task.clusterArn,
    taskDefinitionArn: task.taskDefinitionArn,
    group: `service:${service?.name ?? ''}`,
    startedBy: service && `ecs-svc/${deploymentId(service, task.deployment)}`,
    attachments: [
      {
        id: attachmentId,
        type: 'ElasticNetworkInterface',
        status: attached ? 'ATTACHED' : 'DELETED',
        details,
      },
    ],
    attributes: [],
    availabilityZone: state.subnet(task.subnetId)?.availabilityZone,
    connectivity: 'CONNECTED',
    containers: [
      {
        containerArn: `${task.arn.replace(':task/', ':container/')}/${attachmentId}`,
        taskArn: task.arn,
        name: definition?.container.name,
        image: definition?.container.image,
        lastStatus: task.lastStatus,
        healthStatus: 'UNKNOWN',
        exitCode: task.exitCode ?? undefined,
        networkBindings: [],
        networkInterfaces: [{ attachmentId, privateIpv4Address: task.ip }],
      },
    ],
    cpu: definition?.cpu,
    memory: definition?.memory,
    ...PLATFORM,
    createdAt: new Date(task.createdAt),
    startedAt: date(task.startedAt),
    stoppingAt: date(task.stoppingAt),
    stoppedAt: date(task.stoppedAt),
    stoppedReason: task.stoppedReason ?? undefined,
    stopCode: task.stopCode ?? undefined,
    desiredStatus: task.desiredStatus,
    lastStatus: task.lastStatus,
    healthStatus: 'UNKNOWN',
    enableExecuteCommand: false,
    overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [] },
    tags: [],
    version: task.version,
  }
}

export function describeTaskDefinition(definition: TaskDefinitionDeclaration): unknown {
  const { container } = definition
  return {
    taskDefinitionArn: definition.arn,
    family: definition.family,
    revision: definition.revision,
    status: 'ACTIVE',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    compatibilities: ['EC2', 'FARGATE'],
    cpu: definition.cpu,
    memory: definition.memory,
    volumes: [],
    placementConstraints: [],
    containerDefinitions: [
      {
        name: container.name,
        image: container.image,
        essential: true,
        command: [container.module, ...(container.arguments ?? [])],
        environment: Object.entries(container.environment).map(([name, value]) => ({ name, value })),
        portMappings: [
          { containerPort: container.port, hostPort: container.port, protocol: container.protocol },
          { containerPort: container.healthPort, hostPort: container.healthPort, protocol: 'tcp' },
        ],
        stopTimeout: container.stopTimeoutSeconds ?? 30,
      },
    ],
  }
}

/** What the agent answers to a container at `${ECS_CONTAINER_METADATA_URI_V4}/task`, the part that names the task. */
export function taskMetadata(state: State, task: Task): unknown {
  const definition = state.world.taskDefinitions.find((one) => one.arn === task.taskDefinitionArn)
  return {
    Cluster: task.clusterArn,
    TaskARN: task.arn,
    Family: definition?.family,
    Revision: definition && String(definition.revision),
    DesiredStatus: task.desiredStatus,
    KnownStatus: task.lastStatus,
    AvailabilityZone: state.subnet(task.subnetId)?.availabilityZone,
    LaunchType: 'FARGATE',
    Containers: [
      {
        Name: definition?.container.name,
        Image: definition?.container.image,
        Networks: [{ NetworkMode: 'awsvpc', IPv4Addresses: [task.ip], MACAddress: task.mac }],
      },
    ],
  }
}

const date = (time: number | null) => (time === null ? undefined : new Date(time))

/** The same for the task's life. */
function attachmentIdOf({ id }: Task): string {
  const h = id.slice(16) + id.slice(0, 16)
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`
}

function definitionOf(state: State, service: ServiceDeclaration): TaskDefinitionDeclaration {
  const definition = state.world.taskDefinitions.find((one) => one.arn === service.taskDefinitionArn)
  if (!definition) throw new Error(`The service ${service.arn} names no task definition that exists`)
  return definition
}
