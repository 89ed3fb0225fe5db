import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  type ECSClient,
  paginateListTasks,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import {
  DescribeLoadBalancerAttributesCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'

export type ServiceName = Readonly<{ cluster: string; service: string }>

export type RunningTask = Readonly<{ task: string; availabilityZone: string; startedAt: string | null }>

/** The last part of a task’s ARN: how its reports name it, too. */
export const taskId = (arn: string): string => arn.split('/').at(-1) ?? arn

/** DescribeTasks takes 100 at a time. */
const TASKS = 100

export const readDesired = async (ecs: ECSClient, { cluster, service }: ServiceName): Promise<number> => {
  const answer = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }))
  const found = answer.services?.[0]
  if (!found) throw new Error(`there is no ECS service ${service} in cluster ${cluster}`)
  return found.desiredCount ?? 0
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
        })
  }
  return running
}

export const scaleTo = async (
  ecs: ECSClient,
  { cluster, service }: ServiceName,
  desired: number,
): Promise<void> => {
  await ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount: desired }))
}

export const healthyTargets = async (
  elb: ElasticLoadBalancingV2Client,
  targetGroup: string,
): Promise<number> => {
  const answer = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroup }))
  return (answer.TargetHealthDescriptions ?? []).filter(
    ({ TargetHealth }) => TargetHealth?.State === 'healthy',
  ).length
}

/** Whether the load balancer’s nodes hand packets to tasks of other zones. */
export const isCrossZone = async (
  elb: ElasticLoadBalancingV2Client,
  loadBalancer: string,
): Promise<boolean> => {
  const answer = await elb.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: loadBalancer }))
  return answer.Attributes?.find(({ Key }) => Key === 'load_balancing.cross_zone.enabled')?.Value === 'true'
}
