import {
  DescribeContainerInstancesCommand,
  DescribeTasksCommand,
  type ECSClient,
  paginateListTasks,
  type Task,
} from '@aws-sdk/client-ecs'
import { chunked } from '../chunks.ts'
import { interfacesBy, interfacesOfInstances } from '../interfaces.ts'
import type { Finder } from './finder.ts'

/** DescribeTasks and DescribeContainerInstances take 100 at a time. */
const DESCRIBED = 100

/**
 * A task with network mode awsvpc has an interface of its own. In the modes bridge and host a task’s traffic is its
 * instance’s: the instance’s first interface is mirrored, with whatever else runs there.
 */
export const findEcsServices: Finder<'ecs-service'> = async ({ ec2, ecs }, { cluster, services }) => {
  const missing: string[] = []
  const tasks: Task[] = []
  for (const service of services) {
    const found = await tasksOf(ecs, cluster, service)
    if (typeof found === 'string') missing.push(found)
    else tasks.push(...found)
  }
  const enis = new Set<string>()
  const hosts = new Set<string>()
  for (const task of tasks) {
    const eni = interfaceOf(task)
    if (eni !== undefined) enis.add(eni)
    else if (task.containerInstanceArn) hosts.add(task.containerInstanceArn)
  }
  const instances = await instancesBehind(ecs, cluster, hosts)
  const own = await interfacesBy(ec2, 'network-interface-id', enis)
  const shared = (await interfacesOfInstances(ec2, instances)).filter(
    ({ NetworkInterfaceId: id = '' }) => !enis.has(id),
  )
  return { interfaces: [...own, ...shared], missing }
}

const tasksOf = async (ecs: ECSClient, cluster: string, service: string): Promise<Task[] | string> => {
  const arns: string[] = []
  try {
    for await (const page of paginateListTasks({ client: ecs }, { cluster, serviceName: service }))
      arns.push(...(page.taskArns ?? []))
  } catch (error) {
    const name = error instanceof Error ? error.name : ''
    if (name === 'ServiceNotFoundException')
      return `There is no ECS service ${service} in the cluster ${cluster}.`
    if (name === 'ClusterNotFoundException') return `There is no ECS cluster ${cluster}.`
    throw error
  }
  const tasks: Task[] = []
  for (const some of chunked(arns, DESCRIBED)) {
    const answer = await ecs.send(new DescribeTasksCommand({ cluster, tasks: some }))
    for (const task of answer.tasks ?? [])
      if (task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING') tasks.push(task)
  }
  return tasks.length > 0 ? tasks : `The ECS service ${service} has no running task.`
}

/** DescribeTasks calls the type ElasticNetworkInterface, events call it eni. */
const interfaceOf = ({ attachments = [] }: Task): string | undefined =>
  attachments
    .find(({ type }) => type === 'ElasticNetworkInterface' || type === 'eni')
    ?.details?.find(({ name }) => name === 'networkInterfaceId')?.value

const instancesBehind = async (
  ecs: ECSClient,
  cluster: string,
  hosts: ReadonlySet<string>,
): Promise<Set<string>> => {
  const instances = new Set<string>()
  for (const containerInstances of chunked([...hosts], DESCRIBED)) {
    const answer = await ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances }))
    for (const { ec2InstanceId } of answer.containerInstances ?? [])
      if (ec2InstanceId) instances.add(ec2InstanceId)
  }
  return instances
}
