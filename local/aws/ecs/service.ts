import { AwsError } from '../aws-error.ts'
import { boolean, integer, list, oneOf, required, string } from '../protocol/shape.ts'
import type { Task } from '../rows.ts'
import { action, type Service } from '../service.ts'
import type { State } from '../state.ts'
import type { ClusterDeclaration, ServiceDeclaration } from '../world.ts'
import { listPage } from './list-page.ts'
import {
  containerInstanceActions,
  describePlacedService,
  describePlacedTask,
  type PlacedTask,
  placedServices,
  placedTasks,
} from './placed.ts'
import { describeService, describeTask, describeTaskDefinition } from './shown.ts'
import type { Tasks } from './tasks.ts'

const DESCRIBED_SERVICES = 10
const DESCRIBED_TASKS = 100

/**
 * Amazon ECS with services on Fargate, where a task is a process of this machine, and with services on EC2 that are only
 * shown.
 */
export function ecsService(state: State, tasks: Tasks): Service {
  const { world } = state
  return {
    scope: 'ecs',
    json: { prefix: 'AmazonEC2ContainerServiceV20141113', version: '1.1' },
    actions: {
      ...containerInstanceActions(state, (name) => clusterOf(state, name)),

      DescribeClusters: action(
        { clusters: list(string), include: list(string) },
        (input) => {
          const wanted = input.clusters ?? ['default']
          const found = wanted.flatMap((name) => findCluster(state, name) ?? [])
          return {
            clusters: found.map((cluster) => ({
              clusterArn: cluster.arn,
              clusterName: cluster.name,
              status: 'ACTIVE',
              registeredContainerInstancesCount: (world.containerInstances ?? []).filter(
                ({ clusterArn }) => clusterArn === cluster.arn,
              ).length,
              runningTasksCount: countOf(state, cluster, 'RUNNING'),
              pendingTasksCount: countOf(state, cluster, 'PENDING'),
              activeServicesCount: world.services.filter((service) => service.clusterArn === cluster.arn)
                .length,
              capacityProviders: [],
              settings: [],
              tags: [],
            })),
            failures: wanted
              .filter((name) => !findCluster(state, name))
              .map((name) => ({ arn: clusterArnOf(state, name), reason: 'MISSING' })),
          }
        },
        { readOnly: true },
      ),

      DescribeServices: action(
        { cluster: string, services: required(list(string)), include: list(string) },
        (input) => {
          const cluster = clusterOf(state, input.cluster)
          checkCount('Services', input.services, DESCRIBED_SERVICES)
          return {
            services: input.services.flatMap((name) => {
              const placed = findPlaced(state, cluster, name)
              if (placed) return [describePlacedService(state, placed)]
              const service = findService(state, cluster, name)
              return service ? [describeService(state, tasks, service)] : []
            }),
            failures: input.services
              .filter((name) => !findService(state, cluster, name) && !findPlaced(state, cluster, name))
              .map((name) => ({ arn: serviceArnOf(state, cluster, name), reason: 'MISSING' })),
          }
        },
        { readOnly: true },
      ),

      UpdateService: action(
        {
          cluster: string,
          service: required(string),
          desiredCount: integer,
          taskDefinition: string,
          forceNewDeployment: boolean,
        },
        (input) => {
          const cluster = clusterOf(state, input.cluster)
          if (findPlaced(state, cluster, input.service))
            throw new AwsError(
              'InvalidParameterException',
              'The local AWS endpoints keep the tasks of a service on EC2 as they were declared.',
            )
          const service = serviceOf(state, cluster, input.service)
          const { desiredCount, taskDefinition } = input
          if (desiredCount !== undefined && desiredCount < 0) {
            throw new AwsError('InvalidParameterException', 'desiredCount must not be negative.')
          }
          if (taskDefinition !== undefined && !isDefinition(service.taskDefinitionArn, taskDefinition)) {
            throw new AwsError(
              'InvalidParameterException',
              'The local AWS endpoints keep the task definition that a service was declared with.',
            )
          }
          const before = state.services.get(service.arn)
          if (desiredCount !== undefined || input.forceNewDeployment) {
            state.services.set(service.arn, {
              desiredCount: desiredCount ?? before?.desiredCount ?? 0,
              updatedAt: state.clock.now(),
              deployment: (before?.deployment ?? 0) + (input.forceNewDeployment ? 1 : 0),
            })
            tasks.reconcile(service)
          }
          return { service: describeService(state, tasks, service) }
        },
      ),

      ListTasks: action(
        {
          cluster: string,
          serviceName: string,
          family: string,
          startedBy: string,
          desiredStatus: oneOf('RUNNING', 'PENDING', 'STOPPED'),
          launchType: oneOf('EC2', 'FARGATE', 'EXTERNAL'),
          maxResults: integer,
          nextToken: string,
        },
        (input) => {
          const cluster = clusterOf(state, input.cluster)
          const { serviceName: name } = input
          const service =
            name === undefined
              ? undefined
              : (findPlaced(state, cluster, name) ?? serviceOf(state, cluster, name))
          const wanted = input.desiredStatus ?? 'RUNNING'
          const started = state.tasks
            .list()
            .filter((task) => task.desiredStatus === wanted && (input.launchType ?? 'FARGATE') === 'FARGATE')
          const placed = placedTasks(state, cluster.arn)
            .filter(() => wanted === 'RUNNING' && (input.launchType ?? 'EC2') === 'EC2')
            .map(({ arn, service: { arn: serviceArn, clusterArn, taskDefinitionArn } }) => ({
              arn,
              serviceArn,
              clusterArn,
              taskDefinitionArn,
            }))
          const rows = [...started, ...placed].filter(
            (task) =>
              task.clusterArn === cluster.arn &&
              (service?.arn ?? task.serviceArn) === task.serviceArn &&
              (input.family === undefined || isDefinition(task.taskDefinitionArn, input.family)) &&
              input.startedBy === undefined,
          )
          const { arns, nextToken } = listPage(
            rows.map(({ arn }) => arn),
            input,
          )
          return { taskArns: arns, nextToken }
        },
        { readOnly: true },
      ),

      DescribeTasks: action(
        { cluster: string, tasks: required(list(string)), include: list(string) },
        (input) => {
          const cluster = clusterOf(state, input.cluster)
          checkCount('Tasks', input.tasks, DESCRIBED_TASKS)
          return {
            tasks: input.tasks.flatMap((name) => {
              const placed = findPlacedTask(state, cluster, name)
              if (placed) return [describePlacedTask(state, placed)]
              const task = findTask(state, cluster, name)
              return task ? [describeTask(state, task)] : []
            }),
            failures: input.tasks
              .filter((name) => !findTask(state, cluster, name) && !findPlacedTask(state, cluster, name))
              .map((name) => ({ arn: taskArnOf(state, cluster, name), reason: 'MISSING' })),
          }
        },
        { readOnly: true },
      ),

      StopTask: action({ cluster: string, task: required(string), reason: string }, (input) => {
        const cluster = clusterOf(state, input.cluster)
        const task = findTask(state, cluster, input.task)
        if (!task) throw new AwsError('InvalidParameterException', 'The referenced task was not found.')
        tasks.stop(task, { reason: input.reason ?? 'Task stopped by user', code: 'UserInitiated' })
        return { task: describeTask(state, state.tasks.get(task.id) ?? task) }
      }),

      DescribeTaskDefinition: action(
        { taskDefinition: required(string), include: list(string) },
        (input) => {
          const definition = world.taskDefinitions
            .filter((one) => isDefinition(one.arn, input.taskDefinition))
            .sort((a, b) => b.revision - a.revision)[0]
          if (!definition) throw new AwsError('ClientException', 'Unable to describe task definition.')
          return { taskDefinition: describeTaskDefinition(definition), tags: [] }
        },
        { readOnly: true },
      ),
    },
    refuse({ message }) {
      return new AwsError('InvalidParameterException', message)
    },
  }
}

