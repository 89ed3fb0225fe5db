import * as fc from 'fast-check'

/** One request and its response as they are put on the wire, and what must be read from them. */
export type ScriptedExchange = {
  target: string
  method: string
  requestBody: Buffer
  requestBytes: Buffer
  status: number
  responseBody: Buffer
  responseBytes: Buffer
}

/** Exchanges sent together: all requests, then all responses. One is the usual case, more are pipelined. */
export type Turn = ScriptedExchange[]

type Shape = {
  method: string
  body: string
  isChunked: boolean
  chunk: number
  status: number
  answer: string
  answerIsChunked: boolean
  lineEnd: string
}

/** Text that would be taken for a message by a reader that lost its place. */
const LOOKALIKES = [
  'GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  '0\r\n\r\n',
  '\r\n\r\n',
]

const body = fc.oneof(
  fc.constant(''),
  fc.string({ maxLength: 40 }),
  fc.integer({ min: 1, max: 4000 }).map((n) => 'x'.repeat(n)),
  fc
    .array(fc.constantFrom(...LOOKALIKES), { minLength: 1, maxLength: 4 })
    .map((parts) => `${parts.join('')}end`),
)

const shape: fc.Arbitrary<Shape> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'PURGE'),
  body,
  isChunked: fc.boolean(),
  chunk: fc.integer({ min: 1, max: 500 }),
  status: fc.constantFrom(200, 200, 200, 204, 304, 404, 500),
  answer: body,
  answerIsChunked: fc.boolean(),
  lineEnd: fc.constantFrom('\r\n', '\r\n', '\r\n', '\n'),
})

export const turns = (options: { pipelining: boolean; maxTurns?: number }): fc.Arbitrary<Turn[]> =>
  fc
    .array(fc.array(shape, { minLength: 1, maxLength: options.pipelining ? 3 : 1 }), {
      minLength: 1,
      maxLength: options.maxTurns ?? 5,
    })
    .map((list) => {
      let id = 0
      return list.map((turn) => turn.map((one) => build(one, id++)))
    })

function build(s: Shape, id: number): ScriptedExchange {
  const target = `/${id}`
  const requestBody = s.method === 'GET' || s.method === 'HEAD' ? '' : s.body
  const head = `${s.method} ${target} HTTP/1.1${s.lineEnd}Host: a${s.lineEnd}`
  const noBody = s.method === 'HEAD' || s.status === 204 || s.status === 304
  const responseBody = noBody ? '' : s.answer
  const answerHead = `HTTP/1.1 ${s.status} Reason${s.lineEnd}X-Id: ${id}${s.lineEnd}`
  const answer = noBody
    ? `${answerHead}${s.status === 204 ? '' : `Content-Length: 123${s.lineEnd}`}${s.lineEnd}`
    : answerHead + framed(responseBody, s.answerIsChunked, s.chunk, s.lineEnd)
  return {
    target,
    method: s.method,
    requestBody: Buffer.from(requestBody, 'latin1'),
    requestBytes: Buffer.from(
      requestBody === '' ? head + s.lineEnd : head + framed(requestBody, s.isChunked, s.chunk, s.lineEnd),
      'latin1',
    ),
    status: s.status,
    responseBody: Buffer.from(responseBody, 'latin1'),
    responseBytes: Buffer.from(answer, 'latin1'),
  }
}

function framed(text: string, isChunked: boolean, size: number, lineEnd: string): string {
  const bytes = Buffer.from(text, 'latin1').toString('latin1')
  if (!isChunked) return `Content-Length: ${bytes.length}${lineEnd}${lineEnd}${bytes}`
  let out = `Transfer-Encoding: chunked${lineEnd}${lineEnd}`
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.slice(at, at + size)
    out += `${part.length.toString(16)};ext=1\r\n${part}\r\n`
  }
  return `${out}0\r\nTrailer: yes\r\n\r\n`
}
