import { AwsError } from './aws-error.ts'
import { uuid } from './ids.ts'
import { list, required, string, structure, timestamp } from './protocol/shape.ts'
import { action, type Service } from './service.ts'
import type { State } from './state.ts'

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const ENTRIES_MAX = 10
const BYTES_MAX = 256 * 1024

const entry = structure({
  Time: timestamp,
  Source: string,
  Resources: list(string),
  DetailType: string,
  Detail: string,
  EventBusName: string,
  TraceHeader: string,
})

type Entry = {
  Source?: string | undefined
  DetailType?: string | undefined
  Detail?: string | undefined
  Resources?: readonly string[] | undefined
  EventBusName?: string | undefined
}
type Taken = { EventId: string } | { ErrorCode: string; ErrorMessage: string }

/** Amazon EventBridge: PutEvents on the default bus, whose declared rules then get the events. */
export function eventsService(state: State): Service {
  const take = ({ Source, DetailType, Detail, Resources = [] }: Entry): Taken => {
    if (!Source) return missing('Source')
    if (Source.startsWith('aws.'))
      return failed('NotAuthorizedForSourceException', `Not authorized for the source '${Source}'.`)
    if (!DetailType) return missing('DetailType')
    if (!Detail) return missing('Detail')
    const detail = objectIn(Detail)
    if (!detail) return failed('MalformedDetail', 'Detail is malformed.')
    const id = uuid(state.random)
    state.tell({ id, source: Source, detailType: DetailType, resources: Resources, detail })
    return { EventId: id }
  }
  return {
    scope: 'events',
    sdkName: 'eventbridge',
    json: { prefix: 'AWSEvents', version: '1.1' },
    actions: {
      PutEvents: action({ Entries: required(list(entry)), EndpointId: string }, ({ Entries }) => {
        if (Entries.length < 1 || Entries.length > ENTRIES_MAX)
          throw new AwsError('ValidationException', `Entries must have 1 to ${ENTRIES_MAX} members.`)
        if (Entries.reduce((sum, one) => sum + size(one), 0) > BYTES_MAX)
          throw new AwsError(
            'ValidationException',
            'Total size of the entries in the request is over the limit.',
          )
        for (const { EventBusName } of Entries) refuseOtherBus(state, EventBusName)
        const taken = Entries.map(take)
        return { FailedEntryCount: taken.filter((one) => 'ErrorCode' in one).length, Entries: taken }
      }),
    },
    refuse: ({ message }) => new AwsError('ValidationException', message),
  }
}

const failed = (ErrorCode: string, ErrorMessage: string): Taken => ({ ErrorCode, ErrorMessage })
const missing = (name: string): Taken =>
  failed('InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`)

const size = (one: Entry): number =>
  [one.Source, one.DetailType, one.Detail, ...(one.Resources ?? [])].reduce(
    (sum, text) => sum + Buffer.byteLength(text ?? ''),
    14,
  )

const refuseOtherBus = ({ world }: State, name = 'default'): void => {
  const arn = `arn:aws:events:${world.region}:${world.account}:event-bus/default`
  if (name === 'default' || name === arn) return
  throw new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`)
}

const objectIn = (text: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
