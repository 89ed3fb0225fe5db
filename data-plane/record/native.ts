import { isUtf8 } from 'node:buffer'
import {
  type RecordedAnswer as AnswerLine,
  RECORD_FORMAT,
  type RecordedExchange,
  RecordedExchange as RecordedExchangeSchema,
  RecordHeader,
} from '../../contract/record.ts'
import { type RecordContent, RecordFileError } from './record-content.ts'
import { type Recorded, type RecordedAnswer, requestFrom } from './recorded.ts'

/** A record in its own format: `contract/record.ts`. */

export const headerLine = (header: Omit<RecordHeader, 'format' | 'version'>): string =>
  `${JSON.stringify({ format: RECORD_FORMAT, version: 1, ...header } satisfies RecordHeader)}\n`

export const exchangeLine = ({ request, production, shadow }: Recorded): string => {
  const { connection, method, target, version, host } = request
  const line: RecordedExchange = {
    connection: { id: connection.id, client: connection.client, server: connection.server },
    request: { method, target, version: version as '1.1', host, ...messageLine(request) },
    production: production && answerLine(production),
    shadow: shadow && {
      result: shadow.result,
      sentAt: microseconds(shadow.sentAt),
      answer: shadow.answer && answerLine(shadow.answer),
    },
  }
  return `${JSON.stringify(line)}\n`
}

const answerLine = (answer: RecordedAnswer): AnswerLine => ({
  status: answer.status,
  reason: answer.reason,
  ...messageLine(answer),
})

type Message = Pick<RecordedAnswer, 'headers' | 'trailers' | 'body' | 'bodyLength' | 'firstAt' | 'lastAt'>

const messageLine = ({ headers, trailers, body, bodyLength, firstAt, lastAt }: Message) => ({
  headers: [...headers],
  trailers: [...trailers],
  ...bodyLine(body, bodyLength),
  firstAt: microseconds(firstAt),
  lastAt: microseconds(lastAt),
})

const bodyLine = (body: Buffer, bodyLength: number): Pick<AnswerLine, 'body' | 'bodyBytes'> => {
  if (body.length !== bodyLength) return { bodyBytes: bodyLength }
  if (body.length === 0) return {}
  return { body: isUtf8(body) ? { text: body.toString() } : { base64: body.toString('base64') } }
}

/** A clock says no more. */
const microseconds = (at: number): number => Math.round(at * 1000) / 1000

export const isNative = (file: Buffer): boolean =>
  file.subarray(0, 200).toString('latin1').includes(`"format":"${RECORD_FORMAT}"`)

const LF = 10

/** Throws `RecordFileError` where a whole line is none of a record. A last line without its end is left out. */
export const readNative = (file: Buffer): RecordContent => {
  const exchanges: Recorded[] = []
  let header: RecordHeader | null = null
  let line = 1
  let at = 0
  for (let end = file.indexOf(LF); end >= 0; end = file.indexOf(LF, at), line++) {
    const text = file.toString('utf8', at, end)
    at = end + 1
    if (header === null) header = parsed(text, line, RecordHeader)
    else if (text !== '') exchanges.push(recordedFrom(parsed(text, line, RecordedExchangeSchema)))
  }
  if (header === null) throw new RecordFileError('it is cut in its first line')
  return {
    format: 'native',
    redacted: header.redacted,
    exchanges,
    skipped: {},
    cut: at < file.length ? `cut in line ${line}` : null,
  }
}

const parsed = <Output>(
  text: string,
  line: number,
  schema: { safeParse(value: unknown): { data?: Output; error?: { issues: Issue[] } } },
): Output => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new RecordFileError(`line ${line}: ${(error as Error).message}`)
  }
  const { data, error } = schema.safeParse(value)
  if (data !== undefined) return data
  const told = error?.issues.map((issue) => `${issue.path.map(String).join('.') || 'it'}: ${issue.message}`)
  throw new RecordFileError(`line ${line}: ${told?.join('; ')}`)
}
type Issue = { path: PropertyKey[]; message: string }

const recordedFrom = ({ connection, request, production, shadow }: RecordedExchange): Recorded => {
  const { method, target, version, host, ...message } = request
  return {
    request: requestFrom({
      ...messageFrom(message),
      ...{ connection: { ...connection, vni: null }, method, target, version, host },
    }),
    production: production && answerFrom(production),
    shadow: shadow && { ...shadow, answer: shadow.answer && answerFrom(shadow.answer) },
  }
}

const answerFrom = ({ status, reason, ...message }: AnswerLine): RecordedAnswer => ({
  status,
  reason,
  ...messageFrom(message),
})

const NO_BODY = Buffer.alloc(0)

const messageFrom = ({
  headers,
  trailers,
  body,
  bodyBytes,
  firstAt,
  lastAt,
}: Omit<AnswerLine, 'status' | 'reason'>): Message => {
  const bytes =
    body === undefined
      ? NO_BODY
      : 'text' in body
        ? Buffer.from(body.text)
        : Buffer.from(body.base64, 'base64')
  return { headers, trailers, body: bytes, bodyLength: bodyBytes ?? bytes.length, firstAt, lastAt }
}
