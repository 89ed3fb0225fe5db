import { AwsError } from '../aws-error.ts'
import { boolean, integer, list, required, string, structure } from '../protocol/shape.ts'
import { action, type Service } from '../service.ts'
import type { State } from '../state.ts'
import { LogStreams } from './log-streams.ts'

/** A page has so many events at most (API_FilterLogEvents). */
const EVENTS_A_PAGE = 10_000

/**
 * Amazon CloudWatch Logs: the groups that flow logs are delivered to, and what somebody puts into their streams. Filter
 * patterns are not known here.
 */
export function logsService({ world, clock }: State): Service {
  const groups = new Map(
    (world.flowLogs ?? []).flatMap(({ logGroup }) => (logGroup ? [[logGroup, new LogStreams()]] : [])),
  )
  const groupOf = (name: string): LogStreams => {
    const group = groups.get(name)
    if (!group) throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.')
    return group
  }
  let events = 0
  return {
    scope: 'logs',
    json: { prefix: 'Logs_20140328', version: '1.1' },
    actions: {
      CreateLogStream: action(
        { logGroupName: required(string), logStreamName: required(string) },
        ({ logGroupName, logStreamName }) => {
          if (!groupOf(logGroupName).create(logStreamName))
            throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists')
          return {}
        },
      ),
      PutLogEvents: action(
        {
          logGroupName: required(string),
          logStreamName: required(string),
          logEvents: required(list(structure({ timestamp: required(integer), message: required(string) }))),
          sequenceToken: string,
        },
        ({ logGroupName, logStreamName, logEvents }) => {
          const put = logEvents.map((event) => ({ ...event, id: String(++events), ingestedAt: clock.now() }))
          if (!groupOf(logGroupName).put(logStreamName, put))
            throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.')
          return {}
        },
      ),
      FilterLogEvents: action(
        {
          logGroupName: required(string),
          logStreamNames: list(string),
          logStreamNamePrefix: string,
          startTime: integer,
          endTime: integer,
          limit: integer,
          nextToken: string,
          interleaved: boolean,
        },
        (input) => {
          const { logGroupName, logStreamNames: names, logStreamNamePrefix: prefix } = input
          if (names && prefix !== undefined)
            throw invalid('logStreamNames and logStreamNamePrefix exclude each other')
          const limit = input.limit ?? EVENTS_A_PAGE
          if (limit < 1 || limit > EVENTS_A_PAGE) throw invalid(`limit must be 1 to ${EVENTS_A_PAGE}`)
          const after = Number(input.nextToken ?? 0)
          if (!Number.isSafeInteger(after) || after < 0) throw invalid('The specified nextToken is invalid.')
          const found = groupOf(logGroupName).between(
            input.startTime ?? 0,
            input.endTime ?? Number.POSITIVE_INFINITY,
            (name) => names?.includes(name) ?? name.startsWith(prefix ?? ''),
          )
          const shown = found.slice(after, after + limit)
          const next = after + shown.length
          return {
            events: shown.map(({ id, stream, timestamp, message, ingestedAt }) => ({
              eventId: id,
              logStreamName: stream,
              timestamp,
              message,
              ingestionTime: ingestedAt,
            })),
            searchedLogStreams: [],
            nextToken: next < found.length ? String(next) : undefined,
          }
        },
        { readOnly: true },
      ),
    },
    refuse: ({ message }) => invalid(message),
  }
}

const invalid = (message: string): AwsError => new AwsError('InvalidParameterException', message)
