import middy from '@middy/core'
import type { APIGatewayProxyEventV2, Context as LambdaContext } from 'aws-lambda'
import { catalogue } from '../../contract/catalogue.ts'
import { EVIDENCE_SCHEMA_FILE } from '../../contract/evidence.ts'
import type { Operation } from '../../contract/operation.ts'
import { OPERATION_ROLES } from '../../contract/permission.ts'
import { PROBLEMS } from '../../contract/problem.ts'
import { evidenceSchema } from '../evidence/schema.ts'
import type { Context, Surroundings } from '../operations/context.ts'
import { handlers } from '../operations/handlers.ts'
import type { Log } from '../reconcile/control-plane.ts'
import { callerOf, refuseForeignPages, refuseWithout } from './caller.ts'
import { readIdempotencyKey, readInput } from './input.ts'
import { openApi } from './openapi.ts'
import { COMMON_HEADERS, problemAnswer, problemOf } from './problems.ts'
import { rolesOf } from './roles.ts'
import { type Answer, type Method, type Route, router } from './router.ts'

export type ApiOptions = {
  /** Who a request without an authorizer is; null refuses it. */
  anonymous: string | null
  version: string
  log: Log
}

export type ApiHandler = (event: APIGatewayProxyEventV2, context: LambdaContext) => Promise<Answer>

/** The whole API as one function from an HTTP API event (payload 2.0) to its response. It never throws. */
export const makeApi = (surroundings: Surroundings, options: ApiOptions): ApiHandler => {
  let document: string | undefined
  const routes: Route[] = [
    ...Object.values<Operation>(catalogue).map((operation) => routeOf(operation, surroundings, options)),
    { method: 'GET', path: '/healthz', handle: async () => answer(200, JSON.stringify({ status: 'ok' })) },
    {
      method: 'GET',
      path: '/openapi.json',
      handle: async () => {
        document ??= JSON.stringify(openApi(options.version))
        return answer(200, document)
      },
    },
    ...SCHEMA_PATHS.map(
      (path): Route => ({
        method: 'GET',
        path,
        handle: async () => answer(200, evidenceSchema()),
      }),
    ),
  ]
  const handler = middy<APIGatewayProxyEventV2, Answer>()
    .onError((request) => {
      request.response = failed(request.error, request.event, options.log)
    })
    .handler(router(routes))
  return (event, context) => Promise.resolve(handler(event, context))
}

/** By itself, and where a package’s own `$schema` leads to. */
const SCHEMA_PATHS = [`/${EVIDENCE_SCHEMA_FILE}`, `/experiments/{id}/${EVIDENCE_SCHEMA_FILE}`] as const

const answer = (statusCode: number, body: string, headers: Record<string, string> = {}): Answer => ({
  statusCode,
  headers: { ...COMMON_HEADERS, ...headers, 'content-type': 'application/json' },
  body,
})

const routeOf = (operation: Operation, surroundings: Surroundings, options: ApiOptions): Route => {
  const [method, path] = operation.route.split(' ') as [Method, `/${string}`]
  // The pairing of operations and handlers is checked where the handlers are declared.
  const handle = handlers[operation.id as keyof typeof handlers] as unknown as (
    input: unknown,
    context: Context,
  ) => Promise<unknown>
  return {
    method,
    path,
    handle: async (event) => {
      const { name: caller, identity } = callerOf(event, options.anonymous)
      const roles = rolesOf(identity, surroundings.config.roles)
      refuseWithout(OPERATION_ROLES[operation.id as keyof typeof OPERATION_ROLES], caller, roles)
      if (method !== 'GET') refuseForeignPages(event)
      const input = readInput(operation, event)
      const { requestId } = event.requestContext
      const idempotencyKey = operation.idempotent ? readIdempotencyKey(event) : null
      const result = await handle(input, { ...surroundings, caller, roles, idempotencyKey, requestId })
      return answer(operation.status, JSON.stringify(result), locationOf(operation, path, result))
    },
  }
}

/** Relative to the address that was posted to: whatever stands before the path stays true. */
const locationOf = ({ status }: Operation, path: string, result: unknown): Record<string, string> =>
  status === 201 && typeof result === 'object' && result !== null && 'id' in result
    ? { location: `${path.slice(path.lastIndexOf('/') + 1)}/${result.id}` }
    : {}

const failed = (error: unknown, event: APIGatewayProxyEventV2, log: Log): Answer => {
  const problem = problemOf(error)
  const { requestId, http } = event.requestContext
  if (PROBLEMS[problem.kind].status >= 500)
    log('error', `${http.method} ${http.path} failed`, { requestId, error: problem.cause ?? problem })
  return problemAnswer(problem, requestId)
}
