import { createHash } from 'node:crypto'
import { AwsError } from './aws-error.ts'
import { uuid } from './ids.ts'
import { integer, list, map, required, string, structure } from './protocol/shape.ts'
import { Repeated, type XmlValue } from './protocol/xml.ts'
import type { QueueMessage } from './rows.ts'
import { action, type Service } from './service.ts'
import type { State } from './state.ts'
import type { QueueDeclaration } from './world.ts'

const DEFAULT_VISIBILITY_SECONDS = 30
const LONGEST_VISIBILITY_SECONDS = 43_200
const LONGEST_BODY_BYTES = 262_144
const RECEIVED_AT_ONCE = 10
/** SQS's default: four days. */
const RETENTION_MILLISECONDS = 4 * 86_400_000

/** Whoever may write to a queue is not modelled: any policy is taken. */
const SETTABLE = new Set(['Policy', 'VisibilityTimeout'])

const attribute = structure({ DataType: string, StringValue: string })

type Shown = {
  MessageId: string
  ReceiptHandle: string
  MD5OfBody: string
  Body: string
  Attributes?: Record<string, string> | undefined
  MessageAttributes?: Record<string, { DataType: string; StringValue: string }> | undefined
}

/** Amazon SQS: standard queues. Waiting (long polls) ends at once. */
export function sqsService(state: State, address: () => string): Service {
  const queueOf = (url: string) => {
    const name = url.split('/').at(-1) ?? ''
    return named(state, name)
  }
  return {
    scope: 'sqs',
    query: { namespace: 'http://queue.amazonaws.com/doc/2012-11-05/', version: '2012-11-05', dialect: 'aws' },
    json: { prefix: 'AmazonSQS', version: '1.0', queryCompatible: true },
    actions: {
      CreateQueue: action(
        {
          QueueName: required(string),
          Attributes: map(string, 'Attribute'),
          tags: map(string, 'Tag'),
        },
        ({ QueueName: name, Attributes: given = {} }) => {
          const wrong = Object.keys(given).find((key) => !SETTABLE.has(key))
          if (wrong !== undefined)
            throw new AwsError('InvalidAttributeName', `The local AWS endpoints do not know ${wrong}.`)
          if (!/^[A-Za-z0-9_-]{1,80}$/.test(name))
            throw new AwsError(
              'InvalidParameterValue',
              'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
            )
          if (find(state, name)) throw new AwsError('QueueAlreadyExists', `A queue ${name} exists already.`)
          const seconds = Number(given.VisibilityTimeout ?? DEFAULT_VISIBILITY_SECONDS)
          state.queues.set(name, { name, visibilityTimeoutSeconds: seconds })
          return { QueueUrl: `${address()}/${state.world.account}/${name}` }
        },
      ),

      DeleteQueue: action({ QueueUrl: required(string) }, (input) => {
        const { name } = queueOf(input.QueueUrl)
        if (!state.queues.delete(name))
          throw new AwsError('UnsupportedOperation', `${name} belongs to the declared infrastructure.`)
        const arn = queueArn(state, { name })
        for (const { id } of state.messages.list().filter((row) => row.queueArn === arn))
          state.messages.delete(id)
        return {}
      }),

      GetQueueUrl: action(
        { QueueName: required(string), QueueOwnerAWSAccountId: string },
        (input) => ({
          QueueUrl: `${address()}/${state.world.account}/${named(state, input.QueueName).name}`,
        }),
        { readOnly: true },
      ),

      GetQueueAttributes: action(
        { QueueUrl: required(string), AttributeNames: list(string, 'AttributeName') },
        (input) => ({ Attributes: attributes(state, queueOf(input.QueueUrl), input.AttributeNames ?? []) }),
        {
          readOnly: true,
          toXml: ({ Attributes }: { Attributes: Record<string, string> }) => ({
            Attribute: pairs(Attributes),
          }),
        },
      ),

      SendMessage: action(
        {
          QueueUrl: required(string),
          MessageBody: required(string),
          DelaySeconds: integer,
          MessageAttributes: map(attribute, 'MessageAttribute'),
        },
        (input) => {
          const given = Object.entries(input.MessageAttributes ?? {})
          const message = sendMessage(
            state,
            queueArn(state, queueOf(input.QueueUrl)),
            input.MessageBody,
            Object.fromEntries(given.map(([name, { StringValue: value }]) => [name, value ?? ''])),
            input.DelaySeconds ?? 0,
          )
          return { MessageId: message.id, MD5OfMessageBody: md5(message.body) }
        },
      ),

      ReceiveMessage: action(
        {
          QueueUrl: required(string),
          MaxNumberOfMessages: integer,
          VisibilityTimeout: integer,
          WaitTimeSeconds: integer,
          AttributeNames: list(string, 'AttributeName'),
          MessageSystemAttributeNames: list(string, 'MessageSystemAttributeName'),
          MessageAttributeNames: list(string, 'MessageAttributeName'),
        },
        (input) => {
          const queue = queueOf(input.QueueUrl)
          const most = input.MaxNumberOfMessages ?? 1
          if (most < 1 || most > RECEIVED_AT_ONCE) {
            throw new AwsError('InvalidParameterValue', `MaxNumberOfMessages is 1 to ${RECEIVED_AT_ONCE}`)
          }
          const usual = queue.visibilityTimeoutSeconds ?? DEFAULT_VISIBILITY_SECONDS
          const hidden = input.VisibilityTimeout ?? usual
          if (hidden < 0 || hidden > LONGEST_VISIBILITY_SECONDS) {
            throw new AwsError(
              'InvalidParameterValue',
              `VisibilityTimeout is 0 to ${LONGEST_VISIBILITY_SECONDS}`,
            )
          }
          const names = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])]
          const messages = receive(state, queueArn(state, queue), most, hidden).map((row) =>
            shown(row, names, input.MessageAttributeNames ?? []),
          )
          return messages.length === 0 ? {} : { Messages: messages }
        },
        {
          toXml: ({ Messages }: { Messages?: Shown[] }) => ({
            Message: new Repeated((Messages ?? []).map(shownXml)),
          }),
        },
      ),

      DeleteMessage: action({ QueueUrl: required(string), ReceiptHandle: required(string) }, (input) => {
        const arn = queueArn(state, queueOf(input.QueueUrl))
        const row = state.messages
          .list()
          .find((one) => one.queueArn === arn && one.receiptHandle === input.ReceiptHandle)
        if (row) state.messages.delete(row.id)
        return {}
      }),
    },
    refuse({ problem, message }) {
      return new AwsError(problem === 'missing' ? 'MissingParameter' : 'InvalidParameterValue', message)
    },
  }
}