const clusterArnOf = (state: State, name: string) =>
  name.startsWith('arn:') ? name : state.arn('ecs', `cluster/${name}`)
const serviceArnOf = (state: State, { name: cluster }: ClusterDeclaration, name: string) =>
  name.startsWith('arn:') ? name : state.arn('ecs', `service/${cluster}/${name}`)
const taskArnOf = (state: State, { name: cluster }: ClusterDeclaration, name: string) =>
  name.startsWith('arn:') ? name : state.arn('ecs', `task/${cluster}/${name}`)

function findCluster(state: State, name: string): ClusterDeclaration | undefined {
  return state.world.clusters.find((cluster) => cluster.arn === name || cluster.name === name)
}

function clusterOf(state: State, name = 'default'): ClusterDeclaration {
  const cluster = findCluster(state, name)
  if (!cluster) throw new AwsError('ClusterNotFoundException', 'Cluster not found.')
  return cluster
}

function findService(
  state: State,
  cluster: ClusterDeclaration,
  name: string,
): ServiceDeclaration | undefined {
  return state.world.services.find(
    (service) => service.clusterArn === cluster.arn && (service.arn === name || service.name === name),
  )
}

function serviceOf(state: State, cluster: ClusterDeclaration, name: string): ServiceDeclaration {
  const service = findService(state, cluster, name)
  if (!service) throw new AwsError('ServiceNotFoundException', 'Service not found.')
  return service
}

function findTask(state: State, cluster: ClusterDeclaration, name: string): Task | undefined {
  return state.tasks
    .list()
    .find((task) => task.clusterArn === cluster.arn && (task.arn === name || task.id === name))
}

const findPlaced = (state: State, cluster: ClusterDeclaration, name: string) =>
  placedServices(state, cluster.arn).find((service) => service.arn === name || service.name === name)

const findPlacedTask = (state: State, cluster: ClusterDeclaration, name: string): PlacedTask | undefined =>
  placedTasks(state, cluster.arn).find((task) => task.arn === name || task.id === name)

/** `family`, `family:revision` or the ARN. */
function isDefinition(arn: string, name: string): boolean {
  const [, familyAndRevision = ''] = arn.split('task-definition/')
  return name === arn || name === familyAndRevision || name === familyAndRevision.split(':')[0]
}

function countOf(state: State, cluster: ClusterDeclaration, status: 'RUNNING' | 'PENDING'): number {
  return state.tasks.list().filter((task) => task.clusterArn === cluster.arn && task.lastStatus === status)
    .length
}

function checkCount(what: string, given: readonly string[], most: number): void {
  if (given.length === 0) throw new AwsError('InvalidParameterException', `${what} cannot be empty.`)
  if (given.length > most) {
    throw new AwsError('InvalidParameterException', `${what} cannot have more than ${most} elements.`)
  }
}
