import fc from 'fast-check'
import { SHADOW_RESULTS } from '../../contract/traffic.ts'
import { type Recorded, type RecordedAnswer, requestFrom } from '../../data-plane/record/recorded.ts'

const START = 1_795_000_000_000
const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/)
/** Visible ASCII and latin-1, no spaces around. */
const value = fc.stringMatching(/^(?:[!-~\xa1-\xff](?:[ -~\xa1-\xff]{0,20}[!-~\xa1-\xff])?)?$/)
const FRAMING =
  /^(?:host|content-length|transfer-encoding|content-encoding|expect|upgrade|connection|trailer|te)$/i
const headers = fc
  .array(fc.tuple(token, value), { maxLength: 5 })
  .map((pairs) => pairs.filter(([name]) => !FRAMING.test(name)).flat())
const body = fc.oneof(
  fc.constant(Buffer.alloc(0)),
  fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
)
const path = fc.stringMatching(/^\/[!-"$->@-~]{0,20}(?:\?[!-"$-~]{0,20})?$/)
/** Packets that follow at once are some microseconds apart: of a capture, tenths of a millisecond are read back. */
const ms = (max: number) => fc.integer({ min: 0, max: max * 10 }).map((count) => count / 10)

const answer = (after: number): fc.Arbitrary<RecordedAnswer> =>
  fc
    .record({
      status: fc.constantFrom(200, 201, 404, 500),
      reason: fc.constantFrom('OK', 'Not Found', ''),
      headers,
      body,
      waited: ms(500),
      took: ms(50),
    })
    .map(({ waited, took, ...rest }) => ({
      ...rest,
      trailers: [],
      bodyLength: rest.body.length,
      firstAt: micro(after + waited),
      lastAt: micro(after + waited + took),
    }))

/** Whole exchanges of HTTP/1.1 with bodies of known length, as every format can say them. */
export const recordedExchange = (index = 0): fc.Arbitrary<Recorded> =>
  fc
    .record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PURGE'),
      target: path,
      host: fc.constantFrom('shop.example', 'shop.example:8080'),
      headers,
      body,
      begins: ms(10_000),
      took: ms(20),
    })
    .chain(({ begins, took, host, ...given }) => {
      const firstAt = micro(START + begins)
      const lastAt = micro(firstAt + took)
      const request = requestFrom({
        ...given,
        ...{ version: '1.1', host, trailers: [], firstAt, lastAt },
        headers: ['Host', host, ...given.headers],
        connection: {
          ...{ id: index, vni: null, server: { address: '10.1.0.9', port: 8080 } },
          client: { address: '10.0.0.7', port: 20_000 + index },
        },
      })
      return fc.record({
        request: fc.constant(request),
        production: fc.option(answer(lastAt)),
        shadow: fc.option(
          fc.record({
            result: fc.constantFrom(...SHADOW_RESULTS),
            sentAt: fc.constant(lastAt),
            answer: fc.option(answer(lastAt)),
          }),
        ),
      })
    })

const micro = (at: number): number => Math.round(at * 1000) / 1000
