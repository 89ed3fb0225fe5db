import { SHADOW_RESULTS, type ShadowResult } from '../../contract/traffic.ts'
import type { RawHeaders, Request } from '../http/exchange.ts'
import { headerValue, isNamed } from '../select/headers.ts'
import {
  HAR_CREATOR,
  Har,
  type HarEntry,
  type HarFields,
  type HarRequest,
  type HarResponse,
} from './har-schema.ts'
import { placeholderConnection } from './placeholder.ts'
import { type RecordContent, RecordFileError } from './record-content.ts'
import { type Recorded, type RecordedAnswer, requestFrom } from './recorded.ts'
import { addSkipped } from './written.ts'

export const isHar = (file: Buffer): boolean =>
  /^(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:/.test(file.toString('latin1', 0, 200))

/** Throws `RecordFileError` where it is no HAR. */
export const readHar = (file: Buffer): RecordContent => {
  let given: unknown
  try {
    given = JSON.parse(file.toString().replace(/^\ufeff/, ''))
  } catch (error) {
    throw new RecordFileError(`HAR: ${(error as Error).message}`)
  }
  const { data, error } = Har.safeParse(given)
  if (data === undefined) {
    const told = error.issues
      .slice(0, 5)
      .map(({ path, message }) => `${path.map(String).join('.')}: ${message}`)
    throw new RecordFileError(`HAR: ${told.join('; ')}`)
  }
  const { creator, entries } = data.log
  const isOurs = creator.name === HAR_CREATOR
  const skipped: Record<string, number> = {}
  const exchanges: Recorded[] = []
  for (const [index, entry] of entries.entries()) {
    const request = requestOf(entry, index, isOurs)
    if (typeof request === 'string') addSkipped(skipped, request)
    else exchanges.push({ request, ...answersOf(entry, request, isOurs) })
  }
  return { format: 'har', redacted: isOurs && creator._redacted === true, exchanges, skipped, cut: null }
}

const URL_PARTS = /^https?:\/\/(?:[^/?#]*@)?([^/?#@]+)([^#]*)/i
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** The request of an entry, or why there is none that can be sent. */
const requestOf = (entry: HarEntry, index: number, isOurs: boolean): Request | string => {
  const { method, url, httpVersion, headers: fields, postData } = entry.request
  const [, authority, rest = ''] = URL_PARTS.exec(url) ?? []
  if (authority === undefined) return 'no http URL'
  const headers = headersOf(fields)
  const target = bytesOf(rest.startsWith('/') ? rest : `/${rest}`)
  if (headers === null || !METHOD.test(method) || /[\0- \x7f]/.test(target)) return 'not HTTP'
  const body = postData === undefined ? NO_BODY : postedBody(postData)
  if (body === null) return 'a form without its text'
  // Browsers write HTTP/2 of a connection that they encrypted; a shadow in clear may not speak it.
  const version =
    isOurs && httpVersion === 'HTTP/2.0' ? '2' : isOurs && httpVersion === 'HTTP/1.0' ? '1.0' : '1.1'
  const named = headerValue(headers, 'host')
  const firstAt = timeOf(entry.startedDateTime)
  const address = entry.serverIPAddress?.replace(/^\[|\]$/g, '')
  return requestFrom({
    ...{ method, target, version, host: named ?? authority, trailers: [], body, firstAt },
    headers: named === null && version !== '2' ? ['Host', authority, ...headers] : headers,
    connection:
      isOurs && entry._connection
        ? { ...entry._connection, vni: null }
        : placeholderConnection(index, { address, host: authority }),
    lastAt: micro(firstAt + entry.timings.send),
  })
}

const answersOf = (
  { response, timings, _shadow }: HarEntry,
  request: Request,
  isOurs: boolean,
): Pick<Recorded, 'production' | 'shadow'> => ({
  production: answerOf(response, request.lastAt + timings.wait, timings.receive, isOurs),
  shadow:
    isOurs && _shadow && isResult(_shadow.result)
      ? {
          result: _shadow.result,
          sentAt: _shadow.sentAt,
          answer:
            _shadow.response &&
            answerOf(_shadow.response, _shadow.sentAt + _shadow.timings.wait, _shadow.timings.receive, true),
        }
      : null,
})

const isResult = (text: string): text is ShadowResult => (SHADOW_RESULTS as readonly string[]).includes(text)

/** Null where the request was not answered, or with something that is no HTTP. */
const answerOf = (
  { status, statusText, headers: fields, content }: HarResponse,
  firstAt: number,
  took: number,
  isOurs: boolean,
): RecordedAnswer | null => {
  const headers = headersOf(fields)
  if (status < 100 || status > 999 || headers === null) return null
  const { text, encoding, size } = content
  const body = text === undefined ? NO_BODY : decoded(text, encoding)
  const isCoded = isOurs && content._coded === true
  return {
    status,
    reason: bytesOf(statusText),
    // The text stands there without it.
    headers: isCoded ? headers : without(headers, 'content-encoding'),
    trailers: [],
    body,
    bodyLength: text === undefined ? Math.max(0, size) : body.length,
    firstAt: micro(firstAt),
    lastAt: micro(firstAt + took),
  }
}

const NO_BODY = Buffer.alloc(0)

const decoded = (text: string, encoding: string | undefined): Buffer =>
  encoding === 'base64' ? Buffer.from(text, 'base64') : Buffer.from(text)

/** Null for a form of which only the fields are there, and their order and boundary are not. */
const postedBody = (postData: NonNullable<HarRequest['postData']>): Buffer | null => {
  const { mimeType, text, params, encoding, _encoding } = postData
  if (text !== undefined) return decoded(text, _encoding ?? encoding)
  if (params === undefined || params.length === 0) return NO_BODY
  if (!mimeType.startsWith('application/x-www-form-urlencoded')) return null
  return Buffer.from(
    new URLSearchParams(params.map(({ name, value }): [string, string] => [name, value])).toString(),
  )
}

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Without the pseudo-header fields of HTTP/2; null when one cannot be a header. */
const headersOf = (fields: HarFields): string[] | null => {
  const headers: string[] = []
  for (const { name, value } of fields) {
    if (name.startsWith(':')) continue
    // Some browsers join repeated headers by line feeds.
    for (const line of value.split('\n')) {
      const bytes = bytesOf(line)
      if (!NAME.test(name) || !VALUE.test(bytes)) return null
      headers.push(name, bytes)
    }
  }
  return headers
}

/** One character is one byte, also where the file has characters that are more. */
const bytesOf = (text: string): string =>
  /[^\0-\xff]/.test(text) ? Buffer.from(text).toString('latin1') : text

const without = (headers: RawHeaders, lowerCase: string): string[] =>
  headers.filter((_, i) => !isNamed(headers[i - (i % 2)] as string, lowerCase))

/** Milliseconds since the epoch, with the microseconds that `Date` leaves out. */
const timeOf = (text: string): number => {
  const [, digits = ''] = /\.\d{3}(\d{1,3})/.exec(text) ?? []
  return micro(Date.parse(text) + Number(digits.padEnd(3, '0')) / 1000)
}

const micro = (ms: number): number => Math.round(ms * 1000) / 1000
