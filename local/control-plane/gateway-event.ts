import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2 } from 'aws-lambda'
import { ACCOUNT } from '../account.ts'

/**
 * An HTTP request as API Gateway hands it to a function (HTTP API, payload format 2.0).
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export const toEvent = (
  request: IncomingMessage,
  path: string,
  query: string,
  body: Buffer,
  now: Date,
): APIGatewayProxyEventV2 => {
  const method = request.method ?? 'GET'
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers))
    if (name !== 'cookie' && value !== undefined)
      headers[name] = Array.isArray(value) ? value.join(',') : value
  const parameters = parametersOf(query)
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    ...(request.headers.cookie ? { cookies: request.headers.cookie.split('; ') } : {}),
    headers,
    ...(parameters ? { queryStringParameters: parameters } : {}),
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'local',
      domainName: request.headers.host ?? 'localhost',
      domainPrefix: 'local',
      http: {
        method,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: logTime(now),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 ? { body: body.toString(isText(headers) ? 'utf8' : 'base64') } : {}),
    isBase64Encoded: body.length > 0 && !isText(headers),
  }
}

/** Writes what the function answered, in either form that API Gateway understands. */
export const writeResult = (response: ServerResponse, result: APIGatewayProxyResultV2): void => {
  if (typeof result === 'string' || result.statusCode === undefined) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(typeof result === 'string' ? result : JSON.stringify(result))
    return
  }
  for (const [name, value] of Object.entries(result.headers ?? {})) response.setHeader(name, String(value))
  if (result.cookies) response.setHeader('set-cookie', result.cookies)
  response.writeHead(result.statusCode)
  response.end(Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8'))
}

/** Several values of one name are joined by commas, as API Gateway does it. */
const parametersOf = (query: string): Record<string, string> | undefined => {
  const all: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(query))
    all[name] = Object.hasOwn(all, name) ? `${all[name]},${value}` : value
  return Object.keys(all).length > 0 ? all : undefined
}

const isText = (headers: Record<string, string>): boolean =>
  /^(text\/|application\/(json|.*\+json|xml|x-www-form-urlencoded|javascript))/i.test(
    headers['content-type'] ?? 'application/json',
  )

/** 21/Nov/2026:14:05:09 +0000 */
const logTime = (now: Date): string => {
  const [, day, month, year] = now.toUTCString().split(' ')
  return `${day}/${month}/${year}:${now.toISOString().slice(11, 19)} +0000`
}
