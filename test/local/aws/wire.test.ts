import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, test } from 'vitest'
import { createTable, errorCode, startTestCloud } from '../../support/aws-clients.ts'

const signed = (service: string, region = 'us-east-1') => ({
  authorization: `AWS4-HMAC-SHA256 Credential=local/20261121/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
})

async function ask(address: string, service: string, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...signed(service), ...headers },
    body,
  })
  return { status: response.status, text: await response.text(), headers: response.headers }
}

describe('the endpoints', () => {
  test('say in AWS’s words what they do not have', async () => {
    const { cloud } = await startTestCloud()

    const action = await ask(cloud.address, 'ec2', 'Action=RunInstances&Version=2016-11-15')
    const parameter = await ask(cloud.address, 'ec2', 'Action=DescribeVpcs&Version=2016-11-15&Colour=red')
    const operation = await ask(cloud.address, 'ecs', '{}', {
      'x-amz-target': 'AmazonEC2ContainerServiceV20141113.RunTask',
    })
    const service = await ask(cloud.address, 'rds', 'Action=DescribeDBInstances&Version=2014-10-31')
    const route = await fetch(`${cloud.address}/schedules/a/b`, { headers: signed('scheduler') })

    expect(action.status).toBe(400)
    expect(action.text).toMatch(
      /<Code>InvalidAction<\/Code><Message>The action RunInstances is not implemented/,
    )
    expect(action.text).toContain('DescribeTrafficMirrorSessions')
    expect(parameter.text).toContain('<Code>UnknownParameter</Code>')
    expect(JSON.parse(operation.text)).toMatchObject({ __type: 'UnknownOperationException' })
    expect(service.text).toMatch(/no service rds\. They have: autoscaling, ce, dynamodb, ec2, .*, s3, /)
    expect(route.status).toBe(404)
  })

  test('want a signature, for their own region', async () => {
    const { cloud } = await startTestCloud()
    const body = 'Action=GetCallerIdentity&Version=2011-06-15'

    const unsigned = await fetch(cloud.address, { method: 'POST', body })
    const abroad = await ask(cloud.address, 'sts', body, signed('sts', 'eu-west-1'))
    const identity = await ask(cloud.address, 'sts', body)

    expect([unsigned.status, await unsigned.text()]).toEqual([
      403,
      expect.stringContaining('MissingAuthenticationToken'),
    ])
    expect([abroad.status, abroad.text]).toEqual([
      403,
      expect.stringContaining('these endpoints are us-east-1'),
    ])
    expect(identity.text).toContain('<Account>111122223333</Account>')
  })

  test('survive what is no request at all', async () => {
    const { cloud } = await startTestCloud()
    const target = { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListTasks' }

    const json = await ask(cloud.address, 'ecs', '{"cluster":', target)
    const list = await ask(cloud.address, 'ecs', '[1]', target)
    const type = await ask(cloud.address, 'ecs', '{"maxResults":"many"}', target)
    const gzip = await ask(cloud.address, 'ecs', 'x', { ...target, 'content-encoding': 'gzip' })
    const noAction = await ask(cloud.address, 'ec2', '')
    const version = await ask(cloud.address, 'ec2', 'Action=DescribeVpcs&Version=1999-01-01')
    const nested = await ask(cloud.address, 'ec2', 'Action=DescribeVpcs&Version=2016-11-15&Filter.x.Name=a')
    const number = await ask(cloud.address, 'ec2', 'Action=DescribeVpcs&Version=2016-11-15&MaxResults=ten')
    const percent = await fetch(`${cloud.address}/schedules/%ZZ`, { headers: signed('scheduler') })
    const ours = await fetch(`${cloud.address}/-/nothing`)

    expect(json.text).toContain('SerializationException')
    expect(list.text).toContain('InvalidParameterException')
    expect(type.text).toContain('InvalidParameterException')
    expect(gzip.text).toContain('SerializationException')
    expect(noAction.text).toContain('MissingAction')
    expect(version.text).toContain('NoSuchVersion')
    expect(nested.text).toContain('UnknownParameter')
    expect(number.text).toContain('InvalidParameterValue')
    expect(percent.status).toBe(400)
    expect(ours.status).toBe(404)
  })

  test('answer DynamoDB on the same port', async () => {
    const { dynamodb, cloud } = await startTestCloud()
    const TableName = 'experiments'
    await createTable(dynamodb, TableName)
    const put = () =>
      dynamodb.send(
        new PutItemCommand({
          TableName,
          Item: { pk: { S: 'a' }, version: { N: '1' } },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      )

    await put()

    expect(await errorCode(put())).toBe('ConditionalCheckFailedException')
    const { Item: item } = await dynamodb.send(new GetItemCommand({ TableName, Key: { pk: { S: 'a' } } }))
    expect(item).toEqual({ pk: { S: 'a' }, version: { N: '1' } })
    const { calls } = (await (await fetch(`${cloud.address}/-/calls?service=dynamodb`)).json()) as {
      calls: { action: string; errorCode: string | null }[]
    }
    const answered = calls.map(({ action, errorCode: code }) => [action, code])
    expect(answered.filter(([action]) => action !== 'DescribeTable')).toEqual([
      ['CreateTable', null],
      ['PutItem', null],
      ['PutItem', '400'],
      ['GetItem', null],
    ])
  })

  test('name who called in their log, and go on behind a number', async () => {
    const { cloud, ecs } = await startTestCloud()
    await ask(cloud.address, 'ec2', 'Action=DescribeVpcs&Version=2016-11-15', { 'user-agent': 'someone/1' })
    await ask(
      cloud.address,
      'ec2',
      'Action=DeleteTrafficMirrorSession&Version=2016-11-15&TrafficMirrorSessionId=tms-1',
    )
    const read = async (query: string) =>
      (await (await fetch(`${cloud.address}/-/calls${query}`)).json()) as {
        calls: { n: number; action: string; userAgent: string; errorCode: string | null; input: unknown }[]
        next: number
      }

    const all = await read('')
    const rest = await read('?after=1')

    expect(ecs).toBeDefined()
    expect(all.calls.map(({ action, errorCode: code }) => [action, code])).toEqual([
      ['DescribeVpcs', null],
      ['DeleteTrafficMirrorSession', 'InvalidTrafficMirrorSessionId.NotFound'],
    ])
    expect(all.calls[0]).toMatchObject({ n: 1, userAgent: 'someone/1' })
    expect(all.calls[1]?.input).toEqual({ TrafficMirrorSessionId: 'tms-1' })
    expect(rest.calls.map(({ n }) => n)).toEqual([2])
    expect(rest.next).toBe(2)
  })
})

describe('SQS', () => {
  test('hides a received message for a while, and forgets a deleted one, in both protocols', async () => {
    const { cloud } = await startTestCloud()
    const QueueUrl = `${cloud.address}/111122223333/dead-letters`
    const json = async (action: string, body: object) => {
      const answer = await ask(cloud.address, 'sqs', JSON.stringify(body), {
        'x-amz-target': `AmazonSQS.${action}`,
      })
      return { ...answer, body: JSON.parse(answer.text) }
    }
    const query = (action: string, rest: string) =>
      ask(
        cloud.address,
        'sqs',
        `Action=${action}&Version=2012-11-05&QueueUrl=${encodeURIComponent(QueueUrl)}${rest}`,
      )

    await json('SendMessage', { QueueUrl, MessageBody: 'one & <two>' })
    const received = await query('ReceiveMessage', '&AttributeName.1=All')
    const hidden = await json('ReceiveMessage', { QueueUrl })
    const counted = await json('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })
    const handle = /<ReceiptHandle>(.*)<\/ReceiptHandle>/.exec(received.text)?.[1] ?? ''
    await query('DeleteMessage', `&ReceiptHandle=${encodeURIComponent(handle)}`)
    const empty = await query('GetQueueAttributes', '&AttributeName.1=All')
    const unknown = await json('GetQueueUrl', { QueueName: 'other' })

    expect(received.text).toContain('<Body>one &amp; &lt;two&gt;</Body>')
    expect(received.text).toContain(
      '<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>',
    )
    expect(hidden.body.Messages).toBeUndefined()
    expect(counted.body.Attributes).toMatchObject({ ApproximateNumberOfMessagesNotVisible: '1' })
    expect(empty.text).toContain('<Name>ApproximateNumberOfMessagesNotVisible</Name><Value>0</Value>')
    expect(unknown.headers.get('x-amzn-query-error')).toBe('AWS.SimpleQueueService.NonExistentQueue;Sender')
  })
})
