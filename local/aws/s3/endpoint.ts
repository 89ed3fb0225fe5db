import { createHash, hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Answer } from '../answers.ts'
import { AwsError } from '../aws-error.ts'
import type { CallLog } from '../call-log.ts'
import { uuid } from '../ids.ts'
import { xml } from '../protocol/xml.ts'
import type { State } from '../state.ts'
import { bodyOf } from '../wire.ts'
import type { Objects, StoredObject } from './objects.ts'

/** Amazon S3, as far as it is used: objects are put, and read, whole, in path style. Its protocol is REST XML. */
export class S3 {
  readonly #state: State
  readonly #objects: Objects
  readonly #calls: CallLog
  readonly #saved: () => Promise<void>

  /** `saved` resolves when what was put is on disk. */
  constructor(state: State, objects: Objects, calls: CallLog, saved: () => Promise<void>) {
    this.#state = state
    this.#objects = objects
    this.#calls = calls
    this.#saved = saved
  }

  async answer(request: IncomingMessage, region: string): Promise<Answer> {
    const requestId = uuid(this.#state.random)
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const action = ACTIONS[request.method ?? ''] ?? `${request.method} ${pathname}`
    let failure: AwsError | undefined
    let input: { Bucket: string; Key: string } | null = null
    try {
      const body = await bodyOf(request)
      checkRegion(region, this.#state.world.region)
      input = addressed(pathname)
      refuseOthers(request, searchParams)
      const { status, headers, body: text } = await this.#run(request, input, body)
      return { status, headers: { 'x-amz-request-id': requestId, ...headers }, body: text }
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      failure = error
      return errorAnswer(error, pathname, requestId)
    } finally {
      this.#calls.add({
        service: 's3',
        action,
        source: 'client',
        userAgent: request.headers['user-agent'] ?? '',
        requestId,
        errorCode: failure?.code ?? null,
        input,
        created: [],
        deleted: [],
      })
    }
  }

  async #run(
    request: IncomingMessage,
    { Bucket, Key }: { Bucket: string; Key: string },
    body: Buffer,
  ): Promise<Answer> {
    if (!this.#state.world.buckets?.includes(Bucket))
      throw new AwsError('NoSuchBucket', `The specified bucket does not exist: ${Bucket}`, 404)
    if (request.method === 'PUT') {
      const object = objectFrom(request, body, this.#state.clock.now())
      this.#objects.put(Bucket, Key, object)
      await this.#saved()
      return { status: 200, headers: { etag: object.etag, ...checksum(object) }, body: '' }
    }
    const object = this.#objects.get(Bucket, Key)
    // AWS says AccessDenied to whoever may not list the bucket; these endpoints know no policies.
    if (!object) throw new AwsError('NoSuchKey', `The specified key does not exist: ${Key}`, 404)
    return {
      status: 200,
      headers: {
        'content-type': object.contentType,
        etag: object.etag,
        'last-modified': new Date(object.modifiedAt).toUTCString(),
        ...(request.headers['x-amz-checksum-mode'] === 'ENABLED' && checksum(object)),
      },
      body: object.body,
    }
  }
}

const ACTIONS: Readonly<Record<string, string>> = { PUT: 'PutObject', GET: 'GetObject', HEAD: 'HeadObject' }

/** Headers that are understood; any other of S3’s would be left out in silence. */
const UNDERSTOOD = new Set([
  'x-amz-date',
  'x-amz-user-agent',
  'x-amz-security-token',
  'x-amz-content-sha256',
  'x-amz-checksum-sha256',
  'x-amz-sdk-checksum-algorithm',
  'x-amz-checksum-mode',
])
const NEEDED = /^(?:x-amz-|if-|range$|content-encoding$|content-md5$)/

function refuseOthers(request: IncomingMessage, parameters: URLSearchParams): void {
  const known = Object.values(ACTIONS).join(', ')
  if (!ACTIONS[request.method ?? ''])
    throw new AwsError('NotImplemented', `The local S3 has ${known}, not ${request.method}`, 501)
  for (const name of parameters.keys())
    if (name !== 'x-id')
      throw new AwsError('NotImplemented', `The local S3 has ${known}, without the parameter ${name}`, 501)
  for (const name of Object.keys(request.headers))
    if (NEEDED.test(name) && !UNDERSTOOD.has(name))
      throw new AwsError('NotImplemented', `The local S3 has ${known}, without the header ${name}`, 501)
}

function checkRegion(given: string, region: string): void {
  if (given !== region)
    throw new AwsError(
      'AuthorizationHeaderMalformed',
      `The authorization header is malformed; the region '${given}' is wrong; expecting '${region}'`,
    )
}

function addressed(pathname: string): { Bucket: string; Key: string } {
  const [, bucket = '', key = ''] = /^\/([^/]+)(?:\/(.*))?$/.exec(pathname) ?? []
  if (key === '')
    throw new AwsError('NotImplemented', 'The local S3 has operations on objects only: /bucket/key', 501)
  try {
    return { Bucket: bucket, Key: decodeURIComponent(key) }
  } catch {
    throw new AwsError('InvalidURI', `Couldn't parse the specified URI: ${pathname}`)
  }
}

function objectFrom(request: IncomingMessage, body: Buffer, now: number): StoredObject {
  const { headers } = request
  const digest = createHash('sha256').update(body).digest()
  const signed = String(headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD')
  if (signed.startsWith('STREAMING-'))
    throw new AwsError('NotImplemented', `The local S3 takes no payload in pieces: ${signed}`, 501)
  if (signed !== 'UNSIGNED-PAYLOAD' && signed !== digest.toString('hex'))
    throw new AwsError(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    )
  const given = headers['x-amz-checksum-sha256']
  if (given !== undefined && given !== digest.toString('base64'))
    throw new AwsError('BadDigest', 'The SHA256 you specified did not match the calculated checksum.')
  return {
    body,
    contentType: headers['content-type'] ?? 'binary/octet-stream',
    etag: `"${hash('md5', body)}"`,
    sha256: given === undefined ? null : String(given),
    modifiedAt: now,
  }
}

const checksum = ({ sha256 }: StoredObject): Record<string, string> =>
  sha256 === null ? {} : { 'x-amz-checksum-sha256': sha256, 'x-amz-checksum-type': 'FULL_OBJECT' }

function errorAnswer({ code, message, status }: AwsError, resource: string, requestId: string): Answer {
  const error = { Code: code, Message: message, Resource: resource, RequestId: requestId }
  return {
    status,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${xml('Error', error, 'member')}`,
  }
}
