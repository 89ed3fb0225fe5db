import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Conversation } from '../../support/conversation.ts'
import { seeded } from '../../support/faults.ts'
import { SCALE } from '../../support/scale.ts'
import { type ScriptedExchange, turns } from '../../support/scripts.ts'
import { runTimed, type Timed } from '../../support/timed.ts'

/** From the last byte's capture to the request: the longest wait for a hole or for more, and the timers' step. */
const OUT_MS = 1500

/** A body that is exactly a request: nothing inside it gives it away. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\n'

type Sent = { exchange: ScriptedExchange; first: number; last: number; pausesAt: number[] }
type Play = { frames: (Timed & { isFromClient: boolean })[]; sent: Sent[] }

/** A client that never pipelines and acknowledges some of the pieces of each response with segments of their own. */
function play(script: readonly ScriptedExchange[], cuts: readonly number[], random: () => number): Play {
  const c = new Conversation().open()
  const sent = script.map((exchange) => {
    const first = c.packets.length
    // Some clients send the head by itself, so that a segment begins with the body.
    const head = exchange.requestBytes.indexOf('\r\n\r\n') + 4
    c.say('client', exchange.requestBytes, head < 5 || random() < 0.5 ? cuts : [head, 1460, 1460, 1460])
    const last = c.packets.length - 1
    const pausesAt: number[] = []
    const pieces = 1 + Math.floor(random() * 3)
    const size = Math.ceil(exchange.responseBytes.length / pieces)
    for (let i = 0; i < exchange.responseBytes.length; i += size) {
      c.say('server', exchange.responseBytes.subarray(i, i + size))
      if (random() < 0.5) {
        pausesAt.push(c.packets.length)
        c.ack('client')
      }
    }
    return { exchange, first, last, pausesAt }
  })
  let at = 0
  const frames = c.packets.map(({ frame, from }) => {
    at += random() < 0.2 ? random() * 700 : random() * 20
    return { at, frame, isFromClient: from === 'client' }
  })
  return { frames, sent }
}

/** Only what the client sent, without what the mirror lost. The handshake stays. */
function lose({ frames }: Play, share: number, random: () => number): Set<number> {
  const lost = new Set<number>()
  frames.forEach(({ isFromClient }, i) => {
    if (!isFromClient || (i > 2 && random() < share)) lost.add(i)
  })
  return lost
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i)

describe('the client’s half alone, under loss', { timeout: 20_000 * SCALE }, () => {
  const cuts = fc.array(fc.integer({ min: 100, max: 1500 }), { minLength: 1, maxLength: 6 })
  const share = fc.constantFrom(0.02, 0.1, 0.3)

  test('nothing is invented, and what is provable comes in time', () => {
    fc.assert(
      fc.property(
        turns({ pipelining: false, maxTurns: 10 }),
        cuts,
        share,
        fc.integer(),
        (script, sizes, p, s) => {
          const random = seeded(s)
          const plain = script.flat()
          const smugglers = plain.map((_, i) => exchangeOf(`/smuggler/${i}`, Buffer.from(SMUGGLED)))
          const mixed = plain.flatMap((exchange, i) => [exchange, smugglers[i] as ScriptedExchange])
          const whole = play(mixed, sizes, random)
          const lost = lose(whole, p, random)

          const { requests, times } = runTimed(
            whole.frames.filter((_, i) => !lost.has(i)),
            3000,
          )

          const byTarget = new Map(whole.sent.map(({ exchange }) => [exchange.target, exchange]))
          expect(new Set(requests.map((r) => r.target)).size).toBe(requests.length)
          for (const request of requests) {
            const exchange = byTarget.get(request.target)
            expect(exchange, `made up ${request.target}`).toBeDefined()
            expect(request.method).toBe(exchange?.method)
            expect(request.body.equals(exchange?.requestBody ?? Buffer.alloc(0))).toBe(true)
          }
          whole.sent.forEach(({ exchange, first, last }, i) => {
            if (range(first, last).some((n) => lost.has(n))) return
            const before = whole.sent[i - 1]
            const isProvable =
              before === undefined || !lost.has(before.last) || before.pausesAt.some((n) => !lost.has(n))
            if (!isProvable) return
            const out = times.get(exchange.target)
            expect(out, `lost ${exchange.target}`).toBeDefined()
            expect((out ?? 0) - (whole.frames[last]?.at ?? 0)).toBeLessThan(OUT_MS)
          })
        },
      ),
      { numRuns: 300 * SCALE },
    )
  })

  test('every request whose first bytes were seen is given out or counted, and every byte is in one place', () => {
    const plain = fc.array(fc.integer({ min: 0, max: 4000 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(plain, cuts, share, fc.integer(), (bodies, sizes, p, s) => {
        const random = seeded(s)
        const script = bodies.map((length, i) => exchangeOf(`/${i}`, Buffer.alloc(length, 'x')))
        const whole = play(script, sizes, random)
        const lost = lose(whole, p, random)

        const { requests, pipeline } = runTimed(
          whole.frames.filter((_, i) => !lost.has(i)),
          3000,
        )

        const { counters } = pipeline
        const seen = whole.sent.filter(({ first }) => !lost.has(first)).length
        const counted = Object.values(counters.requests).reduce((a, b) => a + b, 0)
        expect(counters.requests.complete).toBe(requests.length)
        expect(counted).toBe(seen)
        const { received, gap: _, ...places } = counters.bytes
        expect(Object.values(places).reduce((a, b) => a + b, 0)).toBe(received)
      }),
      { numRuns: 300 * SCALE },
    )
  })
})

function exchangeOf(target: string, requestBody: Buffer): ScriptedExchange {
  const head = `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${requestBody.length}\r\n\r\n`
  const responseBody = Buffer.alloc(100)
  return {
    target,
    method: 'POST',
    requestBody,
    requestBytes: Buffer.concat([Buffer.from(head), requestBody]),
    status: 200,
    responseBody,
    responseBytes: Buffer.concat([
      Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n'),
      responseBody,
    ]),
  }
}
