import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dispatcher } from './dispatch.ts'
import type { DynamoDb } from './dynamodb.ts'
import { answerLocally, type LocalPaths } from './local-paths.ts'
import type { S3 } from './s3/endpoint.ts'
import { answerCall, credentialScope } from './wire.ts'

/** Sends each request where it belongs: our own paths, DynamoDB, S3, or a service by the scope of its signature. */
export class FrontDoor {
  readonly #region: string
  readonly #dispatcher: Dispatcher
  readonly #tables: DynamoDb
  readonly #objects: S3
  readonly #paths: LocalPaths

  constructor(region: string, dispatcher: Dispatcher, tables: DynamoDb, objects: S3, paths: LocalPaths) {
    this.#region = region
    this.#dispatcher = dispatcher
    this.#tables = tables
    this.#objects = objects
    this.#paths = paths
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#route(request, response).catch((error: unknown) => {
      // A client that went away mid-request is no failure of ours.
      if (response.destroyed) return
      console.error(error)
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
      response.end('The local AWS endpoint failed\n')
    })
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!URL.canParse(request.url ?? '/', 'http://localhost')) {
      response.writeHead(400, { 'content-type': 'text/plain' }).end('Not a URL\n')
      return
    }
    const scope = credentialScope(request)
    if (scope?.service === 'dynamodb' || String(request.headers['x-amz-target']).startsWith('DynamoDB_')) {
      this.#table(request, response)
      return
    }
    if (await answerLocally(request, response, this.#paths)) return
    const { status, headers, body } =
      scope?.service === 's3'
        ? await this.#objects.answer(request, scope.region)
        : await answerCall(request, scope, this.#region, this.#dispatcher)
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
  }

  /** dynalite reads the body itself; only what the answer's head tells is logged. */
  #table(request: IncomingMessage, response: ServerResponse): void {
    const [, action = ''] = String(request.headers['x-amz-target'] ?? '').split('.')
    response.once('finish', () => {
      this.#paths.tableCalls.add({
        service: 'dynamodb',
        action,
        source: 'client',
        userAgent: request.headers['user-agent'] ?? '',
        requestId: String(response.getHeader('x-amzn-requestid') ?? ''),
        errorCode: response.statusCode < 400 ? null : String(response.statusCode),
        input: null,
        created: [],
        deleted: [],
      })
    })
    this.#tables.handle(request, response)
  }
}