const queueArn = (state: State, { name }: QueueDeclaration): string => state.arn('sqs', name)

/** Also for deliveries that no call made: the dead letters of the scheduler. */
export function sendMessage(
  state: State,
  arn: string,
  body: string,
  messageAttributes: Readonly<Record<string, string>>,
  delaySeconds = 0,
): QueueMessage {
  if (!find(state, arn.split(':').at(-1) ?? '')) throw noQueue()
  if (body.length === 0 || Buffer.byteLength(body) > LONGEST_BODY_BYTES) {
    throw new AwsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Message must have 1 to ${LONGEST_BODY_BYTES} bytes.`,
    )
  }
  const now = state.clock.now()
  forgetMessages(state, now)
  const id = uuid(state.random)
  return state.messages.set(id, {
    id,
    queueArn: arn,
    body,
    attributes: messageAttributes,
    sentAt: now,
    visibleAt: now + delaySeconds * 1000,
    receiptHandle: null,
    receiveCount: 0,
    firstReceivedAt: null,
  })
}

function forgetMessages(state: State, now: number): void {
  for (;;) {
    const [id, oldest] = state.messages.oldest() ?? []
    if (id === undefined || oldest === undefined || oldest.sentAt > now - RETENTION_MILLISECONDS) return
    state.messages.delete(id)
  }
}

/** Hides what it gives for so long. */
export function receive(state: State, arn: string, most: number, hiddenSeconds: number): QueueMessage[] {
  const now = state.clock.now()
  return state.messages
    .list()
    .filter((row) => row.queueArn === arn && row.visibleAt <= now)
    .slice(0, most)
    .map((row) =>
      state.messages.set(row.id, {
        ...row,
        visibleAt: now + hiddenSeconds * 1000,
        receiptHandle: Buffer.from(`${row.id} ${uuid(state.random)}`).toString('base64'),
        receiveCount: row.receiveCount + 1,
        firstReceivedAt: row.firstReceivedAt ?? now,
      }),
    )
}

function attributes(state: State, queue: QueueDeclaration, names: readonly string[]): Record<string, string> {
  const now = state.clock.now()
  const rows = state.messages.list().filter((row) => row.queueArn === queueArn(state, queue))
  const delayed = rows.filter((row) => row.visibleAt > now && row.receiveCount === 0).length
  const visible = rows.filter((row) => row.visibleAt <= now).length
  const all: Record<string, string> = {
    QueueArn: queueArn(state, queue),
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(rows.length - visible - delayed),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    VisibilityTimeout: String(queue.visibilityTimeoutSeconds ?? DEFAULT_VISIBILITY_SECONDS),
    MaximumMessageSize: String(LONGEST_BODY_BYTES),
  }
  const unknown = names.find((name) => name !== 'All' && !Object.hasOwn(all, name))
  if (unknown !== undefined) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`)
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name)),
  )
}

function shown(row: QueueMessage, names: readonly string[], messageNames: readonly string[]): Shown {
  const system: Record<string, string> = {
    SentTimestamp: String(row.sentAt),
    ApproximateReceiveCount: String(row.receiveCount),
    ApproximateFirstReceiveTimestamp: String(row.firstReceivedAt ?? 0),
  }
  const wanted = (list: readonly string[], name: string) => list.includes('All') || list.includes(name)
  const systemShown = Object.entries(system).filter(([name]) => wanted(names, name))
  const own = Object.entries(row.attributes).filter(([name]) => wanted(messageNames, name))
  return {
    MessageId: row.id,
    ReceiptHandle: row.receiptHandle ?? '',
    MD5OfBody: md5(row.body),
    Body: row.body,
    ...(systemShown.length > 0 && { Attributes: Object.fromEntries(systemShown) }),
    ...(own.length > 0 && {
      MessageAttributes: Object.fromEntries(
        own.map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
      ),
    }),
  }
}

function shownXml({ Attributes, MessageAttributes, ...message }: Shown): XmlValue {
  return { ...message, Attribute: pairs(Attributes ?? {}), MessageAttribute: pairs(MessageAttributes ?? {}) }
}

const pairs = (values: Readonly<Record<string, XmlValue>>): XmlValue =>
  new Repeated(Object.entries(values).map(([name, value]) => ({ Name: name, Value: value })))

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

function noQueue(): AwsError {
  return new AwsError('AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.')
}

function named(state: State, name: string): QueueDeclaration {
  const queue = find(state, name)
  if (!queue) throw noQueue()
  return queue
}

/** Declared by the infrastructure, or created since. */
function find(state: State, name: string): QueueDeclaration | undefined {
  return (state.world.queues ?? []).find((one) => one.name === name) ?? state.queues.get(name)
}
