import { baggageOf, EXPERIMENT_HEADER, MARKER_HEADER, tracestateOf } from '../../contract/forwarding.ts'
import { ByName } from '../http/by-name.ts'
import type { RawHeaders, Request } from '../http/exchange.ts'
import { addForwarded } from './forwarded-for.ts'
import type { Rewrite } from './rewrite.ts'

/** What becomes of every request of a shadow, worked out once. */
export type Preparation = {
  readonly experiment: string
  /** Scheme for requests that go out as HTTP/2; null when the shadow has only HTTP/1.1. */
  readonly http2: 'http' | 'https' | null
  /** Stands before every path. */
  readonly basePath: string
  /** Host of every request; null leaves production's. */
  readonly authority: string | null
  /** Host of a request that came without one, as HTTP/1.0 allows. */
  readonly shadowAuthority: string
  readonly forwardedFor: 'append' | 'replace' | null
  readonly rewrite: Rewrite
  /** Headers that the shadow's authentication puts into the place of production's, lower case. */
  readonly replaced: ReadonlySet<string> | null
  /** Value of the Authorization header; null for none, or one that follows from the finished request. */
  readonly authorization: string | null
}

/** What a forwarded request says, apart from its method and body. */
export type Prepared = {
  isHttp2: boolean
  path: string
  /** Name, value, name, value ...: order, case and repetition as in production. For HTTP/2 the pseudo-header fields first. */
  headers: string[]
  /** Length of path and headers, for the bounds of the queue. */
  size: number
}

/**
 * Headers that are left out, because they speak about production's connection or framing and not about the request
 * (RFC 9110 section 7.6.1, RFC 9112 sections 6 and 9.6), counted by name. The forwarding connection has its own.
 */
export const RECOMPUTED_HEADERS = [
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
] as const
export type RecomputedHeader = (typeof RECOMPUTED_HEADERS)[number]
export type HeaderChanges = Record<RecomputedHeader | 'named_by_connection' | 'trailer_fields', number>

export const zeroHeaderChanges = (): HeaderChanges => ({
  connection: 0,
  'content-length': 0,
  expect: 0,
  'http2-settings': 0,
  'keep-alive': 0,
  'proxy-connection': 0,
  te: 0,
  trailer: 0,
  'transfer-encoding': 0,
  upgrade: 0,
  named_by_connection: 0,
  trailer_fields: 0,
})

/**
 * Turns a production request into one for the shadow. Null when HTTP cannot carry it as it is: several Host headers, control
 * characters in a value, `OPTIONS *`, gRPC to a shadow without HTTP/2. The markers come last, behind every rule.
 */
