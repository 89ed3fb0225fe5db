import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import {
  DescribeTrafficMirrorTargetsCommand,
  EC2Client,
  paginateDescribeTrafficMirrorFilters,
  type TrafficMirrorFilter,
  type TrafficMirrorTarget,
} from '@aws-sdk/client-ec2'
import { ECSClient } from '@aws-sdk/client-ecs'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import {
  GetScheduleCommand,
  type GetScheduleCommandOutput,
  paginateListSchedules,
  SchedulerClient,
} from '@aws-sdk/client-scheduler'
import { SQSClient } from '@aws-sdk/client-sqs'
import { readTags, TAG } from '../../contract/ownership.ts'

/** What is known of a deployment by its tags and its names: nothing has to be told but app and stage. */
export type Account = {
  deployment: string
  clients: Clients
  /** AWS’s number of the account. */
  number: string
  mirrorTarget: TrafficMirrorTarget
  parkingFilter: TrafficMirrorFilter | undefined
  scheduleGroup: string
  tick: GetScheduleCommandOutput | undefined
}

export type Clients = ReturnType<typeof makeClients>

export const makeClients = (region: string | undefined) => {
  // Most of the time somebody else of the account is called, too.
  const settings = { ...(region !== undefined && { region }), maxAttempts: 10 }
  return {
    ec2: new EC2Client(settings),
    /** Sees every refusal. */
    ec2Once: new EC2Client({ ...settings, maxAttempts: 1 }),
    ecs: new ECSClient(settings),
    elb: new ElasticLoadBalancingV2Client(settings),
    scheduler: new SchedulerClient(settings),
    cloudwatch: new CloudWatchClient(settings),
    sqs: new SQSClient(settings),
  }
}

/** The account cannot be looked at; the message says what is missing. */
export class AccountError extends Error {}

/** @throws AccountError when the deployment is not in this account and Region */
export const readAccount = async (clients: Clients, deployment: string): Promise<Account> => {
  const { TrafficMirrorTargets: targets = [] } = await clients.ec2.send(
    new DescribeTrafficMirrorTargetsCommand({ MaxResults: 1000 }),
  )
  const mirrorTarget = targets.find(({ Tags }) => readTags(Tags, deployment) !== null)
  if (!mirrorTarget)
    throw new AccountError(
      `no mirror target in this account and Region has the tags of ${deployment}: ` +
        `${targets.length === 0 ? 'there is none' : `there are ${targets.map(nameOf).join(', ')}`}`,
    )
  const scheduleGroup = deployment.replace('/', '-')
  return {
    deployment,
    clients,
    number: mirrorTarget.OwnerId ?? '',
    mirrorTarget,
    parkingFilter: await findParkingFilter(clients, deployment),
    scheduleGroup,
    tick: await findTick(clients, scheduleGroup),
  }
}

const nameOf = ({ TrafficMirrorTargetId: id, Tags = [] }: TrafficMirrorTarget): string =>
  `${id} of ${Tags.find(({ Key }) => Key === TAG.deployment)?.Value ?? 'nobody named'}`

const findParkingFilter = async ({ ec2: client }: Clients, deployment: string) => {
  for await (const page of paginateDescribeTrafficMirrorFilters({ client, pageSize: 1000 }, {}))
    for (const filter of page.TrafficMirrorFilters ?? [])
      if (readTags(filter.Tags, deployment)?.experiment === '') return filter
  return undefined
}

/** The one recurring schedule of the group that calls a function. */
const findTick = async ({ scheduler: client }: Clients, GroupName: string) => {
  try {
    for await (const page of paginateListSchedules({ client }, { GroupName }))
      for (const { Name, Target } of page.Schedules ?? []) {
        if (!Target?.Arn?.includes(':lambda:')) continue
        const schedule = await client.send(new GetScheduleCommand({ Name, GroupName }))
        if (schedule.ScheduleExpression?.startsWith('rate(')) return schedule
      }
  } catch (error) {
    if ((error as Error).name !== 'ResourceNotFoundException') throw error
  }
  return undefined
}
