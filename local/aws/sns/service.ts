import { AwsError } from '../aws-error.ts'
import { boolean, required, string } from '../protocol/shape.ts'
import type { Subscription } from '../rows.ts'
import { action, type Service } from '../service.ts'
import type { State } from '../state.ts'
import { SNS_VERSION, type Topics } from './topics.ts'

/** One page of ListTopics and of ListSubscriptions. */
const PAGE = 100
const PENDING = 'PendingConfirmation'

/**
 * Amazon SNS: standard topics that are declared, their subscriptions of queues and of HTTP endpoints on this machine.
 * https://docs.aws.amazon.com/sns/latest/api/welcome.html
 */
export function snsService(state: State, topics: Topics): Service {
  const shown = ({ arn, topicArn, protocol, endpoint, token }: Subscription) => ({
    SubscriptionArn: token === null ? arn : PENDING,
    Owner: state.world.account,
    Protocol: protocol,
    Endpoint: endpoint,
    TopicArn: topicArn,
  })
  const listed = (rows: readonly Subscription[], token: string | undefined) => {
    const { items, NextToken } = page(rows, token)
    return { Subscriptions: items.map(shown), NextToken }
  }
  return {
    scope: 'sns',
    query: {
      namespace: `http://sns.amazonaws.com/doc/${SNS_VERSION}/`,
      version: SNS_VERSION,
      dialect: 'aws',
    },
    unsigned: ['ConfirmSubscription', 'Unsubscribe'],
    actions: {
      ListTopics: action(
        { NextToken: string },
        (input) => {
          const { items, NextToken } = page(topics.arns, input.NextToken)
          return { Topics: items.map((TopicArn) => ({ TopicArn })), NextToken }
        },
        { readOnly: true },
      ),

      Publish: action(
        { TopicArn: required(string), Message: required(string), Subject: string },
        ({ TopicArn, Message, Subject }) => ({ MessageId: topics.publish(TopicArn, Message, Subject) }),
      ),

      Subscribe: action(
        {
          TopicArn: required(string),
          Protocol: required(string),
          Endpoint: string,
          ReturnSubscriptionArn: boolean,
        },
        ({ TopicArn, Protocol, Endpoint = '', ReturnSubscriptionArn = false }, call) => {
          const topicArn = topics.require(TopicArn)
          const row = topics.subscribe(topicArn, protocolOf(state, Protocol, Endpoint), Endpoint)
          call.created.push(row.arn)
          return {
            SubscriptionArn: row.token === null || ReturnSubscriptionArn ? row.arn : 'pending confirmation',
          }
        },
      ),

      ConfirmSubscription: action(
        { TopicArn: required(string), Token: required(string) },
        ({ TopicArn, Token }) => ({ SubscriptionArn: topics.confirm(TopicArn, Token).arn }),
      ),

      Unsubscribe: action({ SubscriptionArn: required(string) }, ({ SubscriptionArn }, call) => {
        topics.unsubscribe(SubscriptionArn)
        call.deleted.push(SubscriptionArn)
        return {}
      }),

      ListSubscriptions: action(
        { NextToken: string },
        (input) => listed(topics.subscriptions(), input.NextToken),
        { readOnly: true },
      ),

      ListSubscriptionsByTopic: action(
        { TopicArn: required(string), NextToken: string },
        (input) => listed(topics.subscriptions(topics.require(input.TopicArn)), input.NextToken),
        { readOnly: true },
      ),
    },
    refuse: ({ message }) => new AwsError('InvalidParameter', message),
  }
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** @throws AwsError where it is none that this machine may send to */
function protocolOf(state: State, protocol: string, endpoint: string): Subscription['protocol'] {
  const wrong = (member: string, why: string) =>
    new AwsError('InvalidParameter', `Invalid parameter: ${member} Reason: ${why}`)
  if (protocol === 'sqs') {
    const queues = [...(state.world.queues ?? []), ...state.queues.list()]
    if (queues.some(({ name }) => state.arn('sqs', name) === endpoint)) return protocol
    throw wrong('Endpoint', `there is no queue ${endpoint}`)
  }
  if (protocol !== 'http') throw wrong('Protocol', 'the local AWS endpoints deliver to http and sqs')
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null
  if (url?.protocol === 'http:' && LOOPBACK.test(url.hostname)) return protocol
  throw wrong('Endpoint', 'the local AWS endpoints deliver to http:// addresses of this machine only')
}

/** What comes behind the last of the page before. */
function page<T>(all: readonly T[], token: string | undefined): { items: readonly T[]; NextToken?: string } {
  const from = token === undefined ? 0 : Number(Buffer.from(token, 'base64url').toString())
  if (!Number.isSafeInteger(from) || from < 0)
    throw new AwsError('InvalidParameter', 'Invalid parameter: NextToken')
  const next = from + PAGE
  return {
    items: all.slice(from, next),
    ...(next < all.length && { NextToken: Buffer.from(String(next)).toString('base64url') }),
  }
}
