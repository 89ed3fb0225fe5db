import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

export type Call = { params: Record<string, string>; query: URLSearchParams; body: unknown }
export type Answer = { status: number; body: unknown }
/** `GET /orders/{reference}` and the function that answers it. */
export type Routes = Readonly<Record<string, (call: Call) => Promise<Answer>>>

/** What a handler throws to answer with an error. */
export class ServiceError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const BODY_MAX = 256 * 1024
/** Longer than clients keep an idle connection, so that none is closed under a request. */
const KEEP_ALIVE_MS = 65_000

/** A small JSON service: both releases of the shop are made with it. */
export const createService = (name: string, routes: Routes): Server => {
  const table = Object.entries(routes).map(([route, handle]) => ({ ...compile(route), handle }))
  return createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, async (request, response) => {
    try {
      const url = new URL(request.url ?? '/', 'http://service')
      const body = await readJson(request)
      for (const { method, pattern, handle } of table) {
        const match = method === request.method ? pattern.exec(url.pathname) : null
        if (!match) continue
        const params = Object.fromEntries(
          Object.entries(match.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value ?? '')]),
        )
        const answer = await handle({ params, query: url.searchParams, body })
        return send(response, name, answer)
      }
      throw new ServiceError(404, 'no such resource')
    } catch (error) {
      const known = error instanceof ServiceError
      send(response, name, {
        status: known ? error.status : 500,
        body: { error: known ? error.message : 'internal error' },
      })
    }
  })
}

const compile = (route: string) => {
  const [method = '', path = ''] = route.split(' ')
  return { method, pattern: new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`) }
}

const readJson = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    if (length > BODY_MAX) throw new ServiceError(413, 'the body is too large')
    chunks.push(chunk)
  }
  if (length === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    throw new ServiceError(400, 'the body is not JSON')
  }
}

/** Large answers go out in pieces, without a length. */
const PIECE = 16 * 1024

const send = (response: ServerResponse, name: string, { status, body }: Answer): void => {
  const bytes = Buffer.from(JSON.stringify(body))
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    server: name,
    'x-request-id': randomUUID(),
  }
  if (bytes.length <= 2 * PIECE) {
    response.writeHead(status, { ...headers, 'content-length': bytes.length }).end(bytes)
    return
  }
  response.writeHead(status, headers)
  for (let at = 0; at < bytes.length; at += PIECE) response.write(bytes.subarray(at, at + PIECE))
  response.end()
}
