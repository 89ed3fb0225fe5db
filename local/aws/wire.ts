import type { IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { type Answer, failure, noService, type Protocol, success } from './answers.ts'
import { AwsError } from './aws-error.ts'
import { CallFailed, type Dispatcher } from './dispatch.ts'
import { decodeJson } from './protocol/json.ts'
import { decodeQuery } from './protocol/query.ts'
import { invalid, type Members } from './protocol/shape.ts'
import type { Route, Service } from './service.ts'

/** AWS's own ceilings are lower for each of these services; this one only protects the process. */
const MAX_BODY_BYTES = 16 * 1024 * 1024

/** The credential scope of SigV4 (header or presigned): access key, day, region, service, aws4_request. */
export function credentialScope(request: IncomingMessage): { region: string; service: string } | undefined {
  const given =
    /Credential=([^,\s]+)/.exec(request.headers.authorization ?? '')?.[1] ??
    new URL(request.url ?? '/', 'http://localhost').searchParams.get('X-Amz-Credential') ??
    ''
  const [region, service, end] = given.split('/').slice(-3)
  return end === 'aws4_request' && region && service ? { region, service } : undefined
}

/** Reads one request of any of the three protocols, runs it, and words the answer. */
export async function answerCall(
  request: IncomingMessage,
  scope: { region: string; service: string } | undefined,
  region: string,
  dispatcher: Dispatcher,
): Promise<Answer> {
  const service = scope ? dispatcher.service(scope.service) : dispatcher.unsigned(linkedAction(request))
  const protocol = protocolOf(request, service)
  if (!service) {
    const known = [...dispatcher.services.map((one) => one.scope), 'dynamodb', 's3']
    return failure(undefined, protocol, noService(scope?.service, known), '-')
  }
  const regions = service.regions ?? [region]
  if (scope && !regions.includes(scope.region)) {
    const message = `Credential should be scoped to a valid Region: these endpoints are ${regions.join(', ')}, not ${scope.region}`
    return failure(service, protocol, new AwsError('SignatureDoesNotMatch', message, 403), '-')
  }
  try {
    const body = await bodyOf(request)
    const { name, decode } = namedCall(request, body, service, protocol)
    const by = { source: 'client' as const, userAgent: request.headers['user-agent'] ?? '' }
    const { action, output, requestId } = await dispatcher.call(service, name, decode, by)
    return success(service, protocol, name, action, output, requestId)
  } catch (error) {
    if (error instanceof CallFailed) return failure(service, protocol, error.error, error.requestId)
    if (error instanceof AwsError) return failure(service, protocol, error, '-')
    throw error
  }
}

function linkedAction(request: IncomingMessage): string {
  return new URL(request.url ?? '/', 'http://localhost').searchParams.get('Action') ?? ''
}

function protocolOf(request: IncomingMessage, service: Service | undefined): Protocol {
  if (request.headers['x-amz-target'] !== undefined) return 'json'
  if (service?.rest) return 'rest'
  return 'query'
}

type Named = { name: string; decode: (members: Members) => unknown }

function namedCall(request: IncomingMessage, body: Buffer, service: Service, protocol: Protocol): Named {
  if (protocol === 'json') return jsonRequest(String(request.headers['x-amz-target']), body, service)
  if (protocol === 'rest') return restRequest(request, body, service)
  return queryRequest(request, body, service)
}

function jsonRequest(target: string, body: Buffer, service: Service): Named {
  const [prefix, name] = target.split('.')
  if (!service.json || prefix !== service.json.prefix || !name) {
    throw new AwsError('UnknownOperationException', `No operation ${target} in ${service.scope}`)
  }
  return { name, decode: (members) => decodeJson(members, parsed(body)) }
}

function queryRequest(request: IncomingMessage, body: Buffer, service: Service): Named {
  const { query } = service
  const parameters = new URLSearchParams(body.toString('utf8'))
  for (const [name, value] of new URL(request.url ?? '/', 'http://localhost').searchParams) {
    parameters.append(name, value)
  }
  const name = parameters.get('Action')
  if (!query || !name) throw new AwsError('MissingAction', 'The request must contain the parameter Action')
  const version = parameters.get('Version')
  if (version !== query.version) {
    throw new AwsError('NoSuchVersion', `${service.scope} has version ${query.version}, not ${version}`)
  }
  return { name, decode: (members) => decodeQuery(members, parameters, query.dialect) }
}

function restRequest(request: IncomingMessage, body: Buffer, service: Service): Named {
  const url = new URL(request.url ?? '/', 'http://localhost')
  for (const route of service.rest ?? []) {
    if (route.method !== request.method) continue
    const labels = match(route.path, url.pathname)
    if (!labels) continue
    return {
      name: route.action,
      decode: (members) =>
        decodeJson(members, { ...(parsed(body) as object), ...labels, ...queryMembers(route, url, members) }),
    }
  }
  throw new AwsError(
    'UnknownOperationException',
    `No operation ${request.method} ${url.pathname} in ${service.scope}`,
    404,
  )
}

function match(template: string, path: string): Record<string, string> | undefined {
  const wanted = template.split('/')
  const given = path.replace(/\/+$/, '').split('/')
  if (wanted.length !== given.length) return undefined
  const labels: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? ''
    if (part.startsWith('{')) labels[part.slice(1, -1)] = unescaped(value)
    else if (part !== value) return undefined
  }
  return labels
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new AwsError('ValidationException', `The path has a malformed escape: ${part}`)
  }
}

function queryMembers(route: Route, url: URL, members: Members): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const name of new Set(url.searchParams.keys())) {
    const member = route.query?.[name] ?? name
    const kind = members[member]?.kind.is
    const values = url.searchParams.getAll(name)
    const [text] = values
    if (kind === 'integer') {
      if (!/^\d{1,15}$/.test(text ?? '')) throw invalid(name, text, 'Expecting an integer')
      result[member] = Number(text)
    } else result[member] = kind === 'list' ? values : text
  }
  return result
}

function parsed(body: Buffer): unknown {
  if (body.length === 0) return {}
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new AwsError('SerializationException', 'The request body is not JSON')
  }
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BODY_BYTES)
      throw new AwsError('RequestEntityTooLarge', 'The request body is too large', 413)
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  if (request.headers['content-encoding'] !== 'gzip') return body
  try {
    return gunzipSync(body, { maxOutputLength: MAX_BODY_BYTES })
  } catch {
    throw new AwsError('SerializationException', 'The request body is not gzip')
  }
}
