import { AwsError } from '../aws-error.ts'
import { CallFailed, type Dispatcher } from '../dispatch.ts'
import { DeliveryError, invokeFunction } from '../invoke-function.ts'
import { decodeCapitalised } from '../protocol/json.ts'
import type { Service } from '../service.ts'
import { sendMessage } from '../sqs.ts'
import type { State } from '../state.ts'

const USER_AGENT = 'scheduler.amazonaws.com'

/** Where a schedule delivers to. */
export type Target =
  | { kind: 'call'; service: Service; action: string }
  | { kind: 'function'; name: string }
  | { kind: 'queue'; arn: string }

/** @throws AwsError ValidationException that says what exists instead. */
export function parseTarget(arn: string, dispatcher: Dispatcher, lambdaEndpoint: string | undefined): Target {
  const universal = /^arn:aws:scheduler:::aws-sdk:([a-z0-9]+):([a-zA-Z0-9]+)$/.exec(arn)
  if (universal) return universalTarget(universal[1] ?? '', universal[2] ?? '', dispatcher)
  const lambda = /^arn:aws:lambda:[a-z0-9-]+:\d{12}:function:([A-Za-z0-9-_]+)(?::[A-Za-z0-9-_$]+)?$/.exec(arn)
  if (lambda) {
    if (lambdaEndpoint === undefined) {
      throw refused('These local AWS endpoints were started without an address for functions.')
    }
    return { kind: 'function', name: lambda[1] ?? '' }
  }
  if (/^arn:aws:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$/.test(arn)) return { kind: 'queue', arn }
  throw refused(
    `Provided Arn is not in correct format or not a target of the local AWS endpoints: ${arn}. They have functions, queues and arn:aws:scheduler:::aws-sdk:SERVICE:ACTION.`,
  )
}

function universalTarget(sdkName: string, operation: string, dispatcher: Dispatcher): Target {
  const service = dispatcher.services.find((one) => (one.sdkName ?? one.scope) === sdkName)
  if (!service) {
    const known = dispatcher.services.map((one) => one.sdkName ?? one.scope).join(', ')
    throw refused(
      `No service ${sdkName} in the local AWS endpoints for a universal target. They have: ${known}`,
    )
  }
  const action = operation.charAt(0).toUpperCase() + operation.slice(1)
  const found = Object.hasOwn(service.actions, action) ? service.actions[action] : undefined
  if (!found || operation.charAt(0) !== operation.charAt(0).toLowerCase()) {
    throw refused(`The service ${sdkName} of the local AWS endpoints has no action ${operation}.`)
  }
  if (found.readOnly) throw refused(`${operation} is read-only, which universal targets do not support.`)
  return { kind: 'call', service, action }
}

const refused = (message: string): AwsError => new AwsError('ValidationException', message)

/** One attempt. @throws DeliveryError */
export async function deliver(
  target: Target,
  input: string,
  state: State,
  dispatcher: Dispatcher,
  lambdaEndpoint: string | undefined,
): Promise<void> {
  switch (target.kind) {
    case 'call':
      return callAction(target, input, dispatcher)
    case 'function':
      return invokeFunction(target.name, input, lambdaEndpoint, USER_AGENT)
    case 'queue':
      sendMessage(state, target.arn, input, {})
  }
}

async function callAction(
  { service, action }: Target & { kind: 'call' },
  input: string,
  dispatcher: Dispatcher,
): Promise<void> {
  try {
    const decode = (members: Parameters<typeof decodeCapitalised>[0]) =>
      decodeCapitalised(members, input === '' ? {} : JSON.parse(input))
    await dispatcher.call(service, action, decode, { source: 'scheduler', userAgent: USER_AGENT })
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    const { code, message, status } = error.error
    throw new DeliveryError(code, message, status >= 500 || /Throttl|LimitExceeded$/.test(code))
  }
}
