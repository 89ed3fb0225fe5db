import type { BodyBudget } from '../http/body.ts'
import type { RawHeaders, Request } from '../http/exchange.ts'
import {
  type Fields,
  type Framing,
  parseRequestHead,
  parseResponseHead,
  requestFraming,
  responseFraming,
} from '../http/head.ts'
import { MessageReader, type ReadOutcome } from '../http/reader.ts'
import type { RecordedAnswer } from './recorded.ts'

/** Messages of a record as the text of HTTP/1.1 (RFC 9112), for formats that hold it. */

const NO_BYTES = Buffer.alloc(0)

/** The bytes of a request. Its framing says what its body is now: without chunks, perhaps redacted. */
export const requestText = ({ method, target, version, headers, trailers, body }: Request): Buffer =>
  text(
    `${method} ${target} HTTP/${version}`,
    framed(headers, body, trailers, body.length > 0),
    trailers,
    body,
  )

/** The bytes of an answer to a request with this method. */
export const answerText = (
  { status, reason, headers, trailers, body }: RecordedAnswer,
  method: string,
): Buffer => {
  const line = `HTTP/1.1 ${status} ${reason}`
  // What it says of a body that it does not have is about the one that a GET would get (RFC 9110 8.6).
  return isBodiless(status, method)
    ? text(line, headers, [], NO_BYTES)
    : text(line, framed(headers, body, trailers, true), trailers, body)
}

const isBodiless = (status: number, method: string): boolean =>
  method === 'HEAD' || status < 200 || status === 204 || status === 304

const isFraming = (name: string): boolean => /^(?:content-length|transfer-encoding)$/i.test(name)

/** The headers with what frames the body in the place of what did. */
const framed = (headers: RawHeaders, body: Buffer, trailers: RawHeaders, isNeeded: boolean): RawHeaders => {
  const framing =
    trailers.length > 0 ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(body.length)]
  const all: string[] = []
  let isThere = false
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    if (!isFraming(name)) all.push(name, headers[i + 1] as string)
    else if (!isThere) {
      all.push(...framing)
      isThere = true
    }
  }
  if (!isThere && (isNeeded || trailers.length > 0)) all.push(...framing)
  return all
}

const text = (line: string, headers: RawHeaders, trailers: RawHeaders, body: Buffer): Buffer => {
  const head = Buffer.from(`${line}\r\n${fieldLines(headers)}\r\n`, 'latin1')
  if (trailers.length === 0) return Buffer.concat([head, body])
  const chunk = body.length > 0 ? [Buffer.from(`${body.length.toString(16)}\r\n`), body, CRLF] : []
  return Buffer.concat([head, ...chunk, Buffer.from(`0\r\n${fieldLines(trailers)}\r\n`, 'latin1')])
}

const CRLF = Buffer.from('\r\n')

const fieldLines = (fields: RawHeaders): string => {
  let lines = ''
  for (let i = 0; i < fields.length; i += 2) lines += `${fields[i]}: ${fields[i + 1]}\r\n`
  return lines
}

const HEAD_BYTES_MAX = 1 << 20
const BODY_BYTES_MAX = 1 << 30

type TextMessage<Head> = { head: Head; body: Buffer; trailers: RawHeaders }
type HeadOf = { fields: Fields }

/** One whole request; null when it is none, is ambiguous, or anything is missing or left. */
export const parseRequestText = (
  bytes: Buffer,
): TextMessage<NonNullable<ReturnType<typeof parseRequestHead>>> | null =>
  parse(bytes, parseRequestHead, requestFraming)

/** One whole answer to a request with this method. */
export const parseAnswerText = (
  bytes: Buffer,
  method: string | null,
): TextMessage<NonNullable<ReturnType<typeof parseResponseHead>>> | null =>
  parse(bytes, parseResponseHead, (head) => responseFraming(head, method))

const parse = <Head extends HeadOf>(
  bytes: Buffer,
  parseHead: (text: string) => Head | null,
  framingOf: (head: Head) => Framing | 'ambiguous',
): TextMessage<Head> | null => {
  let head: Head | null = null
  const outcomes: ReadOutcome[] = []
  const budget: BodyBudget = { used: 0, limit: Number.POSITIVE_INFINITY }
  const reader: MessageReader = new MessageReader(
    {
      begin: () => outcomes.length === 0,
      head: (text) => {
        head = parseHead(text)
        const framing = head === null || head.fields.ambiguous ? 'ambiguous' : framingOf(head)
        if (framing !== 'ambiguous') return framing
        reader.abandon('lost')
        return 'stop'
      },
      end: (outcome) => void outcomes.push(outcome),
    },
    true,
    HEAD_BYTES_MAX,
    BODY_BYTES_MAX,
    budget,
  )
  reader.restart()
  reader.feed(bytes, 0, bytes.length, 0, 0, 0)
  if (outcomes.length === 0) reader.finishAtClose(0, 0)
  const [outcome] = outcomes
  if (head === null || outcome === undefined || outcome.failure !== null || !reader.isBetween) return null
  return { head, body: outcome.body, trailers: outcome.trailers }
}
