import { AwsError } from '../aws-error.ts'
import type { CallLog } from '../call-log.ts'
import { hex, uuid } from '../ids.ts'
import type { Subscription } from '../rows.ts'
import { sendMessage } from '../sqs.ts'
import type { State } from '../state.ts'
import { postMessage, type SnsMessage } from './delivery.ts'

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const LONGEST_MESSAGE_BYTES = 262_144

/**
 * Topics and what they hand on: to queues, and to HTTP endpoints that have confirmed that they want it. At least once, in no
 * certain order. Unlike AWS’s, messages are not signed.
 */
export class Topics {
  readonly #state: State
  readonly #calls: CallLog
  readonly #address: () => string

  constructor(state: State, calls: CallLog, address: () => string) {
    this.#state = state
    this.#calls = calls
    this.#address = address
  }

  get arns(): string[] {
    return (this.#state.world.topics ?? []).map(({ name }) => this.#state.arn('sns', name)).sort()
  }

  /** @throws AwsError NotFound */
  require(topicArn: string): string {
    if (this.arns.includes(topicArn)) return topicArn
    throw new AwsError('NotFound', 'Topic does not exist', 404)
  }

  /** Of one topic, or of all, in the order of their ARNs. */
  subscriptions(topicArn?: string): Subscription[] {
    return this.#state.subscriptions
      .list()
      .filter((one) => topicArn === undefined || one.topicArn === topicArn)
      .sort((a, b) => (a.arn < b.arn ? -1 : 1))
  }

  /** A queue is subscribed at once; an HTTP endpoint is asked first, again whenever this is repeated. */
  subscribe(topicArn: string, protocol: Subscription['protocol'], endpoint: string): Subscription {
    const known = this.subscriptions(topicArn).find(
      (one) => one.protocol === protocol && one.endpoint === endpoint,
    )
    const arn = known?.arn ?? `${topicArn}:${uuid(this.#state.random)}`
    const token = protocol === 'sqs' ? null : hex(this.#state.random, 64)
    const row = known?.token === null ? known : { arn, topicArn, protocol, endpoint, token }
    this.#state.subscriptions.set(arn, row)
    if (row.token !== null) this.#ask(row, row.token)
    return row
  }

  /** @throws AwsError InvalidParameter for a token that was never given out for the topic */
  confirm(topicArn: string, token: string): Subscription {
    const row = this.subscriptions(this.require(topicArn)).find((one) => one.token === token)
    if (!row) throw new AwsError('InvalidParameter', 'Invalid parameter: Token')
    return this.#state.subscriptions.set(row.arn, { ...row, token: null })
  }

  /** @throws AwsError NotFound */
  unsubscribe(subscriptionArn: string): void {
    if (this.#state.subscriptions.delete(subscriptionArn)) return
    throw new AwsError('NotFound', 'Subscription does not exist', 404)
  }

  /** Hands a message on to whoever is subscribed; its id. @throws AwsError when AWS would not take it */
  publish(topicArn: string, message: string, subject?: string): string {
    this.require(topicArn)
    if (message === '') throw new AwsError('InvalidParameter', 'Invalid parameter: Empty message')
    if (Buffer.byteLength(message) > LONGEST_MESSAGE_BYTES)
      throw new AwsError('InvalidParameter', 'Invalid parameter: Message too long')
    const id = uuid(this.#state.random)
    for (const subscription of this.subscriptions(topicArn))
      if (subscription.token === null)
        this.#deliver(subscription, {
          Type: 'Notification',
          MessageId: id,
          TopicArn: topicArn,
          ...(subject !== undefined && { Subject: subject }),
          Message: message,
          Timestamp: this.#timestamp(),
          UnsubscribeURL: this.#link({ Action: 'Unsubscribe', SubscriptionArn: subscription.arn }),
        })
    return id
  }

  /** As EventBridge does it for a rule’s target: AWS’s own call, so that it is in the call log. */
  hand(topicArn: string, message: string): void {
    const id = this.publish(topicArn, message)
    this.#calls.event('sns', 'Publish', { TopicArn: topicArn, Message: message }, [id], [])
  }

  #ask({ topicArn, ...to }: Subscription, token: string): void {
    this.#deliver(
      { topicArn, ...to },
      {
        Type: 'SubscriptionConfirmation',
        MessageId: uuid(this.#state.random),
        Token: token,
        TopicArn: topicArn,
        Message: `The local topic ${topicArn} is to send its messages here. Visit SubscribeURL if they are wanted.`,
        SubscribeURL: this.#link({ Action: 'ConfirmSubscription', TopicArn: topicArn, Token: token }),
        Timestamp: this.#timestamp(),
      },
    )
  }

  #deliver({ protocol, endpoint, arn }: Subscription, message: SnsMessage): void {
    if (protocol === 'http') {
      postMessage(this.#state.clock, { endpoint, arn }, message)
      return
    }
    try {
      sendMessage(this.#state, endpoint, JSON.stringify(message), {})
    } catch (error) {
      console.error(`A message of ${message.TopicArn} was lost: ${String(error)}`)
    }
  }

  #timestamp(): string {
    return new Date(this.#state.clock.now()).toISOString()
  }

  #link(parameters: Record<string, string>): string {
    return `${this.#address()}/?${new URLSearchParams({ ...parameters, Version: SNS_VERSION })}`
  }
}

export const SNS_VERSION = '2010-03-31'
