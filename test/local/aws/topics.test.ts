import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import {
  ConfirmSubscriptionCommand,
  ListSubscriptionsByTopicCommand,
  ListSubscriptionsCommand,
  ListTopicsCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { CloudOptions } from '../../../local/aws/cloud.ts'
import { errorCode, eventually, startTestCloud } from '../../support/aws-clients.ts'
import { testWorld } from '../../support/aws-world.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { startSubscriber } from '../../support/sns-subscriber.ts'

const TopicArn = 'arn:aws:sns:us-east-1:111122223333:notices'
const queueArn = 'arn:aws:sqs:us-east-1:111122223333:notices'

const open = async (options: Partial<CloudOptions> = {}) => {
  const world = {
    ...testWorld(),
    queues: [{ name: 'notices' }],
    topics: [{ name: 'notices', queues: ['notices'] }],
    eventRules: [{ source: 'shop', detailTypes: ['Order Placed'], targetArn: TopicArn }],
  }
  const { cloud, close } = await startTestCloud({ world, ...options })
  const settings = {
    endpoint: cloud.address,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  }
  const sns = new SNSClient(settings)
  const sqs = new SQSClient(settings)
  const events = new EventBridgeClient(settings)
  onTestFinished(() => {
    for (const client of [sns, sqs, events]) client.destroy()
  })
  return { cloud, close, sns, sqs, events }
}

const subscribe = (sns: SNSClient, Endpoint: string, Protocol = 'http') =>
  sns.send(new SubscribeCommand({ TopicArn, Protocol, Endpoint }))

/** Subscribed and confirmed, as a subscriber’s own code does it. */
const confirmed = async (sns: SNSClient, { url, of }: Awaited<ReturnType<typeof startSubscriber>>) => {
  await subscribe(sns, url)
  const { message } = await eventually(async () => of('SubscriptionConfirmation').at(-1))
  expect((await fetch(message.SubscribeURL ?? '')).status).toBe(200)
}

describe('an HTTP endpoint', () => {
  test('gets what is published once it has confirmed, until it unsubscribes by the link in a message', async () => {
    const { sns } = await open()
    const subscriber = await startSubscriber()

    const { SubscriptionArn: pending } = await subscribe(sns, subscriber.url)
    await sns.send(new PublishCommand({ TopicArn, Message: 'too early' }))
    const { message: asked } = await eventually(async () => subscriber.of('SubscriptionConfirmation')[0])
    const before = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }))
    const { SubscriptionArn } = await sns.send(
      new ConfirmSubscriptionCommand({ TopicArn, Token: asked.Token }),
    )
    const { MessageId } = await sns.send(
      new PublishCommand({ TopicArn, Message: 'an order', Subject: 'Shop' }),
    )
    const { headers, message } = await eventually(async () => subscriber.of('Notification')[0])
    const left = await fetch(message.UnsubscribeURL ?? '')
    const after = await sns.send(new ListSubscriptionsCommand({}))

    expect(pending).toBe('pending confirmation')
    expect(before.Subscriptions).toContainEqual({
      SubscriptionArn: 'PendingConfirmation',
      Owner: '111122223333',
      Protocol: 'http',
      Endpoint: subscriber.url,
      TopicArn,
    })
    expect(message).toMatchObject({ MessageId, TopicArn, Message: 'an order', Subject: 'Shop' })
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=UTF-8',
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-message-id': MessageId,
      'x-amz-sns-topic-arn': TopicArn,
      'x-amz-sns-subscription-arn': SubscriptionArn,
    })
    expect(left.status).toBe(200)
    expect(after.Subscriptions?.map(({ Protocol }) => Protocol)).toEqual(['sqs'])
    expect(subscriber.received).toHaveLength(2)
  })

  test('that fails is tried three times more, and one that refuses is not', async () => {
    const clock = new ManualClock()
    const { sns } = await open({ clock })
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => said.mockRestore())
    const fails = await startSubscriber(({ message }) => (message.Type === 'Notification' ? 503 : 200))
    const refuses = await startSubscriber(({ message }) => (message.Type === 'Notification' ? 403 : 200))
    for (const subscriber of [fails, refuses]) await confirmed(sns, subscriber)

    await sns.send(new PublishCommand({ TopicArn, Message: 'an order' }))
    await eventually(async () => {
      await clock.advance(20_000)
      return said.mock.calls.length === 2
    })

    expect(new Set(fails.of('Notification').map(({ message }) => message.MessageId)).size).toBe(1)
    expect(fails.of('Notification')).toHaveLength(4)
    expect(refuses.of('Notification')).toHaveLength(1)
    expect(said.mock.calls.flat().join('\n')).toMatch(
      /was lost: .+ answered 403\n.+ was lost: .+ answered 503/,
    )
  })
})

test('an event of a rule goes to its topic’s queue, also after a restart', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'topics-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true }))
  const before = await open({ dataDir })
  await before.close()
  const { sns, sqs, events, cloud } = await open({ dataDir })
  const QueueUrl = `${cloud.address}/111122223333/notices`

  await events.send(
    new PutEventsCommand({
      Entries: [{ Source: 'shop', DetailType: 'Order Placed', Detail: '{"order":17}' }],
    }),
  )
  const body = await eventually(async () => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }))
    return Messages[0]?.Body
  })
  const { Topics } = await sns.send(new ListTopicsCommand({}))
  const { Subscriptions } = await sns.send(new ListSubscriptionsCommand({}))
  const calls = (await (await fetch(`${cloud.address}/-/calls?service=sns`)).json()) as {
    calls: { action: string; source: string }[]
  }

  expect(JSON.parse(JSON.parse(body).Message)).toMatchObject({
    source: 'shop',
    'detail-type': 'Order Placed',
    detail: { order: 17 },
  })
  expect(Topics).toEqual([{ TopicArn }])
  expect(Subscriptions).toMatchObject([{ Protocol: 'sqs', Endpoint: queueArn }])
  expect(calls.calls[0]).toMatchObject({ action: 'Publish', source: 'aws' })
})

test('what AWS would not take is refused, and what cannot be done here said', async () => {
  const { sns } = await open()
  const publish = (Message: string, arn = TopicArn) =>
    errorCode(sns.send(new PublishCommand({ TopicArn: arn, Message })))
  const refused = (Endpoint: string, Protocol?: string) => errorCode(subscribe(sns, Endpoint, Protocol))
  const SubscriptionArn = `${TopicArn}:00000000-0000-4000-a000-000000000000`

  expect(await publish('hello', `${TopicArn}-gone`)).toBe('NotFoundException')
  expect(await publish('')).toBe('InvalidParameterException')
  expect(await publish('x'.repeat(262_145))).toBe('InvalidParameterException')
  expect(await refused('ops@example.com', 'email')).toBe('InvalidParameterException')
  expect(await refused('http://hooks.example.com/')).toBe('InvalidParameterException')
  expect(await refused(`${queueArn}-gone`, 'sqs')).toBe('InvalidParameterException')
  expect(await errorCode(sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token: 'guessed' })))).toBe(
    'InvalidParameterException',
  )
  expect(await errorCode(sns.send(new UnsubscribeCommand({ SubscriptionArn })))).toBe('NotFoundException')
})
