import { DeliveryError, invokeFunction } from './invoke-function.ts'
import type { QueueMessage } from './rows.ts'
import { receive } from './sqs.ts'
import type { State } from './state.ts'

const USER_AGENT = 'lambda-event-source-mapping'
const AT_ONCE = 10
/** A function that cannot be reached is tried again after this long. */
const RETRY_MILLISECONDS = 5000

/**
 * Lambda’s event source mappings: what is in a declared queue goes to its function in batches, and is deleted when the
 * function took it. A message that fails becomes visible again.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export class QueueConsumers {
  readonly #state: State
  readonly #lambdaEndpoint: string | undefined
  readonly #endEvents: () => void
  /** Queues that are being read. */
  readonly #busy = new Set<string>()
  #closed = false

  constructor(state: State, lambdaEndpoint: string | undefined) {
    this.#state = state
    this.#lambdaEndpoint = lambdaEndpoint
    this.#endEvents = state.onChange(() => this.#look())
  }

  close(): void {
    this.#closed = true
    this.#endEvents()
  }

  #look(): void {
    for (const { queueArn, functionArn } of this.#state.world.queueConsumers ?? []) {
      const now = this.#state.clock.now()
      const waits = () =>
        this.#state.messages.list().some((row) => row.queueArn === queueArn && row.visibleAt <= now)
      if (this.#closed || this.#busy.has(queueArn) || !waits()) continue
      this.#busy.add(queueArn)
      void this.#consume(queueArn, functionArn.split(':').at(-1) ?? '').then((took) => {
        const again = () => {
          this.#busy.delete(queueArn)
          this.#look()
        }
        if (took) again()
        else this.#state.clock.setTimer(RETRY_MILLISECONDS, again)
      })
    }
  }

  async #consume(queueArn: string, name: string): Promise<boolean> {
    const queue = this.#state.world.queues?.find((one) => this.#state.arn('sqs', one.name) === queueArn)
    const batch = receive(this.#state, queueArn, AT_ONCE, queue?.visibilityTimeoutSeconds ?? 30)
    const event = JSON.stringify({ Records: batch.map(toRecord) })
    try {
      await invokeFunction(name, event, this.#lambdaEndpoint, USER_AGENT, 'RequestResponse')
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error
      return false
    }
    for (const { id } of batch) this.#state.messages.delete(id)
    return true
  }
}

const toRecord = (row: QueueMessage) => ({
  messageId: row.id,
  receiptHandle: row.receiptHandle,
  body: row.body,
  attributes: { ApproximateReceiveCount: String(row.receiveCount), SentTimestamp: String(row.sentAt) },
  messageAttributes: Object.fromEntries(
    Object.entries(row.attributes).map(([name, stringValue]) => [name, { stringValue, dataType: 'String' }]),
  ),
  eventSource: 'aws:sqs',
  eventSourceARN: row.queueArn,
})
