import { createHash, hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Answer } from '../answers.ts'
import { AwsError } from '../aws-error.ts'
import type { CallLog } from '../call-log.ts'
import { uuid } from '../ids.ts'
import { Repeated, xml } from '../protocol/xml.ts'
import type { State } from '../state.ts'
import { bodyOf } from '../wire.ts'
import type { Objects, StoredObject } from './objects.ts'

/**
 * Amazon S3, as far as it is used: objects in buckets with versions are put and read whole, listed with their versions and
 * deleted version by version, in path style. Its protocol is REST XML.
 */
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
    const action = actionOf(request.method ?? '', searchParams)
    let failure: AwsError | undefined
    let input: Addressed | null = null
    try {
      const body = await bodyOf(request)
      checkRegion(region, this.#state.world.region)
      input = addressed(pathname, searchParams, action)
      refuseOthers(request, searchParams, action)
      const { status, headers, body: text } = await this.#run(request, action, input, body)
      return { status, headers: { 'x-amz-request-id': requestId, ...headers }, body: text }
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      failure = error
      return errorAnswer(error, pathname, requestId)
    } finally {
      this.#calls.add({
        service: 's3',
        action: action ?? `${request.method} ${pathname}`,
        source: 'client',
        userAgent: request.headers['user-agent'] ?? '',
        requestId,
        errorCode: failure?.code ?? null,
        input: input && Object.fromEntries(Object.entries(input).filter(([, value]) => value)),
        created: [],
        deleted: [],
      })
    }
  }

  async #run(
    request: IncomingMessage,
    action: Action | null,
    { Bucket, Key, Prefix, VersionId, EncodingType }: Addressed,
    body: Buffer,
  ): Promise<Answer> {
    if (!this.#state.world.buckets?.includes(Bucket))
      throw new AwsError('NoSuchBucket', `The specified bucket does not exist: ${Bucket}`, 404)
    if (action === 'ListObjectVersions')
      return {
        status: 200,
        headers: XML,
        body: listed(Bucket, Prefix, EncodingType, this.#objects.versions(Bucket, Prefix)),
      }
    if (action === 'DeleteObject') {
      if (VersionId === null)
        throw new AwsError('NotImplemented', 'The local S3 deletes versions only: give versionId', 501)
      this.#objects.delete(Bucket, Key, VersionId)
      await this.#saved()
      return { status: 204, headers: { 'x-amz-version-id': VersionId }, body: '' }
    }
    if (action === 'PutObject') {
      const object = this.#objects.put(Bucket, Key, objectFrom(request, body, this.#state.clock.now()))
      await this.#saved()
      const headers = { etag: object.etag, 'x-amz-version-id': object.versionId, ...checksum(object) }
      return { status: 200, headers, body: '' }
    }
    const object = this.#objects.get(Bucket, Key)
    // AWS says AccessDenied to whoever may not list the bucket; these endpoints know no policies.
    if (!object) throw new AwsError('NoSuchKey', `The specified key does not exist: ${Key}`, 404)
    return {
      status: 200,
      headers: {
        'content-type': object.contentType,
        etag: object.etag,
        'x-amz-version-id': object.versionId,
        'last-modified': new Date(object.modifiedAt).toUTCString(),
        ...(request.headers['x-amz-checksum-mode'] === 'ENABLED' && checksum(object)),
      },
      body: object.body,
    }
  }
}

type Addressed = {
  Bucket: string
  Key: string
  Prefix: string
  VersionId: string | null
  /** Keys may hold what XML cannot: whoever lists them may ask for escapes. */
  EncodingType: string | null
}

const XML = { 'content-type': 'application/xml' }

/** Everything at once: S3’s own pages have 1,000. */
const listed = (
  Name: string,
  Prefix: string,
  EncodingType: string | null,
  versions: ReturnType<Objects['versions']>,
): string => {
  const shown = (key: string) =>
    EncodingType === 'url' ? encodeURIComponent(key).replaceAll('%2F', '/') : key
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xml(
    'ListVersionsResult',
    {
      Name,
      Prefix: shown(Prefix),
      EncodingType,
      IsTruncated: false,
      Version: new Repeated(
        versions.map(({ key, version, isLatest }) => ({
          Key: shown(key),
          VersionId: version.versionId,
          IsLatest: isLatest,
          LastModified: new Date(version.modifiedAt),
          ETag: version.etag,
          Size: version.body.length,
          StorageClass: 'STANDARD',
        })),
      ),
    },
    'member',
  )}`
}

/** By method; parameters that an action understands beside `x-id`. */
const ACTIONS = {
  PutObject: { method: 'PUT', parameters: [] },
  GetObject: { method: 'GET', parameters: [] },
  HeadObject: { method: 'HEAD', parameters: [] },
  DeleteObject: { method: 'DELETE', parameters: ['versionId'] },
  ListObjectVersions: { method: 'GET', parameters: ['versions', 'prefix', 'encoding-type'] },
} as const satisfies Record<string, { method: string; parameters: readonly string[] }>
type Action = keyof typeof ACTIONS

const actionOf = (method: string, parameters: URLSearchParams): Action | null => {
  if (method === 'GET' && parameters.has('versions')) return 'ListObjectVersions'
  const found = (Object.keys(ACTIONS) as Action[]).find((action) => ACTIONS[action].method === method)
  return found ?? null
}

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

function refuseOthers(request: IncomingMessage, parameters: URLSearchParams, action: Action | null): void {
  const known = Object.keys(ACTIONS).join(', ')
  if (action === null)
    throw new AwsError('NotImplemented', `The local S3 has ${known}, not ${request.method}`, 501)
  const understood: readonly string[] = ACTIONS[action].parameters
  for (const name of parameters.keys())
    if (name !== 'x-id' && !understood.includes(name))
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

function addressed(pathname: string, parameters: URLSearchParams, action: Action | null): Addressed {
  const [, bucket = '', key = ''] = /^\/([^/]+)(?:\/(.*))?$/.exec(pathname) ?? []
  if ((key === '') !== (action === 'ListObjectVersions'))
    throw new AwsError(
      'NotImplemented',
      'The local S3 has operations on objects, and lists their versions',
      501,
    )
  try {
    return {
      Bucket: bucket,
      Key: decodeURIComponent(key),
      Prefix: parameters.get('prefix') ?? '',
      VersionId: parameters.get('versionId'),
      EncodingType: parameters.get('encoding-type'),
    }
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
