import { isUtf8 } from 'node:buffer'
import { decodeBody } from '../compare/body.ts'
import { rawHeaderMap } from '../compare/headers.ts'
import type { RawHeaders, Request } from '../http/exchange.ts'
import { headerValue } from '../select/headers.ts'
import { HAR_CREATOR, type HarTimings } from './har-schema.ts'
import type { Recorded, RecordedAnswer } from './recorded.ts'
import { addSkipped, type Written } from './written.ts'

/**
 * HTTP Archive 1.2 (W3C web performance group’s draft). Bodies of answers stand there without their content coding, as
 * the format wants it. What it has no place for is in fields with an underscore, which are read back from our own files.
 */

export const writeHar = (exchanges: readonly Recorded[], redacted: boolean): Written => {
  const skipped: Record<string, number> = {}
  const entries: unknown[] = []
  for (const exchange of [...exchanges].sort((a, b) => a.request.firstAt - b.request.firstAt)) {
    const url = urlOf(exchange.request)
    if (url === null) addSkipped(skipped, 'no URL')
    else entries.push(entryOf(exchange, url))
  }
  const creator = { name: HAR_CREATOR, version: '1', _redacted: redacted }
  const har = { log: { version: '1.2', creator, pages: [], entries } }
  return { bytes: Buffer.from(`${JSON.stringify(har, null, 1)}\n`), skipped }
}

const urlOf = ({ target, host, connection: { server } }: Request): string | null => {
  if (/^https?:\/\//i.test(target)) return target
  if (!target.startsWith('/')) return null
  const address = server.address.includes(':') ? `[${server.address}]` : server.address
  return `http://${host ?? `${address}:${server.port}`}${target}`
}

const entryOf = ({ request, production, shadow }: Recorded, url: string) => {
  const { connection, firstAt } = request
  const timings = timingsOf(request, production)
  return {
    startedDateTime: isoMicroseconds(firstAt),
    time: micro(timings.send + timings.wait + timings.receive),
    request: {
      method: request.method,
      url,
      httpVersion: request.version === '2' ? 'HTTP/2.0' : `HTTP/${request.version}`,
      cookies: [],
      headers: pairs(request.headers),
      queryString: queryString(url),
      ...(request.body.length > 0 && { postData: postData(request) }),
      headersSize: -1,
      bodySize: request.body.length,
    },
    response: production === null ? NO_ANSWER : responseOf(production, request.version),
    cache: {},
    timings,
    serverIPAddress: connection.server.address,
    connection: String(connection.id),
    _connection: { id: connection.id, client: connection.client, server: connection.server },
    ...(shadow && {
      _shadow: {
        result: shadow.result,
        sentAt: shadow.sentAt,
        response: shadow.answer && responseOf(shadow.answer, request.version),
        timings: timingsOf({ firstAt: shadow.sentAt, lastAt: shadow.sentAt }, shadow.answer),
      },
    }),
  }
}

type Times = { firstAt: number; lastAt: number }

const timingsOf = (request: Times, answer: Times | null): HarTimings => ({
  send: micro(request.lastAt - request.firstAt),
  wait: answer === null ? 0 : micro(Math.max(0, answer.firstAt - request.lastAt)),
  receive: answer === null ? 0 : micro(answer.lastAt - answer.firstAt),
})

/** As browsers say it of a request that was never answered. */
const NO_ANSWER = {
  ...{ status: 0, statusText: '', httpVersion: '', cookies: [], headers: [] },
  ...{ content: { size: 0, mimeType: 'x-unknown' }, redirectURL: '', headersSize: -1, bodySize: -1 },
}

const responseOf = (answer: RecordedAnswer, version: string) => ({
  status: answer.status,
  statusText: answer.reason,
  httpVersion: version === '2' ? 'HTTP/2.0' : 'HTTP/1.1',
  cookies: [],
  headers: pairs([...answer.headers, ...answer.trailers]),
  content: contentOf(answer),
  redirectURL: headerValue(answer.headers, 'location') ?? '',
  headersSize: -1,
  bodySize: answer.bodyLength,
})

const contentOf = ({ headers, body, bodyLength }: RecordedAnswer) => {
  const mimeType = headerValue(headers, 'content-type') ?? 'x-unknown'
  if (body.length !== bodyLength) return { size: bodyLength, mimeType, comment: 'the body was not recorded' }
  if (body.length === 0) return { size: 0, mimeType }
  const decoded = decodeBody(body, rawHeaderMap(headers))
  const bytes = 'failure' in decoded ? body : decoded.body
  return {
    size: bytes.length,
    mimeType,
    ...(isUtf8(bytes) ? { text: bytes.toString() } : { text: bytes.toString('base64'), encoding: 'base64' }),
    ...('failure' in decoded && { _coded: true }),
  }
}

const postData = ({ headers, body }: Request) => ({
  mimeType: headerValue(headers, 'content-type') ?? '',
  ...(isUtf8(body) ? { text: body.toString() } : { text: body.toString('base64'), _encoding: 'base64' }),
})

const pairs = (headers: RawHeaders): { name: string; value: string }[] => {
  const list: { name: string; value: string }[] = []
  for (let i = 0; i < headers.length; i += 2)
    list.push({ name: headers[i] as string, value: headers[i + 1] as string })
  return list
}

const queryString = (url: string): { name: string; value: string }[] => {
  const at = url.indexOf('?')
  return at < 0 ? [] : [...new URLSearchParams(url.slice(at + 1))].map(([name, value]) => ({ name, value }))
}

const micro = (ms: number): number => Math.round(ms * 1000) / 1000

const isoMicroseconds = (at: number): string => {
  const whole = Math.floor(micro(at))
  const rest = Math.round((at - whole) * 1000)
  return new Date(whole).toISOString().replace('Z', `${String(rest).padStart(3, '0')}Z`)
}
