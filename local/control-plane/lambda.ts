import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Context } from 'aws-lambda'
import { ACCOUNT, REGION } from '../account.ts'

export type LambdaFunction = (event: unknown, context: Context) => Promise<unknown>

/** Longest run of a function. */
const TIMEOUT_MS = 60_000

/** What the runtime tells a function about its invocation. */
export const contextOf = (name: string, requestId: string): Context => {
  const until = Date.now() + TIMEOUT_MS
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`,
    memoryLimitInMB: '512',
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, until - Date.now()),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  }
}

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/

/** Name of the function that a request to the Lambda API invokes; null when it is another request. */
export const invokedFunction = (path: string): string | null => {
  const [, name] = PATH.exec(path) ?? []
  // By name or by ARN.
  return name === undefined ? null : (decodeURIComponent(name).split(':').at(-1) ?? null)
}

/**
 * Lambda's Invoke: waits for the answer (RequestResponse) or not (Event). A function's own failure is a success of the
 * call, with a header that says so.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export const invoke = async (
  functions: Readonly<Record<string, LambdaFunction>>,
  name: string,
  { type, body }: { type: string; body: Buffer },
  response: ServerResponse,
  log: (line: string) => void,
): Promise<void> => {
  const requestId = randomUUID()
  const answer = (status: number, value: unknown, headers: Record<string, string> = {}) =>
    response
      .writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': requestId, ...headers })
      .end(value === undefined ? '' : JSON.stringify(value))
  const run = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (!run) {
    const message = `Function not found: arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`
    answer(404, { Type: 'User', Message: message }, { 'x-amzn-errortype': 'ResourceNotFoundException' })
    return
  }
  let event: unknown
  try {
    event = body.length > 0 ? JSON.parse(body.toString()) : null
  } catch {
    const message = 'Could not parse request body into json'
    answer(400, { Type: 'User', Message: message }, { 'x-amzn-errortype': 'InvalidRequestContentException' })
    return
  }
  const result = run(event, contextOf(name, requestId))
  if (type === 'Event') {
    result.catch((error) => log(`${name} failed: ${inOneLine(String(error))}`))
    answer(202, undefined)
    return
  }
  try {
    answer(200, (await result) ?? null)
  } catch (error) {
    const { name: errorType, message } = error instanceof Error ? error : new Error(String(error))
    log(`${name} failed: ${inOneLine(`${errorType}: ${message}`)}`)
    answer(200, { errorType, errorMessage: message }, { 'x-amz-function-error': 'Unhandled' })
  }
}

const inOneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 300)
