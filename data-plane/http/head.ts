/**
 * Heads of HTTP/1 messages (RFC 9112 sections 2 to 6) as latin-1 text. A head that two readers could understand
 * differently is never repaired: it is `ambiguous` and its message is held back.
 */
import { ByName } from './by-name.ts'

export type Framing =
  | { readonly mode: 'none' }
  | { readonly mode: 'length'; readonly length: number }
  | { readonly mode: 'chunked' }
  | { readonly mode: 'close' }

export const NO_BODY: Framing = { mode: 'none' }
export const UNTIL_CLOSE: Framing = { mode: 'close' }
const CHUNKED: Framing = { mode: 'chunked' }

/** Header fields with what decides about framing picked out. */
export type Fields = {
  headers: string[]
  /** -1 absent, -2 unusable or conflicting. */
  contentLength: number
  /** All values joined by commas, lower case; null when absent. */
  transferEncoding: string | null
  host: string | null
  upgrade: string | null
  expectsContinue: boolean
  /** The head breaks a rule that readers treat differently. */
  ambiguous: boolean
}

export type RequestHead = { method: string; target: string; version: string; fields: Fields }
export type ResponseHead = { version: string; status: number; reason: string; fields: Fields }

const CR = 13

/** RFC 9110 5.6.2. */
const TOKEN = new Uint8Array(256)
for (const c of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  TOKEN[c.charCodeAt(0)] = 1
}

export const isTokenByte = (byte: number): boolean => TOKEN[byte] === 1

/** Where in `text` the empty line that ends a head ends, -1 when it does not hold one. Lines may end in a bare LF. */
export function findHeadEnd(text: string): number {
  const end = text.indexOf('\n\r\n')
  const bare = text.indexOf('\n\n')
  if (bare >= 0 && (end < 0 || bare < end)) return bare + 2
  return end < 0 ? -1 : end + 3
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a request target has none of them
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([^\x00-\x20\x7f]+) HTTP\/(\d\.\d)$/
const STATUS_LINE = /^HTTP\/(\d\.\d) (\d{3})(?: (.*))?$/
/** A carriage return that ends no line, or a zero byte (RFC 9112 2.2, RFC 9110 5.5). */
const BROKEN_BYTES = /\r(?!\n)|\0/

/** `text` is the head up to and with its empty line. Null when it does not start with a request line. */
export function parseRequestHead(text: string): RequestHead | null {
  const lineEnd = text.indexOf('\n')
  const match = REQUEST_LINE.exec(lineOf(text, 0, lineEnd))
  if (match === null) return null
  const [, method = '', target = '', version = ''] = match
  return { method, target, version, fields: parseFields(text, lineEnd + 1) }
}

/** Whether a head that is no request still names HTTP, as one with spaces in its target does: others may follow. */
export const isHttpLike = (text: string): boolean => /^[^\n]+[ \t]HTTP\/\d/i.test(text)

/** Null when it does not start with a status line. */
export function parseResponseHead(text: string): ResponseHead | null {
  const lineEnd = text.indexOf('\n')
  const match = STATUS_LINE.exec(lineOf(text, 0, lineEnd))
  if (match === null) return null
  const [, version = '', status = '', reason = ''] = match
  return { version, status: Number(status), reason, fields: parseFields(text, lineEnd + 1) }
}

const lineOf = (text: string, from: number, lineEnd: number): string =>
  text.slice(from, text.charCodeAt(lineEnd - 1) === CR ? lineEnd - 1 : lineEnd)

/** Field lines from `from` to the empty line. Also reads trailer sections. */
export function parseFields(text: string, from: number): Fields {
  const fields: Fields = {
    headers: [],
    contentLength: -1,
    transferEncoding: null,
    host: null,
    upgrade: null,
    expectsContinue: false,
    ambiguous: BROKEN_BYTES.test(text),
  }
  const headers = fields.headers
  for (let at = from; at < text.length; ) {
    let lineEnd = text.indexOf('\n', at)
    if (lineEnd < 0) lineEnd = text.length
    const contentEnd = text.charCodeAt(lineEnd - 1) === CR ? lineEnd - 1 : lineEnd
    if (contentEnd <= at) break

    const first = text.charCodeAt(at)
    if (first === 32 || first === 9) {
      // Obsolete folding: the line goes on with the value before it (RFC 9112 5.2).
      const folded = trimmed(text, at, contentEnd)
      if (headers.length === 0) fields.ambiguous = true
      else {
        const last = headers.length - 1
        headers[last] = headers[last] === '' ? folded : `${headers[last]} ${folded}`
      }
    } else {
      const colon = text.indexOf(':', at)
      if (colon <= at || colon >= contentEnd) fields.ambiguous = true
      else {
        const { name, isToken } = FIELD_NAMES.of(text.slice(at, colon))
        if (!isToken) fields.ambiguous = true
        headers.push(name, trimmed(text, colon + 1, contentEnd))
      }
    }
    at = lineEnd + 1
  }
  for (let i = 0; i < headers.length; i += 2)
    readField(fields, headers[i] as string, headers[i + 1] as string)
  return fields
}

/** What stands before the colon of a field line. A name is one text wherever it comes, so that it need not be hashed again. */
const FIELD_NAMES = new ByName((text) => ({ name: trimmed(text, 0, text.length), isToken: isToken(text) }))

function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (TOKEN[text.charCodeAt(i)] !== 1) return false
  return true
}

