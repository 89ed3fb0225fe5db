import { describe, expect, test } from 'vitest'
import { redacted } from '../../../contract/redaction.ts'
import type { Request } from '../../../data-plane/http/exchange.ts'
import { headerLine } from '../../../data-plane/record/native.ts'
import { readRecord } from '../../../data-plane/record/read-record.ts'
import { responseFrom } from '../../../data-plane/record/recorded.ts'
import { Recorder, type RecordLimits } from '../../../data-plane/record/recorder.ts'
import { Redactor } from '../../../data-plane/redact/redactor.ts'
import { capturedRequest } from '../../support/captured-request.ts'

const NOW = 1_795_000_000_500

/** A recorder, and the exchanges that it has written. */
const aRecorder = (limits: Partial<RecordLimits> = {}) => {
  const redactor = new Redactor({ settings: redacted(), key: null })
  let text = headerLine({ experiment: 'e', startedAt: new Date(NOW).toISOString(), redacted: true })
  const recorder = new Recorder(
    { bytes: 1e6, until: Number.POSITIVE_INFINITY, ...limits },
    () => redactor,
    (lines) => {
      text += lines
    },
  )
  recorder.tick(NOW)
  return { recorder, written: () => readRecord(Buffer.from(text)).exchanges }
}

const anAnswer = (request: Request, headers: string[], body = '') =>
  responseFrom(
    {
      ...{ status: 200, reason: 'OK', headers, trailers: [], firstAt: NOW, lastAt: NOW },
      ...{ body: Buffer.from(body), bodyLength: body.length },
    },
    request,
  )

describe('the recorder', () => {
  test('writes what has waited 75 s with the answers that it has', () => {
    const { recorder, written } = aRecorder()
    const [answered, silent] = [
      capturedRequest({ target: '/answered' }),
      capturedRequest({ target: '/silent' }),
    ]
    for (const request of [answered, silent]) recorder.expect(request)
    const { connection } = answered
    recorder.production({ connection, request: answered, response: anAnswer(answered, ['A', 'b']) })

    recorder.tick(NOW + 74_999)
    const early = written().length
    recorder.tick(NOW + 75_000)

    expect(early).toBe(0)
    expect(
      written().map(({ request, production, shadow }) => [request.target, production?.headers, shadow]),
    ).toEqual([
      ['/answered', ['A', 'b'], null],
      ['/silent', undefined, null],
    ])
  })

  test('leaves out what was not sent after all, and at its end writes the rest', () => {
    const { recorder, written } = aRecorder()
    const [sent, dropped] = [capturedRequest({ target: '/sent' }), capturedRequest({ target: '/dropped' })]
    for (const request of [sent, dropped]) recorder.expect(request)

    recorder.notSent(dropped)
    recorder.close()

    expect(written().map(({ request }) => request.target)).toEqual(['/sent'])
    expect(recorder.counts).toMatchObject({ exchanges: 1 })
  })

  test('keeps of an answer that cannot be redacted nothing but its status, times and length', () => {
    const { recorder, written } = aRecorder()
    const request = capturedRequest()
    recorder.expect(request)
    const response = anAnswer(
      request,
      ['Content-Encoding', 'unknown', 'X-Owner', 'jane@corp.example'],
      'secret',
    )

    recorder.production({ connection: request.connection, request, response })
    recorder.close()

    const [exchange] = written()
    expect(exchange?.production).toMatchObject({ status: 200, headers: [], bodyLength: 6 })
    expect(exchange?.production?.body.length).toBe(0)
  })

  test('counts what comes after its time, and what memory does not hold', () => {
    const { recorder, written } = aRecorder({ until: NOW + 1 })

    for (let i = 0; i < 10_002; i++) recorder.expect(capturedRequest({ lastAt: NOW }))
    recorder.expect(capturedRequest({ lastAt: NOW + 1 }))
    const held = written().length
    recorder.close()

    expect(held).toBe(0)
    expect(recorder.counts['missed.memory']).toBe(2)
    expect(recorder.counts['missed.time']).toBe(1)
    const { exchanges = 0, 'missed.size': full = 0 } = recorder.counts
    expect(exchanges + full).toBe(10_000)
    expect(written().length).toBe(exchanges)
  })
})
