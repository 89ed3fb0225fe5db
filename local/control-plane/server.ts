import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2, Context } from 'aws-lambda'
import { PROBLEMS, type ProblemKind, problemType } from '../../contract/problem.ts'
import { type ConsoleFiles, SECURITY_HEADERS, serveConsole } from './console-files.ts'
import { toEvent, writeResult } from './gateway-event.ts'
import { contextOf, invoke, invokedFunction, type LambdaFunction } from './lambda.ts'
import type { Token } from './token.ts'

export type ApiFunction = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyResultV2>

export type ControlPlaneParts = Readonly<{
  api: ApiFunction
  functions: Readonly<Record<string, LambdaFunction>>
  console: ConsoleFiles
  /** Needed for every change through the API. */
  token: Token
  /** Stands before the paths of Lambda’s Invoke API: only who is told it can invoke functions. */
  invokePath: string
  /** Takes what a function failed with: nobody else hears of it. */
  log: (line: string) => void
}>

const API = '/api'
/** API Gateway takes 10 MB; nothing here needs more than this. */
const BODY_MAX = 1024 * 1024

/**
 * One address for what CloudFront, API Gateway and Lambda are on AWS: the console, the API below `/api`, and Lambda’s
 * Invoke API for the scheduler. Answers to loopback names only, so that no other site’s name can be made to point here, and
 * changes nothing without the token.
 */
export const createControlPlane = ({
  api,
  functions,
  console: files,
  token,
  invokePath,
  log,
}: ControlPlaneParts): Server =>
  createServer(async (request, response) => {
    try {
      const [path = '/', query = ''] = splitTarget(request.url ?? '/')
      const refusal = refusalOf(request)
      if (refusal !== null) return problem(response, 'forbidden', refusal)
      const invoked =
        request.method === 'POST' && path.startsWith(`${invokePath}/`)
          ? invokedFunction(path.slice(invokePath.length))
          : null
      const isApi = path === API || path.startsWith(`${API}/`)
      if (invoked === null && !isApi) {
        const given = new URLSearchParams(query).get('token')
        return given === null
          ? serveConsole(files, request, response, path)
          : welcome(response, token.is(given) ? token.setCookie : null)
      }
      if (invoked === null && !isReading(request) && !token.isIn(request))
        return problem(response, 'forbidden', NO_TOKEN)

      const body = await readBody(request)
      if (body === null) return problem(response, 'too-large', `A body has at most ${BODY_MAX} bytes.`)
      if (invoked !== null) {
        const type = String(request.headers['x-amz-invocation-type'] ?? 'RequestResponse')
        return await invoke(functions, invoked, { type, body }, response, log)
      }
      // As CloudFront does it: the function’s routes do not know the prefix.
      const event = toEvent(request, path.slice(API.length) || '/', query, body, new Date())
      const result = await api(event, contextOf('shadowmeter-local-api', event.requestContext.requestId))
      for (const [name, value] of Object.entries(API_HEADERS)) response.setHeader(name, value)
      writeResult(response, result)
    } catch (error) {
      log(`control plane: ${error instanceof Error ? error.stack : String(error)}`)
      if (response.headersSent) response.destroy()
      else problem(response, 'internal', 'The function ended without an answer.')
    }
  })

const API_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
}

const splitTarget = (target: string): [string, string] => {
  const at = target.indexOf('?')
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)]
}

const NO_TOKEN =
  'Changes need the token of this system: open the console at the address that was printed at its start, or send ' +
  'Authorization: Bearer with what is in ~/.shadowmeter/token-PORT.'

/** The token becomes a cookie and leaves the address, so that it is in no history; a wrong one is of no use. */
const welcome = (response: ServerResponse, setCookie: string | null): void => {
  response.writeHead(303, {
    ...SECURITY_HEADERS,
    location: '/',
    'cache-control': 'no-store',
    ...(setCookie !== null && { 'set-cookie': setCookie }),
  })
  response.end()
}

const isReading = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i

/** Why a request is not answered: another name than this machine’s, or a change that another site’s page asked for. */
const refusalOf = (request: IncomingMessage): string | null => {
  const { host = '', origin } = request.headers
  if (!LOOPBACK.test(host)) return `This answers to localhost and loopback addresses, not to '${host}'.`
  if (isReading(request)) return null
  if (origin !== undefined && origin !== `http://${host}`)
    return `A page of ${origin} may not change anything here.`
  return null
}

/** Null when there is too much of it. */
const readBody = async (request: IncomingMessage): Promise<Buffer | null> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    if (length > BODY_MAX) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const problem = (response: ServerResponse, kind: ProblemKind, detail: string): void => {
  const { status, title } = PROBLEMS[kind]
  const body = JSON.stringify({ type: problemType(kind), title, status, detail })
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    // Whatever is left of a body is not read.
    connection: 'close',
  })
  response.end(body)
}
