import { createRequire } from 'node:module'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NO_BODY, parseRequestHead, requestFraming } from '../../../data-plane/http/head.ts'
import { MessageReader, type ReadOutcome } from '../../../data-plane/http/reader.ts'
import { SCALE } from '../../support/scale.ts'

// Node's own HTTP/1 parser: internal, and good enough to be compared with.
const { HTTPParser } = createRequire(import.meta.url)('_http_common') as { HTTPParser: NodeParserClass }

type NodeParser = {
  initialize(type: number, resource: object): void
  execute(b: Buffer): number | Error
  [callback: number]: (...args: never[]) => unknown
}
type NodeParserClass = {
  new (): NodeParser
  REQUEST: number
  methods?: string[]
  kOnHeaders: number
  kOnHeadersComplete: number
  kOnBody: number
  kOnMessageComplete: number
}

type Read = { method: string; target: string; headers: string[]; trailers: string[]; body: string }

const { methods } = createRequire(import.meta.url)('_http_common') as { methods: string[] }

function readByNode(bytes: Buffer): Read[] {
  const messages: Read[] = []
  const parser = new HTTPParser()
  parser.initialize(HTTPParser.REQUEST, {})
  let collected: string[] = []
  let target = ''
  let current: Read | null = null
  parser[HTTPParser.kOnHeaders] = (headers: string[], url: string) => {
    collected.push(...headers)
    // It is called again for trailers.
    if (current === null) target += url
  }
  parser[HTTPParser.kOnHeadersComplete] = (
    _major: number,
    _minor: number,
    headers: string[] | undefined,
    method: number,
    url: string,
  ) => {
    current = {
      method: methods[method] ?? '',
      target: target + (url ?? ''),
      headers: [...collected, ...(headers ?? [])],
      trailers: [],
      body: '',
    }
    collected = []
    target = ''
    return 0
  }
  parser[HTTPParser.kOnBody] = (body: Buffer) => {
    if (current !== null) current.body += body.toString('latin1')
  }
  parser[HTTPParser.kOnMessageComplete] = () => {
    if (current !== null) messages.push({ ...current, trailers: collected })
    collected = []
    current = null
  }
  const result = parser.execute(bytes)
  if (result instanceof Error) throw result
  return messages
}

function readByUs(bytes: Buffer, cuts: readonly number[]): Read[] {
  const messages: Read[] = []
  let head: { method: string; target: string; headers: string[] } | null = null
  const events = {
    begin: () => true,
    head: (text: string) => {
      const parsed = parseRequestHead(text)
      if (parsed === null) return 'stop' as const
      head = { method: parsed.method, target: parsed.target, headers: parsed.fields.headers }
      const framing = requestFraming(parsed)
      return framing === 'ambiguous' ? NO_BODY : framing
    },
    end: (outcome: ReadOutcome) => {
      expect(outcome.failure).toBeNull()
      if (head === null) return
      messages.push({ ...head, trailers: outcome.trailers, body: outcome.body.toString('latin1') })
    },
  }
  const reader = new MessageReader(events, true, 1 << 16, 1 << 20, { used: 0, limit: 1 << 24 })
  reader.restart()
  let at = 0
  for (const cut of [...cuts, bytes.length]) {
    const piece = Buffer.from(bytes.subarray(at, Math.max(at, cut)))
    reader.feed(piece, 0, piece.length, at, 0, 0)
    piece.fill(0)
    at = Math.max(at, cut)
  }
  return messages
}

const token = fc
  .array(fc.constantFrom(...'abcXYZ019-_.!#$%&^|~*+'.split('')), { minLength: 1, maxLength: 12 })
  .map((chars) => `x${chars.join('')}`)
const value = fc
  .array(fc.constantFrom(...'abc 019,;:="\t\xe9/'.split('')), { maxLength: 20 })
  .map((chars) => chars.join(''))
const field = fc.tuple(token, fc.constantFrom('', ' ', ' \t'), value).map(([n, s, v]) => `${n}:${s}${v}`)
const body = fc.string({ maxLength: 60 }).map((text) => Buffer.from(text).toString('latin1'))

const request = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PURGE', 'PROPFIND', 'M-SEARCH', 'DELETE'),
    target: fc.constantFrom('/', '/a?b=c', '*', 'http://a/b', '/%C3%A9', '/long'.repeat(30)),
    fields: fc.array(field, { maxLength: 6 }),
    body,
    chunk: fc.integer({ min: 1, max: 30 }),
    framing: fc.constantFrom('none', 'length', 'chunked'),
    extension: fc.constantFrom('', ';a', ';a=b', ';a="b"'),
    trailers: fc.array(field, { maxLength: 2 }),
  })
  .map((r) => {
    const lines = [`${r.method} ${r.target} HTTP/1.1`, ...r.fields]
    if (r.framing === 'none') return `${lines.join('\r\n')}\r\n\r\n`
    if (r.framing === 'length')
      return `${[...lines, `Content-Length: ${r.body.length}`].join('\r\n')}\r\n\r\n${r.body}`
    let out = `${[...lines, 'Transfer-Encoding: chunked'].join('\r\n')}\r\n\r\n`
    for (let at = 0; at < r.body.length; at += r.chunk) {
      const part = r.body.slice(at, at + r.chunk)
      out += `${part.length.toString(16)}${r.extension}\r\n${part}\r\n`
    }
    return `${out}0\r\n${r.trailers.map((line) => `${line}\r\n`).join('')}\r\n`
  })

describe('our HTTP/1 reader and Node’s', () => {
  test(
    'read the same messages, cut at every byte',
    () => {
      fc.assert(
        fc.property(fc.array(request, { minLength: 1, maxLength: 3 }), (requests) => {
          const bytes = Buffer.from(requests.join(''), 'latin1')
          const expected = readByNode(bytes)

          expect(expected.length).toBe(requests.length)
          expect(readByUs(bytes, [])).toEqual(expected)
          expect(readByUs(bytes, Array.from(bytes.keys()))).toEqual(expected)
          for (let cut = 1; cut < bytes.length; cut++) expect(readByUs(bytes, [cut])).toEqual(expected)
        }),
        { numRuns: 20 * SCALE },
      )
    },
    30_000 * SCALE,
  )
})
