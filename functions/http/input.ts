import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type * as z from 'zod'
import type { Operation } from '../../contract/operation.ts'
import type { Problem } from '../../contract/problem.ts'
import { ProblemError, wrongField } from '../errors.ts'

export const BODY_BYTES_MAX = 256 * 1024

export type ParsedInput = { params: unknown; query: unknown; body: unknown }

/** Everything an operation is given, parsed by its schemas. @throws ProblemError that names every wrong field */
export const readInput = (operation: Operation, event: APIGatewayProxyEventV2): ParsedInput => {
  const given = {
    params: decodeParams(event.pathParameters ?? {}),
    query: event.queryStringParameters ?? {},
    body: operation.route.startsWith('GET ') ? undefined : readBody(event),
  }
  const errors: FieldErrors = []
  const parsed: ParsedInput = { params: undefined, query: undefined, body: undefined }
  for (const part of ['params', 'query', 'body'] as const) {
    const result = operation[part].safeParse(given[part])
    if (result.success) parsed[part] = result.data
    else errors.push(...result.error.issues.flatMap((issue) => fieldErrors(part, issue)))
  }
  if (errors.length > 0)
    throw new ProblemError('invalid', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), {
      errors,
    })
  return parsed
}

type FieldErrors = NonNullable<Problem['errors']>

/** An identifier after a dot, anything else in brackets: body.source.tags["a.b"]. */
const pathOf = (part: string, path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) =>
      typeof key === 'number'
        ? `${text}[${key}]`
        : /^[A-Za-z_][\w-]*$/.test(String(key))
          ? `${text}.${String(key)}`
          : `${text}[${JSON.stringify(String(key))}]`,
    part,
  )

const fieldErrors = (part: string, issue: z.core.$ZodIssue): FieldErrors => {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: pathOf(part, [...issue.path, key]),
      message: 'There is no such field',
    }))
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.path.length > 0)
    return [{ path: pathOf(part, issue.path), message: `Required: ${issue.expected}` }]
  return [{ path: pathOf(part, issue.path), message: issue.message }]
}

const decodeParams = (params: Readonly<Record<string, string | undefined>>): Record<string, string> => {
  const decoded: Record<string, string> = {}
  for (const [name, value = ''] of Object.entries(params)) {
    try {
      decoded[name] = decodeURIComponent(value)
    } catch (cause) {
      throw wrongField(`params.${name}`, 'It is not a valid percent-encoded text', { cause })
    }
  }
  return decoded
}

const readBody = (event: APIGatewayProxyEventV2): unknown => {
  if (event.body === undefined || event.body === '') return undefined
  const bytes = Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8')
  if (bytes.length > BODY_BYTES_MAX)
    throw new ProblemError('too-large', `A body may have ${BODY_BYTES_MAX / 1024} KB; this one is larger.`)
  const type = event.headers['content-type'] ?? ''
  if (!/^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(type))
    throw wrongField('header.content-type', 'Send the body as application/json')
  try {
    return JSON.parse(bytes.toString())
  } catch (cause) {
    throw wrongField('body', `It is not JSON: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}

const KEY_LENGTH_MAX = 255

/** The Idempotency-Key header of a create; null without one. */
export const readIdempotencyKey = (event: APIGatewayProxyEventV2): string | null => {
  const key = event.headers['idempotency-key']
  if (key === undefined) return null
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > KEY_LENGTH_MAX)
    throw wrongField(
      'header.idempotency-key',
      `It must be 1 to ${KEY_LENGTH_MAX} printable ASCII characters without spaces`,
    )
  return key
}
