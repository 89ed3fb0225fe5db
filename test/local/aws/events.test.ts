import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'
import { describe, expect, it, onTestFinished } from 'vitest'
import { errorCode, startTestCloud } from '../../support/aws-clients.ts'

const open = async () => {
  const { cloud } = await startTestCloud()
  const client = new EventBridgeClient({
    endpoint: cloud.address,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
  onTestFinished(() => client.destroy())
  const told: unknown[] = []
  cloud.state.onEvent((event) => told.push(event))
  return {
    told,
    put: (...Entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries })),
  }
}

const event = (more: PutEventsRequestEntry = {}): PutEventsRequestEntry => ({
  Source: 'shop',
  DetailType: 'Order Placed',
  Detail: '{"order":17}',
  ...more,
})

describe('PutEvents', () => {
  it('puts events on the default bus, and says of each whether it was taken', async () => {
    const { put, told } = await open()
    const answer = await put(
      event({ EventBusName: 'arn:aws:events:us-east-1:111122223333:event-bus/default', Resources: ['a'] }),
      event({ Detail: 'order 17' }),
      event({ Source: 'aws.ec2' }),
      { Source: 'shop', Detail: '{}' },
    )

    expect(answer.FailedEntryCount).toBe(3)
    expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'MalformedDetail',
      'NotAuthorizedForSourceException',
      'InvalidArgument',
    ])
    const id = answer.Entries?.[0]?.EventId
    expect(told).toEqual([
      { id, source: 'shop', detailType: 'Order Placed', resources: ['a'], detail: { order: 17 } },
    ])
  })

  it('refuses none, more than ten, too many bytes, and a bus that is not there', async () => {
    const { put, told } = await open()
    const many = Array.from({ length: 11 }, () => event())
    const large = JSON.stringify({ text: 'x'.repeat(270_000) })

    expect(await errorCode(put())).toBe('ValidationException')
    expect(await errorCode(put(...many))).toBe('ValidationException')
    expect(await errorCode(put(event({ Detail: large })))).toBe('ValidationException')
    expect(await errorCode(put(event({ EventBusName: 'orders' })))).toBe('ResourceNotFoundException')
    expect(told).toEqual([])
  })
})