/** Without the spaces and tabs around it. */
function trimmed(text: string, from: number, end: number): string {
  let start = from
  let stop = end
  while (start < stop && isBlank(text.charCodeAt(start))) start++
  while (stop > start && isBlank(text.charCodeAt(stop - 1))) stop--
  return text.slice(start, stop)
}

const isBlank = (code: number): boolean => code === 32 || code === 9

function readField(fields: Fields, name: string, value: string): void {
  // Comparing lengths first spares the lower case copy of nearly every name.
  switch (name.length) {
    case 4:
      if (fields.host === null && name.toLowerCase() === 'host') fields.host = value
      break
    case 6:
      if (name.toLowerCase() === 'expect')
        fields.expectsContinue = value.toLowerCase().includes('100-continue')
      break
    case 7:
      if (name.toLowerCase() === 'upgrade')
        fields.upgrade = fields.upgrade === null ? value : `${fields.upgrade}, ${value}`
      break
    case 14:
      if (name.toLowerCase() === 'content-length') {
        const length = parseLength(value)
        if (fields.contentLength === -1) fields.contentLength = length
        else if (fields.contentLength !== length) fields.contentLength = -2
      }
      break
    case 17:
      if (name.toLowerCase() === 'transfer-encoding') {
        const before = fields.transferEncoding
        fields.transferEncoding = before === null ? value.toLowerCase() : `${before},${value.toLowerCase()}`
      }
      break
  }
}

/** Digits only; a list of equal numbers is one number (RFC 9110 8.6). -2 for anything else. */
function parseLength(value: string): number {
  let found = -1
  for (const part of value.split(',')) {
    const digits = part.trim()
    if (!/^\d{1,15}$/.test(digits)) return -2
    const length = Number(digits)
    if (found >= 0 && found !== length) return -2
    found = length
  }
  return found
}

const codings = (transferEncoding: string): string[] =>
  transferEncoding
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '')

/** Body length of a request (RFC 9112 6.3), or why nobody can be sure of it. */
export function requestFraming(head: RequestHead): Framing | 'ambiguous' {
  const { contentLength, transferEncoding, ambiguous } = head.fields
  if (ambiguous || contentLength === -2) return 'ambiguous'
  if (transferEncoding !== null) {
    if (contentLength !== -1 || head.version === '1.0') return 'ambiguous'
    const list = codings(transferEncoding)
    // Chunked must be there once and last, or the server cannot know the end.
    if (list.indexOf('chunked') !== list.length - 1 || list.length === 0) return 'ambiguous'
    return CHUNKED
  }
  return contentLength > 0 ? { mode: 'length', length: contentLength } : NO_BODY
}

/** Body length of a response to a request with this method; an unknown method is taken for one that gets a body. */
export function responseFraming(head: ResponseHead, method: string | null): Framing | 'ambiguous' {
  const { status } = head
  const { contentLength, transferEncoding } = head.fields
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return NO_BODY
  if (transferEncoding !== null) {
    if (head.version === '1.0') return 'ambiguous'
    const list = codings(transferEncoding)
    if (list.indexOf('chunked') === list.length - 1 && list.length > 0) return CHUNKED
    return list.includes('chunked') ? 'ambiguous' : UNTIL_CLOSE
  }
  if (contentLength === -2) return 'ambiguous'
  if (contentLength === 0) return NO_BODY
  return contentLength > 0 ? { mode: 'length', length: contentLength } : UNTIL_CLOSE
}
