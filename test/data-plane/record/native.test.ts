import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exchangeLine, headerLine } from '../../../data-plane/record/native.ts'
import { readRecord } from '../../../data-plane/record/read-record.ts'
import { requestFrom } from '../../../data-plane/record/recorded.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { recordedExchange } from '../../support/recorded-exchange.ts'
import { SCALE } from '../../support/scale.ts'

const HEADER = headerLine({ experiment: 'e', startedAt: '2026-11-26T14:00:00.000Z', redacted: true })

describe('a record in its own format', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(recordedExchange(), { maxLength: 4 }), (exchanges) => {
        const file = Buffer.from(HEADER + exchanges.map(exchangeLine).join(''))

        const read = readRecord(file)

        expect(read).toEqual({ format: 'native', redacted: true, exchanges, skipped: {}, cut: null })
      }),
      { numRuns: 100 * SCALE },
    )
  })

  test('cut anywhere, has all exchanges before the cut', () => {
    const exchanges = fc.sample(recordedExchange(), { numRuns: 3, seed: 1 })
    const lines = [HEADER, ...exchanges.map(exchangeLine)]
    const file = Buffer.from(lines.join(''))
    const ends = lines.map((_, i) => Buffer.byteLength(lines.slice(0, i + 1).join('')))

    for (let length = Buffer.byteLength(HEADER); length < file.length; length += 7) {
      const { exchanges: read, cut } = readRecord(file.subarray(0, length))

      const whole = ends.filter((end) => end <= length).length
      expect(read).toEqual(exchanges.slice(0, whole - 1))
      expect(cut).toBe(ends.includes(length) ? null : `cut in line ${whole + 1}`)
    }
  })

  test('keeps the version, the host and the trailers of HTTP/2, and says which bodies are not in it', () => {
    const request = requestFrom({ ...capturedRequest({ version: '2', host: 'a' }), trailers: ['x', '1'] })
    const answer = {
      status: 200,
      reason: '',
      headers: [],
      trailers: ['grpc-status', '0'],
      firstAt: 1,
      lastAt: 2,
    }
    const recorded = {
      request,
      production: { ...answer, body: Buffer.alloc(0), bodyLength: 5_000_000 },
      shadow: null,
    }

    const { exchanges } = readRecord(Buffer.from(HEADER + exchangeLine(recorded)))

    expect(exchanges).toEqual([
      { ...recorded, request: { ...request, connection: { ...request.connection, vni: null } } },
    ])
    expect(exchanges[0]?.request.kind).toBe('http2')
  })

  test.each([
    ['a line that is no JSON', `${HEADER}{"a"\n`, /^line 2: /],
    ['a line that is no exchange', `${HEADER}{"request":{}}\n`, /^line 2: connection: .*request\.method: /],
    ['another version', HEADER.replace('"version":1', '"version":2'), /^line 1: version: .*1/],
    ['nothing but half a line', HEADER.slice(0, 60), /cut in its first line/],
    ['something else', '<html>', /is no record of a gateway, capture \(pcap, pcapng\), HAR or/],
  ])('%s is refused with its place', (_, text, message) => {
    const read = () => readRecord(Buffer.from(text))

    expect(read).toThrow(message)
  })
})