export const prepare = (
  request: Request,
  preparation: Preparation,
  changes: HeaderChanges,
): Prepared | null => {
  if (!METHOD.test(request.method)) return null
  const wasHttp2 = request.kind === 'http2'
  const isHttp2 = wasHttp2 && preparation.http2 !== null
  if (wasHttp2 && !isHttp2 && isGrpc(request.headers)) return null
  const target = originForm(request.target)
  if (target === null) return null
  const path = preparation.rewrite.target === null ? target.path : preparation.rewrite.target(target.path)
  if (!TARGET.test(path)) return null
  const authority = preparation.authority ?? target.authority ?? (wasHttp2 ? request.host : null)
  if (authority !== null && !VALUE.test(authority)) return null

  const named = namedByConnection(request.headers)
  let headers: string[] = []
  let size = path.length
  let hosts = 0
  let cookieAt = -1
  for (let i = 0; i < request.headers.length; i += 2) {
    const name = request.headers[i] as string
    const value = request.headers[i + 1] as string
    const role = FIELD_ROLES.of(name)
    if (role === 'marker') continue
    if (role === 'unnameable') return null
    if (role === 'host') {
      if (++hosts > 1 || !VALUE.test(value)) return null
      if (isHttp2) continue
      headers.push(name, authority ?? value)
      size += name.length + value.length
      continue
    }
    if (isHttp2 && role === 'content-length') {
      headers.push(name, String(request.body.length))
      continue
    }
    if (role !== 'kept' && !(isHttp2 && role === 'te' && value === 'trailers')) {
      changes[role]++
      continue
    }
    if (named?.has(name.toLowerCase())) {
      changes.named_by_connection++
      continue
    }
    if (!VALUE.test(value)) return null
    size += name.length + value.length
    if (wasHttp2 && !isHttp2 && name === 'cookie') {
      if (cookieAt >= 0) {
        headers[cookieAt] += `; ${value}`
        continue
      }
      cookieAt = headers.length + 1
    }
    headers.push(name, value)
  }
  if (!isHttp2 && hosts === 0) headers.unshift('Host', authority ?? preparation.shadowAuthority)
  if (preparation.forwardedFor !== null) addForwarded(headers, request, preparation.forwardedFor)
  if (preparation.rewrite.headers !== null) {
    headers = preparation.rewrite.headers(headers)
    for (let i = 1; i < headers.length; i += 2) if (!VALUE.test(headers[i] as string)) return null
  }
  const { replaced, authorization } = preparation
  if (replaced !== null)
    headers = headers.filter((_, i) => !replaced.has((headers[i - (i % 2)] as string).toLowerCase()))
  if (authorization !== null) headers.push('Authorization', authorization)
  if (request.trailers.length > 0 && !isHttp2) changes.trailer_fields += request.trailers.length / 2
  const { experiment } = preparation
  headers.push(MARKER_HEADER, '1', EXPERIMENT_HEADER, experiment, 'baggage', baggageOf(experiment))
  if (headers.some(isTraceparent)) headers.push('tracestate', tracestateOf(experiment))
  const fullPath = preparation.basePath + path
  if (isHttp2) {
    const scheme = preparation.http2 as string
    const first = [':method', request.method, ':scheme', scheme, ':path', fullPath]
    if (authority !== null) first.push(':authority', authority)
    headers = first.concat(headers)
  }
  return { isHttp2, path: fullPath, headers, size }
}

const isTraceparent = (name: string, at: number): boolean =>
  name.length === 11 && at % 2 === 0 && name.toLowerCase() === 'traceparent'

/** gRPC needs trailers and streams of its own: HTTP/1.1 servers do not speak it. */
const isGrpc = (headers: RawHeaders): boolean =>
  headers.some(
    (name, i) =>
      i % 2 === 0 && name === 'content-type' && /^application\/grpc\b(?!-web)/i.test(headers[i + 1] ?? ''),
  )

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const METHOD = new RegExp(`^${TOKEN}$`)
const FIELD_NAME = METHOD
/** Visible ASCII and obs-text (RFC 9110 section 5.5), and in a target no space. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const TARGET = /^\/[\x21-\xff]*$/

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/is

/**
 * The path and query to ask the shadow for, and the authority where the target names one, which then stands above the
 * Host header (RFC 9112 section 3.2.2). Null for `*` and anything else that has no path.
 */
const originForm = (target: string): { path: string; authority: string | null } | null => {
  if (target.startsWith('/')) return { path: target, authority: null }
  const [, authority, rest] = ABSOLUTE.exec(target) ?? []
  if (authority === undefined || rest === undefined || !VALUE.test(authority)) return null
  return { path: rest.startsWith('/') ? rest : `/${rest}`, authority }
}

type Role = 'kept' | 'host' | 'marker' | 'unnameable' | RecomputedHeader

const ROLES = new Map<string, Role>([
  ['host', 'host'],
  [MARKER_HEADER.toLowerCase(), 'marker'],
  [EXPERIMENT_HEADER.toLowerCase(), 'marker'],
  ...RECOMPUTED_HEADERS.map((name): [string, Role] => [name, name]),
])
const FIELD_ROLES = new ByName(
  (name): Role => ROLES.get(name.toLowerCase()) ?? (FIELD_NAME.test(name) ? 'kept' : 'unnameable'),
)

/** The headers that the Connection header declares to be of this connection only (RFC 9110 section 7.6.1). */
const namedByConnection = (headers: RawHeaders): ReadonlySet<string> | null => {
  let named: Set<string> | null = null
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue
    const value = headers[i + 1] as string
    if (value === 'keep-alive' || value === 'close') continue
    for (const option of value.toLowerCase().split(',')) {
      named ??= new Set()
      named.add(option.trim())
    }
  }
  return named
}
