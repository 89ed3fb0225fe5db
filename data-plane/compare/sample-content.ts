import { isUtf8 } from 'node:buffer'
import type { Sample } from '../../contract/comparison.ts'
import type { Request } from '../http/exchange.ts'
import { decodeBody } from './body.ts'
import { rawHeaderMap } from './headers.ts'

/** Bytes of a body that a sample shows; characters of its headers together. */
const BODY_BYTES_MAX = 1_500
const HEADERS_LENGTH_MAX = 2_000
const TARGET_LENGTH_MAX = 1_000

/** A masked request as a sample keeps it: whole or not at all, for it is to be sent again. */
export const requestContent = ({ method, target, headers, body }: Request): Sample['request'] => {
  if (target.length > TARGET_LENGTH_MAX || !target.startsWith('/')) return null
  if (headers.reduce((sum, text) => sum + text.length, 0) > HEADERS_LENGTH_MAX) return null
  const isShown = body.length <= BODY_BYTES_MAX && isUtf8(body)
  return { method, target, headers: [...headers], body: isShown ? body.toString() : null }
}

/** The beginning of a masked answer’s body as text; null for what is none. */
export const bodyContent = (headers: readonly string[], body: Buffer): string | null => {
  const decoded = decodeBody(body, rawHeaderMap(headers))
  if ('failure' in decoded) return null
  const text = decoded.body.subarray(0, BODY_BYTES_MAX + 3).toString()
  if (decoded.body.length <= BODY_BYTES_MAX) return isUtf8(decoded.body) ? text : null
  // A character may have been cut in two.
  const whole = text.slice(0, -4)
  return whole.includes('\ufffd') ? null : `${whole}…`
}
