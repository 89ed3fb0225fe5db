import type { Differences } from './difference.ts'
import { differOnlyInVolatile } from './volatile.ts'

/** By name in lower case; repeated ones in their order. */
export type Headers = ReadonlyMap<string, readonly string[]>

export const rawHeaderMap = (raw: readonly string[]): Headers => {
  const map = new Map<string, string[]>()
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase()
    const values = map.get(name)
    if (values) values.push(raw[i + 1] as string)
    else map.set(name, [raw[i + 1] as string])
  }
  return map
}

/**
 * Headers that say nothing about the answer: of the connection and its framing, of who served and when, and of the
 * request’s way through proxies and traces. Content-Encoding is undone before bodies are compared.
 */
const IGNORED = new Set([
  ...['connection', 'content-encoding', 'content-length', 'keep-alive', 'trailer', 'transfer-encoding'],
  ...['age', 'alt-svc', 'date', 'nel', 'report-to', 'server', 'server-timing', 'via', 'x-powered-by'],
  ...['traceparent', 'tracestate', 'x-b3-traceid', 'x-b3-spanid', 'x-cache', 'cf-ray'],
  ...['x-request-id', 'x-correlation-id', 'x-response-time', 'x-runtime', 'x-trace-id', 'x-served-by'],
])
const IGNORED_FAMILIES = /^(?:x-amzn?-|x-envoy-|x-datadog-|x-cloud-trace-|x-forwarded-)/

/** So many are compared; nobody sends more. */
const HEADERS_MAX = 200

export const compareHeaders = (production: Headers, shadow: Headers, found: Differences): void => {
  let left = HEADERS_MAX
  for (const [name, values] of production) {
    if (isIgnored(name) || left-- <= 0) continue
    const others = shadow.get(name)
    if (others === undefined) found.add('header_missing', pathOf(name))
    else compareHeader(name, values, others, found)
  }
  left = HEADERS_MAX
  for (const name of shadow.keys())
    if (!isIgnored(name) && left-- > 0 && !production.has(name)) found.add('header_extra', pathOf(name))
}

const isIgnored = (name: string): boolean =>
  name.startsWith(':') || IGNORED.has(name) || IGNORED_FAMILIES.test(name)
const pathOf = (name: string): string => name.slice(0, 100)

const compareHeader = (
  name: string,
  production: readonly string[],
  shadow: readonly string[],
  found: Differences,
): void => {
  if (name === 'content-type') {
    if (contentType(production) !== contentType(shadow)) found.add('content_type', name)
    return
  }
  const [a, b] =
    name === 'set-cookie' ? [cookies(production), cookies(shadow)] : [production.join(), shadow.join()]
  // A digest of the body: the body itself says whether it differs.
  if (a !== b) found.add('header_value', pathOf(name), name === 'etag' || differOnlyInVolatile(a, b))
}

/** RFC 9110 section 8.3.1: types and charsets regardless of case, spaces without meaning. */
const contentType = ([value = '']: readonly string[]): string => value.toLowerCase().replace(/[\s"]/g, '')

/** Names and attributes; the values are the client’s secrets. */
const cookies = (values: readonly string[]): string =>
  values
    .map((value) =>
      value
        .toLowerCase()
        .replace(/=[^;]*/, '=')
        .replace(/expires=[^;]*/, 'expires='),
    )
    .sort()
    .join()
