import type { ShadowResult } from '../../contract/traffic.ts'

export const answeredResult = (status: number): ShadowResult => {
  if (status < 200) return 'answered_1xx'
  if (status < 300) return 'answered_2xx'
  if (status < 400) return 'answered_3xx'
  if (status < 500) return 'answered_4xx'
  if (status < 600) return 'answered_5xx'
  return 'answered_other'
}

const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'])
const RESETS = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_HTTP2_STREAM_ERROR'])

/** @param started whether the request had been written to a connection */
export const failedResult = (error: Error & { code?: string }, started: boolean): ShadowResult => {
  if (error.code === 'NOT_HTTP2') return 'failed_protocol'
  if (!started) return 'failed_connect'
  if (error.code !== undefined && TIMEOUTS.has(error.code)) return 'failed_timeout'
  if (error.code !== undefined && RESETS.has(error.code)) return 'failed_reset'
  return 'failed_other'
}
