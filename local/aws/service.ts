import type { AwsError } from './aws-error.ts'
import type { QueryDialect } from './protocol/query.ts'
import type { Infer, Members, ShapeProblem } from './protocol/shape.ts'
import type { XmlValue } from './protocol/xml.ts'

/** One AWS service as these endpoints have it: its protocols and the actions that exist. */
export type Service = {
  /** Name in the SigV4 credential scope, and in universal targets unless `sdkName` differs. */
  scope: string
  sdkName?: string
  /** Where its endpoints are, when not in every Region: `global` services answer for all of them. */
  regions?: readonly string[]
  query?: { namespace: string; version: string; dialect: QueryDialect }
  /** `prefix` of X-Amz-Target. `queryCompatible` services name their query error code in a header. */
  json?: { prefix: string; version: '1.0' | '1.1'; queryCompatible?: boolean }
  rest?: readonly Route[]
  actions: Readonly<Record<string, Action>>
  /** Of the query protocol: actions that an address alone may ask for, such as a link in a message. */
  unsigned?: readonly string[]
  /** A request that does not have its shape, in the service's words. */
  refuse(problem: ShapeProblem): AwsError
  /** Before each action: throttling. */
  admit?(action: string, input: Readonly<Record<string, unknown>>): void
}

export type Action = {
  input: Members
  run(input: never, call: Call): unknown
  /** How an answer looks in XML, when that is not the same tree. */
  toXml?(output: never): XmlValue
  /** Changes nothing: not allowed as a universal target. */
  readOnly: boolean
}

/** Ties the input's type to its shape. */
export function action<M extends Members>(
  input: M,
  run: (input: Infer<M>, call: Call) => unknown,
  options: { readOnly?: boolean; toXml?: (output: never) => XmlValue } = {},
): Action {
  return {
    input,
    run: run as Action['run'],
    readOnly: options.readOnly ?? false,
    ...(options.toXml && { toXml: options.toXml }),
  }
}

/** `/schedules/{Name}`; `query` renames query-string parameters to members. */
export type Route = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  action: string
  query?: Readonly<Record<string, string>>
}

/** One call, whoever made it. */
export type Call = {
  requestId: string
  /** The wire, or EventBridge Scheduler through a universal target. */
  source: 'client' | 'scheduler'
  userAgent: string
  /** Ids that the call made or ended, for the call log. */
  created: string[]
  deleted: string[]
}
