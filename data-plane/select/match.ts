import type { RequestMatch } from '../../contract/selection.ts'
import type { Request } from '../http/exchange.ts'
import { headerValues } from './headers.ts'
import { rulePath } from './path.ts'
import { anyPattern, type TextTest } from './text-test.ts'

/** Undecidable: the rule cannot be applied to this request, whatever it says. */
export type Answer = 'yes' | 'no' | 'undecidable'
/** What conditions are about. */
export type Matched = Pick<Request, 'kind' | 'method' | 'target' | 'host' | 'headers' | 'bodyLength'>
type Condition = (request: Matched, facts: Facts) => Answer

/** What several rules ask about one request, found out once. */
export class Facts {
  #request: Matched | null = null
  #path: string | null | undefined

  of(request: Matched): this {
    this.#request = request
    this.#path = undefined
    return this
  }

  get path(): string | null {
    if (this.#path === undefined) this.#path = rulePath(this.#request?.target ?? '')
    return this.#path
  }
}

/** A rule ready to run; it asks only what it names, the cheapest first. */
export const compileMatch = (match: RequestMatch): Condition => {
  const conditions = [
    methodCondition(match),
    sizeCondition(match),
    hostCondition(match),
    typeCondition(match),
    pathCondition(match),
    ...(match.headers ?? []).map(headerCondition),
  ].filter((condition) => condition !== null)
  const [only] = conditions
  if (only && conditions.length === 1) return only
  return (request, facts) => {
    let all: Answer = 'yes'
    for (const condition of conditions) {
      const answer = condition(request, facts)
      if (answer === 'no') return 'no'
      if (answer === 'undecidable') all = answer
    }
    return all
  }
}

const methodCondition = ({ methods }: RequestMatch): Condition | null => {
  if (methods === undefined) return null
  const wanted = new Set(methods)
  return ({ method }) => (wanted.has(method) ? 'yes' : 'no')
}

const sizeCondition = ({ bodyBytes }: RequestMatch): Condition | null => {
  if (bodyBytes === undefined) return null
  const { min = 0, max = Number.POSITIVE_INFINITY } = bodyBytes
  return ({ bodyLength }) => (bodyLength >= min && bodyLength <= max ? 'yes' : 'no')
}

const pathCondition = ({ paths }: RequestMatch): Condition | null => {
  if (paths === undefined) return null
  const test = anyPattern(paths, 'path')
  return (_, { path }) => (path === null ? 'undecidable' : answer(test(path)))
}

const hostCondition = ({ hosts }: RequestMatch): Condition | null => {
  if (hosts === undefined) return null
  const test = anyPattern(hosts, 'text')
  return (request) => {
    const host = hostOf(request)
    return host === null ? 'undecidable' : answer(host !== '' && test(host))
  }
}

/** Several content types have no one reading. */
const typeCondition = ({ contentTypes }: RequestMatch): Condition | null => {
  if (contentTypes === undefined) return null
  const test = anyPattern(contentTypes, 'text')
  return ({ headers }) => {
    const [value, ...others] = headerValues(headers, 'content-type')
    if (others.length > 0) return 'undecidable'
    return value === undefined ? 'no' : testValue(test, (value.split(';')[0] as string).trim().toLowerCase())
  }
}

const headerCondition = ({ name, values }: NonNullable<RequestMatch['headers']>[number]): Condition => {
  const test = values && anyPattern(values, 'text')
  return ({ headers }) => {
    const found = headerValues(headers, name)
    if (test === undefined) return answer(found.length > 0)
    let any: Answer = 'no'
    for (const value of found) {
      const one = testValue(test, value)
      if (one === 'yes') return one
      if (one === 'undecidable') any = one
    }
    return any
  }
}

/** Longer values are not matched against rules. */
export const VALUE_LENGTH_MAX = 8192

const testValue = (test: TextTest, value: string): Answer =>
  value.length > VALUE_LENGTH_MAX ? 'undecidable' : answer(test(value))

const answer = (matches: boolean): Answer => (matches ? 'yes' : 'no')

/**
 * The host asked for, in lower case, without port: the target’s, which stands above the Host header (RFC 9112 section
 * 3.2.2), or the one Host header. Empty without one, null with several or one that is too long.
 */
const hostOf = (request: Matched): string | null => {
  const { target, headers, kind } = request
  const [, authority] = target.startsWith('/') ? [] : (/^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(target) ?? [])
  let host = authority
  if (host === undefined) {
    const values = kind === 'http1' ? headerValues(headers, 'host') : [request.host ?? '']
    if (values.length > 1) return null
    host = values[0] ?? ''
  }
  if (host.length > HOST_LENGTH_MAX) return null
  return host
    .slice(host.lastIndexOf('@') + 1)
    .replace(/:\d*$/, '')
    .toLowerCase()
}

const HOST_LENGTH_MAX = 1024
