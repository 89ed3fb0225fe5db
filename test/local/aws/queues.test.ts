import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { expect, onTestFinished, test } from 'vitest'
import { errorCode, startTestCloud } from '../../support/aws-clients.ts'

const start = async (dataDir?: string) => {
  const { cloud, close } = await startTestCloud(dataDir === undefined ? {} : { dataDir })
  const sqs = new SQSClient({
    endpoint: cloud.address,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
  onTestFinished(() => sqs.destroy())
  return { sqs, close, urlOf: (name: string) => `${cloud.address}/111122223333/${name}` }
}

test('a queue that is created takes messages until it is deleted', async () => {
  const { sqs } = await start()

  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'look' }))
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }))
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }))
  await sqs.send(new DeleteQueueCommand({ QueueUrl }))

  expect(Messages?.map(({ Body }) => Body)).toEqual(['hello'])
  expect(await errorCode(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'late' })))).toMatch(
    /NonExistent|DoesNotExist/,
  )
})

test('a queue that is created is there after a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'queues-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const before = await start(folder)
  await before.sqs.send(new CreateQueueCommand({ QueueName: 'look' }))
  await before.close()

  const { sqs, urlOf } = await start(folder)

  const sent = await sqs.send(new SendMessageCommand({ QueueUrl: urlOf('look'), MessageBody: 'hello' }))
  expect(sent.MessageId).toBeDefined()
})

test('what is not known of a queue is refused, and a declared one cannot be deleted', async () => {
  const { sqs, urlOf } = await start()
  const create = (QueueName: string, Attributes = {}) =>
    sqs.send(new CreateQueueCommand({ QueueName, Attributes }))

  expect(await errorCode(create('look', { FifoQueue: 'true' }))).toBe('InvalidAttributeName')
  expect(await errorCode(create('not a name'))).toBe('InvalidParameterValue')
  expect(await errorCode(create('dead-letters'))).toMatch(/^QueueAlreadyExists|QueueNameExists$/)
  expect(await errorCode(sqs.send(new DeleteQueueCommand({ QueueUrl: urlOf('dead-letters') })))).toBe(
    'UnsupportedOperation',
  )
})
