import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  type ECSClient,
  paginateListTasks,
  type Task,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import {
  DescribeLoadBalancerAttributesCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'

export type ServiceName = Readonly<{ cluster: string; service: string }>

export type RunningTask = Readonly<{
  task: string
  availabilityZone: string
  startedAt: string | null
  /** Its own address: how the load balancer knows it. */
  address: string
}>

/** The service as ECS runs it. */
export type Deployed = Readonly<{
  desired: number
  /** Of the tasks that are to run: another one begins with each set of tasks that replaces the one before. */
  deployment: string
  /** All of its tasks run, and none of an earlier deployment does. */
  rolledOut: boolean
  subnets: readonly string[]
}>

/** The last part of a task’s ARN: how its reports name it, too. */
export const taskId = (arn: string): string => arn.split('/').at(-1) ?? arn

/** DescribeTasks takes 100 at a time. */
const TASKS = 100

export const readService = async (ecs: ECSClient, { cluster, service }: ServiceName): Promise<Deployed> => {
  const answer = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }))
  const found = answer.services?.[0]
  if (!found) throw new Error(`there is no ECS service ${service} in cluster ${cluster}`)
  const primary = found.deployments?.find(({ status }) => status === 'PRIMARY')
  return {
    desired: found.desiredCount ?? 0,
    deployment: primary?.id ?? '',
    rolledOut: primary?.rolloutState === 'COMPLETED',
    subnets: found.networkConfiguration?.awsvpcConfiguration?.subnets ?? [],
  }
}

/** Tasks that run, those that are only starting or already stopping left out. */
export const runningTasks = async (
  ecs: ECSClient,
  { cluster, service }: ServiceName,
): Promise<RunningTask[]> => {
  const arns: string[] = []
  for await (const page of paginateListTasks({ client: ecs }, { cluster, serviceName: service }))
    arns.push(...(page.taskArns ?? []))
  const running: RunningTask[] = []
  for (let at = 0; at < arns.length; at += TASKS) {
    const answer = await ecs.send(new DescribeTasksCommand({ cluster, tasks: arns.slice(at, at + TASKS) }))
    for (const task of answer.tasks ?? [])
      if (task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING')
        running.push({
          task: taskId(task.taskArn ?? ''),
          availabilityZone: task.availabilityZone ?? '',
          startedAt: task.startedAt?.toISOString() ?? null,
          address: addressOf(task),
        })
  }
  return running
}

/** DescribeTasks names the attachment so, events call it `eni`. */
const addressOf = ({ attachments = [] }: Task): string =>
  attachments
    .find(({ type }) => type === 'ElasticNetworkInterface')
    ?.details?.find(({ name }) => name === 'privateIPv4Address')?.value ?? ''

export const scaleTo = async (
  ecs: ECSClient,
  { cluster, service }: ServiceName,
  desired: number,
): Promise<void> => {
  await ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount: desired }))
}

/**
 * Starts so many new tasks and, as they become healthy, takes the old ones out of the load balancer and stops them: only
 * that moves live flows of the load balancer, which stay with their task otherwise.
 */
export const replaceTasks = async (
  ecs: ECSClient,
  { cluster, service }: ServiceName,
  desired: number,
): Promise<void> => {
  await ecs.send(
    new UpdateServiceCommand({ cluster, service, desiredCount: desired, forceNewDeployment: true }),
  )
}

/** Addresses of the targets that the load balancer sends packets to; several where tasks share one. */
export const healthyTargets = async (
  elb: ElasticLoadBalancingV2Client,
  targetGroup: string,
): Promise<string[]> => {
  const answer = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroup }))
  return (answer.TargetHealthDescriptions ?? []).flatMap(({ Target, TargetHealth }) =>
    TargetHealth?.State === 'healthy' ? [Target?.Id ?? ''] : [],
  )
}

/** Whether the load balancer’s nodes hand packets to tasks of other zones. */
export const isCrossZone = async (
  elb: ElasticLoadBalancingV2Client,
  loadBalancer: string,
): Promise<boolean> => {
  const answer = await elb.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: loadBalancer }))
  return answer.Attributes?.find(({ Key }) => Key === 'load_balancing.cross_zone.enabled')?.Value === 'true'
}
