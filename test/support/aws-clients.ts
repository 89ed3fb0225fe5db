import { AutoScalingClient } from '@aws-sdk/client-auto-scaling'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EC2Client } from '@aws-sdk/client-ec2'
import { ECSClient } from '@aws-sdk/client-ecs'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { SchedulerClient } from '@aws-sdk/client-scheduler'
import { onTestFinished, type TestContext } from 'vitest'
import { type CloudOptions, startCloud } from '../../local/aws/cloud.ts'
import { testWorld } from './aws-world.ts'

/**
 * Local AWS endpoints on a free port with the SDK's own clients; both end with the test.
 * @param whenFinished of a concurrent test its own
 */
export async function startTestCloud(
  options: Partial<CloudOptions> = {},
  whenFinished: TestContext['onTestFinished'] = onTestFinished,
) {
  const cloud = await startCloud({ port: 0, world: testWorld(), ...options })
  const settings = {
    endpoint: cloud.address,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  }
  const clients = {
    ec2: new EC2Client(settings),
    autoScaling: new AutoScalingClient(settings),
    ecs: new ECSClient(settings),
    elb: new ElasticLoadBalancingV2Client(settings),
    scheduler: new SchedulerClient(settings),
    cloudwatch: new CloudWatchClient(settings),
    dynamodb: new DynamoDBClient(settings),
  }
  let open = true
  const close = async () => {
    if (!open) return
    open = false
    for (const client of Object.values(clients)) client.destroy()
    await cloud.close()
  }
  whenFinished(close)
  return { cloud, ...clients, close }
}

/** The name of the error that the promise is refused with; an answer is a failure of the test. */
export async function errorCode(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
  throw new Error('It was answered without an error')
}

/** A table with the string key `pk`, in use only when it is ACTIVE, as on AWS. */
export async function createTable(dynamodb: DynamoDBClient, TableName: string): Promise<void> {
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  )
  await eventually(async () => {
    const { Table: table } = await dynamodb.send(new DescribeTableCommand({ TableName }))
    return table?.TableStatus === 'ACTIVE'
  })
}

/** Asks until it holds; the longer it takes, the less often, so that asking does not slow down what is waited for. */
export async function eventually<T>(
  look: () => Promise<T | undefined | false>,
  milliseconds = 20_000,
): Promise<T> {
  const began = Date.now()
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    const waited = Date.now() - began
    if (waited > milliseconds) throw new Error('It did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, Math.max(15, waited / 50)))
  }
}
