import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs'
import { DescribeFlowLogsCommand } from '@aws-sdk/client-ec2'
import { describe, expect, it, onTestFinished } from 'vitest'
import { errorCode, startTestCloud } from '../../support/aws-clients.ts'
import { eni, testWorld, vpcId } from '../../support/aws-world.ts'

const logGroupName = '/vpc/flow-logs'

const open = async () => {
  const { cloud, ec2 } = await startTestCloud({
    world: {
      ...testWorld(),
      flowLogs: [
        { id: 'fl-0aaaaaaaaaaaaaaa1', resourceId: vpcId, logGroup: logGroupName },
        { id: 'fl-0aaaaaaaaaaaaaaa2', resourceId: eni(1), bucket: 'flows', trafficType: 'REJECT' },
      ],
    },
  })
  const logs = new CloudWatchLogsClient({
    region: 'us-east-1',
    endpoint: cloud.address,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
  onTestFinished(() => logs.destroy())
  return { ec2, logs }
}

describe('the local CloudWatch Logs', () => {
  it('answers with what was put into streams of a prefix and a time, page by page', async () => {
    const { logs } = await open()
    for (const [logStreamName, from] of [
      ['eni-1-all', 1_000],
      ['eni-2-all', 2_000],
    ] as const) {
      await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }))
      const logEvents = [3, 1, 2].map((n) => ({ timestamp: from + n, message: `${from + n}` }))
      await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }))
    }
    const read: unknown[] = []
    for await (const page of paginateFilterLogEvents(
      { client: logs },
      { logGroupName, logStreamNamePrefix: 'eni-1', startTime: 1_001, endTime: 1_002, limit: 1 },
    ))
      read.push(page.events?.map(({ message, logStreamName }) => [message, logStreamName]))

    expect(read).toEqual([[['1001', 'eni-1-all']], [['1002', 'eni-1-all']]])
  })

  it('knows the groups of flow logs only, and each stream once', async () => {
    const { logs } = await open()
    const stream = { logGroupName, logStreamName: 'eni-1-all' }
    await logs.send(new CreateLogStreamCommand(stream))
    const logEvents = [{ timestamp: 1, message: 'x' }]

    expect(await errorCode(logs.send(new CreateLogStreamCommand(stream)))).toBe(
      'ResourceAlreadyExistsException',
    )
    expect(
      await errorCode(logs.send(new PutLogEventsCommand({ ...stream, logStreamName: 'other', logEvents }))),
    ).toBe('ResourceNotFoundException')
    expect(await errorCode(logs.send(new FilterLogEventsCommand({ logGroupName: '/none' })))).toBe(
      'ResourceNotFoundException',
    )
  })
})

it('flow logs are described by what they are of, with where they go', async () => {
  const { ec2 } = await open()
  const of = async (resource: string) =>
    (await ec2.send(new DescribeFlowLogsCommand({ Filter: [{ Name: 'resource-id', Values: [resource] }] })))
      .FlowLogs

  const [ofVpc, ofEni] = [await of(vpcId), await of(eni(1))]

  expect(ofVpc).toMatchObject([
    {
      LogDestinationType: 'cloud-watch-logs',
      LogGroupName: logGroupName,
      TrafficType: 'ALL',
      LogFormat: expect.stringMatching(/^\$\{version\} .*\$\{log-status\}$/),
    },
  ])
  expect(ofEni).toMatchObject([
    { LogDestinationType: 's3', LogDestination: 'arn:aws:s3:::flows', TrafficType: 'REJECT' },
  ])
})
