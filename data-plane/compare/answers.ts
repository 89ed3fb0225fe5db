import { bodyKind, boundaryOf, decodeBody, mediaTypeOf } from './body.ts'
import { type Difference, Differences } from './difference.ts'
import { compareHeaders, type Headers, rawHeaderMap } from './headers.ts'
import { compareJson } from './json.ts'
import { differOnlyInVolatile } from './volatile.ts'

/** One side of an exchange, whole. */
export type Answer = {
  readonly status: number
  /** Name, value, name, value ... */
  readonly headers: readonly string[]
  readonly body: Buffer
}

/**
 * In what the shadow’s answer differs from production’s. Answers of different status say different things: nothing more
 * is compared of them.
 * @param at when they were given: milliseconds since 1970
 */
export const compareAnswers = (production: Answer, shadow: Answer, at: number): Difference[] => {
  const found = new Differences()
  if (production.status !== shadow.status) {
    found.add('status', `${production.status}>${shadow.status}`)
    return found.list
  }
  const headers = rawHeaderMap(production.headers)
  const others = rawHeaderMap(shadow.headers)
  compareHeaders(headers, others, found)
  compareBodies({ headers, body: production.body }, { headers: others, body: shadow.body }, found, at)
  return found.list
}

type Content = { headers: Headers; body: Buffer }

const compareBodies = (production: Content, shadow: Content, found: Differences, at: number): void => {
  const isSameCoding =
    production.headers.get('content-encoding')?.join() === shadow.headers.get('content-encoding')?.join()
  if (isSameCoding && production.body.equals(shadow.body)) return
  const a = decodeBody(production.body, production.headers)
  const b = decodeBody(shadow.body, shadow.headers)
  if ('failure' in a || 'failure' in b) {
    found.add('failure' in a ? a.failure : 'failure' in b ? b.failure : 'unreadable', 'body')
    return
  }
  if (a.body.equals(b.body)) return
  const mediaType = mediaTypeOf(production.headers)
  // Of different types nothing can be aligned; that they differ is said among the headers.
  const kind = mediaType === mediaTypeOf(shadow.headers) ? bodyKind(mediaType, a.body) : 'binary'
  if (kind === 'json') compareJsonBodies(a.body, b.body, found, at)
  else if (kind === 'form') compareJson(formOf(a.body), formOf(b.body), 'form', found, at)
  else if (kind === 'multipart')
    compareJson(
      partsOf(a.body, boundaryOf(production.headers)),
      partsOf(b.body, boundaryOf(shadow.headers)),
      'parts',
      found,
      at,
    )
  else if (kind === 'text')
    found.add('text', 'body', differOnlyInVolatile(a.body.toString(), b.body.toString()))
  else found.add('binary', 'body')
}

const compareJsonBodies = (a: Buffer, b: Buffer, found: Differences, at: number): void => {
  const left = parseJson(a)
  const right = parseJson(b)
  if (left !== null && right !== null) compareJson(left.value, right.value, '$', found, at)
  else if (left === null && right === null) found.add('text', 'body', false)
  else found.add('unreadable', 'body')
}

const parseJson = (body: Buffer): { value: unknown } | null => {
  try {
    return { value: JSON.parse(body.toString()) }
  } catch {
    return null
  }
}

/** Names with all their values; one that is a list of one is that one. */
const formOf = (body: Buffer): Record<string, string[]> => {
  const form: Record<string, string[]> = Object.create(null)
  for (const [name, value] of new URLSearchParams(body.toString())) {
    const values = form[name]
    if (values) values.push(value)
    else form[name] = [value]
  }
  return form
}

/** The parts of a multipart body (RFC 2046 section 5.1) as latin-1 text. */
const partsOf = (body: Buffer, boundary: string | null): { head: string; content: string }[] =>
  boundary === null
    ? [{ head: '', content: body.toString('latin1') }]
    : body
        .toString('latin1')
        .split(`--${boundary}`)
        .slice(1, -1)
        .map((part) => {
          const end = part.indexOf('\r\n\r\n')
          return end < 0
            ? { head: '', content: part }
            : { head: part.slice(0, end).trim().toLowerCase(), content: part.slice(end + 4) }
        })
