import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readRecord } from '../../../data-plane/record/read-record.ts'
import type { RecordFormat } from '../../../data-plane/record/record-content.ts'
import type { Recorded, RecordedAnswer } from '../../../data-plane/record/recorded.ts'
import { writeRecord } from '../../../data-plane/record/write-record.ts'
import { recordedExchange } from '../../support/recorded-exchange.ts'
import { SCALE } from '../../support/scale.ts'

const ABOUT = { experiment: 'e', startedAt: '2026-11-26T14:00:00.000Z', redacted: true }

/** What a format may do: say how long a body is, and round a time. */
const said = ({ request, production, shadow }: Recorded) => ({
  method: request.method,
  target: request.target,
  version: request.version,
  host: request.host,
  headers: withoutLength(request.headers),
  body: request.body.toString('hex'),
  at: rounded(request.firstAt),
  production: production && answer(production),
  shadow: shadow?.answer ? answer(shadow.answer) : null,
})

const answer = ({ status, reason, headers, body, firstAt, lastAt }: RecordedAnswer) => ({
  ...{ status, reason, headers: withoutLength(headers), body: body.toString('hex') },
  ...{ firstAt: rounded(firstAt), took: rounded(lastAt - firstAt) },
})

const withoutLength = (headers: readonly string[]): string[] =>
  headers.filter((_, i) => (headers[i - (i % 2)] as string).toLowerCase() !== 'content-length')

/** To a tenth of a millisecond. */
const rounded = (ms: number): number => Math.round(ms * 10) / 10

const several = fc
  .integer({ min: 1, max: 4 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => recordedExchange(index))))
const inOrder = (exchanges: readonly Recorded[]) =>
  exchanges.map(said).sort((a, b) => a.at - b.at || a.target.localeCompare(b.target))

const roundTrip = (format: RecordFormat, exchanges: readonly Recorded[]) => {
  const { bytes, skipped } = writeRecord(format, exchanges, ABOUT)
  expect(skipped).toEqual({})
  const read = readRecord(bytes)
  expect(read).toMatchObject({ format, skipped: {}, cut: null })
  return read
}

describe('what is written in a format is read back', () => {
  test.each(['native', 'har', 'goreplay'] as const)('%s: all of it', (format) => {
    fc.assert(
      fc.property(several, (exchanges) => {
        const { exchanges: read } = roundTrip(format, exchanges)

        expect(inOrder(read)).toEqual(inOrder(exchanges))
      }),
      { numRuns: 60 * SCALE },
    )
  })

  test('pcap: all of it but the shadow’s answers', () => {
    fc.assert(
      fc.property(several, (exchanges) => {
        const { exchanges: read } = roundTrip('pcap', exchanges)

        expect(inOrder(read)).toEqual(inOrder(exchanges.map((exchange) => ({ ...exchange, shadow: null }))))
      }),
      { numRuns: 60 * SCALE },
    )
  })

  test('pcap: requests of one connection keep their answers, whichever of them have one', () => {
    const onOne = several.map((exchanges) =>
      exchanges.map((exchange, index) => {
        const connection = {
          ...exchange.request.connection,
          id: 0,
          client: { address: '10.0.0.7', port: 20_000 },
        }
        const later = <Message extends { firstAt: number; lastAt: number }>(message: Message): Message => ({
          ...message,
          firstAt: message.firstAt + index * 20_000,
          lastAt: message.lastAt + index * 20_000,
        })
        const { production } = exchange
        return {
          request: { ...later(exchange.request), connection },
          production: production && later(production),
          shadow: null,
        }
      }),
    )

    fc.assert(
      fc.property(onOne, (exchanges) => {
        const { exchanges: read } = roundTrip('pcap', exchanges)

        expect(inOrder(read)).toEqual(inOrder(exchanges))
      }),
      { numRuns: 60 * SCALE },
    )
  })

  test('through every format one after the other', () => {
    fc.assert(
      fc.property(several, (exchanges) => {
        let all: readonly Recorded[] = exchanges
        for (const format of ['har', 'goreplay', 'pcap', 'native'] as const)
          all = roundTrip(format, all).exchanges

        const requests = (list: readonly Recorded[]) =>
          inOrder(list).map(({ shadow: _, production, ...request }) => ({
            ...request,
            status: production?.status,
          }))
        expect(requests(all)).toEqual(requests(exchanges))
      }),
      { numRuns: 30 * SCALE },
    )
  })

  test('a file that is cut anywhere is read or refused, never read wrong', () => {
    const exchanges = fc.sample(several, { numRuns: 1, seed: 7 })[0] as Recorded[]
    for (const format of ['native', 'goreplay', 'pcap'] as const) {
      const { bytes } = writeRecord(format, exchanges, ABOUT)
      const whole = new Set(exchanges.map((exchange) => JSON.stringify(requestOf(exchange))))
      for (let length = 0; length < bytes.length; length += 1 + Math.floor(bytes.length / 150)) {
        let read: readonly Recorded[] = []
        try {
          read = readRecord(bytes.subarray(0, length)).exchanges
        } catch (error) {
          expect((error as Error).constructor.name).toBe('RecordFileError')
        }
        for (const exchange of read) expect(whole).toContain(JSON.stringify(requestOf(exchange)))
      }
    }
  })
})

const requestOf = (exchange: Recorded) => {
  const { method, target, headers, body } = said(exchange)
  return { method, target, headers, body }
}
