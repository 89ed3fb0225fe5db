import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs'
import { type Bench, until } from './probe.ts'

/** What a schedule delivered, or could not. */
export type Delivery = {
  /** The schedule’s own word. */
  body: string
  /** When SQS got it, in milliseconds since 1970. */
  at: number
  /** Of a dead letter: retries before it. */
  retries: number | null
}

/** A queue of this run’s own, which schedules may write to. */
export class DeliveryQueue {
  readonly arn: string
  readonly #bench: Bench
  readonly #url: string
  readonly #got: Delivery[] = []

  private constructor(bench: Bench, url: string, arn: string) {
    this.#bench = bench
    this.#url = url
    this.arn = arn
  }

  static async create(bench: Bench, roleArn: string): Promise<DeliveryQueue> {
    const { sqs } = bench.account.clients
    const { QueueUrl } = await sqs.send(
      new CreateQueueCommand({
        QueueName: `shadowmeter-verify-${bench.run}`,
        Attributes: { Policy: policy(roleArn) },
        tags: Object.fromEntries(bench.tags.map(({ Key = '', Value = '' }) => [Key, Value])),
      }),
    )
    bench.leftovers.add(`queue ${QueueUrl}`, () => sqs.send(new DeleteQueueCommand({ QueueUrl })))
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    )
    return new DeliveryQueue(bench, QueueUrl ?? '', Attributes?.QueueArn ?? '')
  }

  /** So many deliveries of one schedule, or fewer when the wait is over. */
  of(body: string, count: number): Promise<Delivery[]> {
    return this.#wait(count, () => this.#got.filter((one) => one.body === body))
  }

  /** So many different bodies that begin so, or fewer when the wait is over. */
  async different(beginning: string, count: number): Promise<string[]> {
    const bodies = () => this.#got.map(({ body }) => body).filter((body) => body.startsWith(beginning))
    await this.#wait(count, () => [...new Set(bodies())])
    return [...new Set(bodies())].sort()
  }

  async #wait<One>(count: number, wanted: () => One[]): Promise<One[]> {
    await until(this.#bench, async () => {
      if (wanted().length < count) await this.#receive()
      return wanted().length >= count ? true : undefined
    })
    return wanted()
  }

  async #receive(): Promise<void> {
    const { sqs } = this.#bench.account.clients
    const QueueUrl = this.#url
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 1,
        MessageSystemAttributeNames: ['SentTimestamp'],
        MessageAttributeNames: ['All'],
      }),
    )
    for (const { Body = '', ReceiptHandle, Attributes, MessageAttributes } of messages) {
      const retries = MessageAttributes?.RETRY_ATTEMPTS?.StringValue
      this.#got.push({
        body: Body,
        at: Number(Attributes?.SentTimestamp),
        retries: retries === undefined ? null : Number(retries),
      })
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
    }
  }
}

/** Within an account what the queue allows need not be allowed to the role too. */
const policy = (roleArn: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: roleArn }, Action: 'sqs:SendMessage', Resource: '*' }],
  })
