import { answeredResult } from '../forward/shadow-result.ts'
import { answerText, parseAnswerText, parseRequestText, requestText } from './message-text.ts'
import { placeholderConnection } from './placeholder.ts'
import { type RecordContent, RecordFileError } from './record-content.ts'
import { type Recorded, type RecordedAnswer, requestFrom } from './recorded.ts'
import { addSkipped, type Written } from './written.ts'

/**
 * GoReplay's files: `TYPE ID TIME LATENCY`, in nanoseconds, and on the next line a message as it was on the wire; type 1 is a
 * request, 2 production's answer, 3 the one to the replayed request. Between them stands a line of three monkeys. Nothing
 * in the format says who sent a message.
 */

const SEPARATOR = Buffer.from('\n🐵🙈🙉\n')
const META = /^([123]) (\S{1,128}) (\d{1,19})(?: (-?\d{1,19}))?\r?\n/

/** What a message can hold and this format cannot: its separator, and HTTP/2. */
export const writeGoReplay = (exchanges: readonly Recorded[]): Written => {
  const parts: Buffer[] = []
  const skipped: Record<string, number> = {}
  for (const [index, { request, production, shadow }] of exchanges.entries()) {
    if (request.kind === 'http2') {
      addSkipped(skipped, 'HTTP/2')
      continue
    }
    const id = index.toString(16).padStart(24, '0')
    const answer = shadow?.answer ?? null
    const messages: [string, { firstAt: number; lastAt: number }, Buffer][] = [
      ['1', request, requestText(request)],
      ...answerOf('2', production, request.method),
      ...answerOf('3', answer, request.method),
    ]
    if (messages.some(([, , text]) => text.includes(SEPARATOR))) addSkipped(skipped, 'contains the separator')
    else
      for (const [type, { firstAt, lastAt }, text] of messages)
        parts.push(
          Buffer.from(`${type} ${id} ${nanoseconds(firstAt)} ${nanoseconds(lastAt - firstAt)}\n`),
          text,
          SEPARATOR,
        )
  }
  return { bytes: Buffer.concat(parts), skipped }
}

const answerOf = (
  type: string,
  answer: RecordedAnswer | null,
  method: string,
): [string, RecordedAnswer, Buffer][] =>
  answer === null || answer.body.length !== answer.bodyLength
    ? []
    : [[type, answer, answerText(answer, method)]]

/** A clock says no more than microseconds, and a number no more than 53 bits. */
const nanoseconds = (ms: number): bigint => BigInt(Math.round(ms * 1000)) * 1000n
const milliseconds = (ns: string): number => Number(BigInt(ns) / 1000n) / 1000

export const isGoReplay = (file: Buffer): boolean => META.test(file.toString('latin1', 0, 200))

/** Throws `RecordFileError` where a part has no first line as it should be. */
export const readGoReplay = (file: Buffer): RecordContent => {
  const skipped: Record<string, number> = {}
  const recorded = new Map<string, Recorded>()
  let cut: string | null = null
  let part = 1
  for (let at = 0; at < file.length; part++) {
    const end = file.indexOf(SEPARATOR, at)
    const bytes = file.subarray(at, end < 0 ? file.length : end)
    at = end < 0 ? file.length : end + SEPARATOR.length
    const meta = META.exec(bytes.toString('latin1', 0, 200))
    if (meta === null) {
      if (end < 0) {
        cut = `cut in part ${part}`
        break
      }
      throw new RecordFileError(`part ${part}: does not begin like '1 ID TIME LATENCY'`)
    }
    const [line, type = '', id = '', time = '', latency = '0'] = meta
    const message = bytes.subarray(line.length)
    const isRead = readPart(
      { type, id, firstAt: milliseconds(time), took: tookOf(latency) },
      message,
      recorded,
    )
    if (isRead) continue
    if (end < 0) cut = `cut in part ${part}`
    else
      addSkipped(
        skipped,
        type === '1' ? 'requests that are not whole' : 'answers that are not whole, or to no request',
      )
  }
  return { format: 'goreplay', redacted: false, exchanges: [...recorded.values()], skipped, cut }
}

const tookOf = (latency: string): number => Math.max(0, milliseconds(latency))

type Meta = { type: string; id: string; firstAt: number; took: number }

const readPart = (
  { type, id, firstAt, took }: Meta,
  bytes: Buffer,
  recorded: Map<string, Recorded>,
): boolean => {
  const times = { firstAt, lastAt: Math.round((firstAt + took) * 1000) / 1000 }
  if (type === '1') {
    const message = parseRequestText(bytes)
    if (message === null) return false
    const { head, body, trailers } = message
    const { method, target, version, fields } = head
    const connection = placeholderConnection(recorded.size, { host: fields.host })
    const { headers, host } = fields
    const request = requestFrom({
      connection,
      method,
      target,
      version,
      host,
      headers,
      trailers,
      body,
      ...times,
    })
    // An id that comes again is another request.
    recorded.set(recorded.has(id) ? `${id} ${recorded.size}` : id, {
      request,
      production: null,
      shadow: null,
    })
    return true
  }
  const exchange = recorded.get(id)
  const message = exchange && parseAnswerText(bytes, exchange.request.method)
  if (!exchange || !message) return false
  const { head, body, trailers } = message
  const { status, reason, fields } = head
  const answer = {
    status,
    reason,
    headers: fields.headers,
    trailers,
    body,
    bodyLength: body.length,
    ...times,
  }
  if (type === '2') exchange.production = answer
  else exchange.shadow = { result: answeredResult(status), sentAt: firstAt, answer }
  return true
}
