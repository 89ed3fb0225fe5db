import httpRouter from '@middy/http-router'
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context as LambdaContext,
} from 'aws-lambda'
import { ProblemError } from '../errors.ts'

export type Answer = APIGatewayProxyStructuredResultV2
export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'
export type Route = {
  method: Method
  path: `/${string}`
  handle: (event: APIGatewayProxyEventV2) => Promise<Answer>
}

/** The routes as one handler. A wrong method is a 405 with the right ones, any other address a 404. */
export const router = (
  routes: readonly Route[],
): ((event: APIGatewayProxyEventV2, context: LambdaContext) => Promise<Answer>) => {
  const patterns = routes.map(({ method, path }) => ({
    method,
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
  }))
  const route = httpRouter<APIGatewayProxyEventV2, Answer>({
    routes: routes.map(({ method, path, handle }) => ({
      method,
      path,
      handler: (event: APIGatewayProxyEventV2) => handle(event),
    })),
    notFoundResponse: ({ method, path }) => {
      const allowed = patterns.filter(({ pattern }) => pattern.test(path)).map((one) => one.method)
      if (allowed.length === 0)
        throw new ProblemError(
          'not-found',
          'There is nothing at this address. GET /openapi.json lists what there is.',
        )
      const allow = [...new Set(allowed)].join(', ')
      throw new ProblemError('method-not-allowed', `This address answers ${allow}, not ${method}.`, {
        headers: { allow },
      })
    },
  }) as unknown as (event: APIGatewayProxyEventV2, context: LambdaContext) => Promise<Answer>
  return async (event, context) => route(event, context)
}
