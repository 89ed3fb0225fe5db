import { setTimeout as pause } from 'node:timers/promises'
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb'
import {
  CreateTrafficMirrorFilterCommand,
  CreateTrafficMirrorTargetCommand,
  DescribeTrafficMirrorFiltersCommand,
  DescribeTrafficMirrorTargetsCommand,
  EC2Client,
  type Tag,
} from '@aws-sdk/client-ec2'
import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  CreateScheduleGroupCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler'
import {
  CONTROL_FUNCTION_ARN,
  DEAD_LETTERS_ARN,
  DEPLOYMENT,
  LOAD_BALANCER_ARN,
  REGION,
  SCHEDULE_GROUP,
  SCHEDULE_ROLE_ARN,
  TABLE,
} from './account.ts'

export type Deployed = { mirrorTarget: string; parkingFilter: string }

/**
 * Creates in the local account what the infrastructure creates on AWS: table, mirror target, schedule group. Running it
 * again changes nothing.
 */
export const deploy = (endpoint: string): Promise<Deployed> =>
  withClients(endpoint, async ({ dynamodb, ec2, scheduler }) => {
    const [mirrorTarget, parkingFilter] = await Promise.all([
      ensureMirrorTarget(ec2),
      ensureParkingFilter(ec2),
      ensureTable(dynamodb),
      scheduler.send(new CreateScheduleGroupCommand({ Name: SCHEDULE_GROUP })).catch(unlessThere),
    ])
    return { mirrorTarget, parkingFilter }
  })

/** Creates the tick, once there is a function for it to call. */
export const deployTick = (endpoint: string): Promise<void> =>
  withClients(endpoint, ({ scheduler }) => ensureTick(scheduler))

type Clients = { dynamodb: DynamoDBClient; ec2: EC2Client; scheduler: SchedulerClient }

const withClients = async <Result>(
  endpoint: string,
  run: (clients: Clients) => Promise<Result>,
): Promise<Result> => {
  const client = {
    endpoint,
    region: REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  }
  const clients = {
    dynamodb: new DynamoDBClient(client),
    ec2: new EC2Client(client),
    scheduler: new SchedulerClient(client),
  }
  try {
    return await run(clients)
  } finally {
    for (const one of Object.values(clients)) one.destroy()
  }
}

const ensureTable = async (dynamodb: DynamoDBClient): Promise<void> => {
  try {
    await dynamodb.send(
      new CreateTableCommand({
        TableName: TABLE,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    )
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error
  }
  for (;;) {
    const { Table: table } = await dynamodb.send(new DescribeTableCommand({ TableName: TABLE }))
    if (table?.TableStatus === 'ACTIVE') return
    await pause(20)
  }
}

const OURS: Tag[] = [
  { Key: 'managed-by', Value: 'shadowmeter' },
  { Key: 'deployment', Value: DEPLOYMENT },
]

const isOurs = (tags: readonly Tag[] = []): boolean =>
  tags.some(({ Key, Value }) => Key === 'deployment' && Value === DEPLOYMENT)

const PARKING = 'Shadowmeter parking'

/** The filter without rules that sessions of sources which join are made on. */
const ensureParkingFilter = async (ec2: EC2Client): Promise<string> => {
  const { TrafficMirrorFilters: filters = [] } = await ec2.send(new DescribeTrafficMirrorFiltersCommand({}))
  const known = filters.find(({ Description, Tags }) => Description === PARKING && isOurs(Tags))
  if (known?.TrafficMirrorFilterId) return known.TrafficMirrorFilterId
  const { TrafficMirrorFilter: created } = await ec2.send(
    new CreateTrafficMirrorFilterCommand({
      Description: PARKING,
      TagSpecifications: [{ ResourceType: 'traffic-mirror-filter', Tags: OURS }],
    }),
  )
  if (!created?.TrafficMirrorFilterId) throw new Error('the AWS endpoint gave the parking filter no id')
  return created.TrafficMirrorFilterId
}

const ensureMirrorTarget = async (ec2: EC2Client): Promise<string> => {
  const { TrafficMirrorTargets: targets = [] } = await ec2.send(
    new DescribeTrafficMirrorTargetsCommand({
      Filters: [{ Name: 'network-load-balancer-arn', Values: [LOAD_BALANCER_ARN] }],
    }),
  )
  const ours = targets.find(({ Tags }) => isOurs(Tags))
  if (ours?.TrafficMirrorTargetId) return ours.TrafficMirrorTargetId
  const { TrafficMirrorTarget: created } = await ec2.send(
    new CreateTrafficMirrorTargetCommand({
      NetworkLoadBalancerArn: LOAD_BALANCER_ARN,
      Description: 'Shadowmeter gateways',
      TagSpecifications: [{ ResourceType: 'traffic-mirror-target', Tags: OURS }],
    }),
  )
  if (!created?.TrafficMirrorTargetId) throw new Error('the AWS endpoint gave the mirror target no id')
  return created.TrafficMirrorTargetId
}

const ensureTick = async (scheduler: SchedulerClient): Promise<void> => {
  const tick: CreateScheduleCommandInput = {
    Name: 'tick',
    GroupName: SCHEDULE_GROUP,
    Description: 'Looks after every experiment',
    ScheduleExpression: 'rate(1 minute)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Arn: CONTROL_FUNCTION_ARN,
      RoleArn: SCHEDULE_ROLE_ARN,
      Input: JSON.stringify({ kind: 'tick' }),
      // The next tick does what one that never arrived left undone.
      RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 },
      DeadLetterConfig: { Arn: DEAD_LETTERS_ARN },
    },
  }
  await scheduler.send(new CreateScheduleCommand(tick)).catch(async (error) => {
    unlessThere(error)
    await scheduler.send(new UpdateScheduleCommand(tick))
  })
}

const unlessThere = (error: unknown): void => {
  if (!(error instanceof ConflictException)) throw error
}
