import type { Request, Response } from './exchange.ts'

/** Field sections of HTTP/2 (RFC 9113 section 8): name, value, name, value ... with pseudo-header fields. */

const PSEUDO = /^:(?:method|scheme|authority|path|protocol|status)$/
/** Bytes that end a field elsewhere (RFC 9113 8.2.1). */
const BROKEN_BYTES = /[\0\r\n]/

export function pseudo(fields: readonly string[], name: string): string | null {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return fields[i + 1] ?? ''
  return null
}

export function withoutPseudo(fields: readonly string[]): string[] {
  const headers: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? ''
    if (!name.startsWith(':')) headers.push(name, fields[i + 1] ?? '')
  }
  return headers
}

/** Whether a request (0) or a response (1) begins with these: what a message must have, nothing twice (RFC 9113 8.3). */
export function isMessage(half: 0 | 1, fields: readonly string[]): boolean {
  const found = new Set<string>()
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? ''
    if (BROKEN_BYTES.test(name) || BROKEN_BYTES.test(fields[i + 1] ?? '')) return false
    if (!name.startsWith(':')) continue
    if (!PSEUDO.test(name) || found.has(name)) return false
    found.add(name)
  }
  if (half === 1) return /^[1-9]\d\d$/.test(pseudo(fields, ':status') ?? '')
  const method = pseudo(fields, ':method')
  if (method === 'CONNECT') return found.has(':authority')
  return method !== null && method !== '' && (pseudo(fields, ':path') ?? '') !== ''
}

/** Whether the body is as long as the message says (RFC 9113 8.1.1); where there is none to send it may say any length. */
export function isLengthRight(message: Request | Response, length: number, request: Request | null): boolean {
  const isBodiless = 'status' in message && (request?.method === 'HEAD' || message.status === 304)
  if (isBodiless || (request === null && length === 0)) return true
  const declared = pseudo(message.headers, 'content-length')
  return declared === null || !/^\d{1,15}$/.test(declared) || Number(declared) === length
}
