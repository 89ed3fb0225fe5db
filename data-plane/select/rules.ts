import type { RequestReason } from '../../contract/traffic.ts'
import type { RawHeaders, Request } from '../http/exchange.ts'
import { isHealthChecker } from './health-checkers.ts'
import { isSampled } from './sample.ts'

/** Forwarded requests carry this header; a request that has it was forwarded before and is never forwarded again. */
export const MARKER_HEADER = 'X-Shadow-Request'

export type Rules = {
  /** Share of the requests that may be forwarded at all. */
  percent: number
  /** hold: only methods that change nothing (RFC 9110 section 9.2.1; TRACE is left out). */
  writes: 'hold' | 'forward'
}

/**
 * Why a complete request is not forwarded; null when it is. The first rule that says no decides: shadow traffic,
 * health checks, what leaves HTTP, writes, and sampling last, so that `percent` is a share of what could be forwarded.
 */
export const refusal = (request: Request, rules: Rules): RequestReason | null => {
  const { headers } = request
  let userAgent: string | null = null
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    if (name.length === 16 && isNamed(name, 'x-shadow-request')) return 'filtered.shadow_marker'
    if (name.length === 10 && userAgent === null && isNamed(name, 'user-agent'))
      userAgent = headers[i + 1] as string
  }
  if (userAgent !== null && isHealthChecker(userAgent)) return 'filtered.health_check'
  if (request.method === 'CONNECT') return 'held_back.connect'
  if (request.upgrade !== null && leavesHttp(request.upgrade)) return 'held_back.upgrade'
  if (rules.writes === 'hold' && !isSafe(request.method)) return 'held_back.unsafe_method'
  if (!isSampled(request, rules.percent)) return 'sampled_out.percent'
  return null
}

/** Value of the first header with this name (lower case), or null. */
export const headerValue = (headers: RawHeaders, name: string): string | null => {
  for (let i = 0; i < headers.length; i += 2) {
    const candidate = headers[i] as string
    if (candidate.length === name.length && isNamed(candidate, name)) return headers[i + 1] as string
  }
  return null
}

const isNamed = (name: string, lowerCase: string): boolean =>
  name === lowerCase || name.toLowerCase() === lowerCase

const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

/**
 * An offer of h2c is an ordinary request that any HTTP/1.1 server answers (Java's HttpClient makes it by default); every
 * other protocol, WebSocket foremost, has no requests to forward after it.
 */
const leavesHttp = (upgrade: string): boolean =>
  upgrade.split(',').some((protocol) => protocol.trim().toLowerCase() !== 'h2c')
