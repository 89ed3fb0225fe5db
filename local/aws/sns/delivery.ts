import type { Clock } from '../clock.ts'

/** https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html */
export type SnsMessage = Readonly<{
  Type: 'Notification' | 'SubscriptionConfirmation'
  MessageId: string
  TopicArn: string
  Message: string
  Timestamp: string
  Subject?: string
  Token?: string
  SubscribeURL?: string
  UnsubscribeURL?: string
}>

/** SNS waits so long for an HTTP endpoint. */
const ANSWER_MILLISECONDS = 15_000
/** What SNS does by default: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html */
const RETRIES = 3
const RETRY_MILLISECONDS = 20_000

/** Posts it, again where the endpoint cannot be reached or says that it is its own fault; then it is lost, and said. */
export const postMessage = (
  clock: Clock,
  to: Readonly<{ endpoint: string; arn: string }>,
  message: SnsMessage,
  retries = RETRIES,
): void => {
  void post(to, message).then((failure) => {
    if (failure === null) return
    if (failure.retryable && retries > 0)
      clock.setTimer(RETRY_MILLISECONDS, () => postMessage(clock, to, message, retries - 1))
    else console.error(`A message of ${message.TopicArn} was lost: ${to.endpoint} ${failure.why}`)
  })
}

const post = async (
  { endpoint, arn }: Readonly<{ endpoint: string; arn: string }>,
  message: SnsMessage,
): Promise<{ why: string; retryable: boolean } | null> => {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'text/plain; charset=UTF-8',
        'user-agent': 'Amazon Simple Notification Service Agent',
        'x-amz-sns-message-type': message.Type,
        'x-amz-sns-message-id': message.MessageId,
        'x-amz-sns-topic-arn': message.TopicArn,
        ...(message.Type === 'Notification' && { 'x-amz-sns-subscription-arn': arn }),
      },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
    })
    await response.arrayBuffer()
    if (response.ok) return null
    const { status } = response
    return { why: `answered ${status}`, retryable: status >= 500 || status === 429 }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    return { why: `could not be reached: ${cause}`, retryable: true }
  }
}
