import { once } from 'node:events'
import { createServer } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Exchange } from '../../../data-plane/http/exchange.ts'
import { Conversation } from '../../support/conversation.ts'
import { run } from '../../support/exchanges.ts'
import { type Faults, injectFaults, seeded } from '../../support/faults.ts'
import { type Http2Exchange, type Http2Step, http2Talk } from '../../support/http2-talk.ts'
import { until } from '../../support/recording-shadow.ts'
import { SCALE } from '../../support/scale.ts'

const RUNS = { numRuns: 100 * SCALE }

const seed = fc.integer()
const count = fc.integer({ min: 1, max: 20 })
const cuts = fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 6 })

/** The packets of a talk, and the number of the message in them that ends each half of an exchange. */
function play(steps: readonly Http2Step[], sizes: readonly number[]) {
  const conversation = new Conversation().open()
  const ends = { client: new Map<number, number>(), server: new Map<number, number>() }
  for (const { from, bytes, ends: id } of steps) {
    const message = conversation.say(from, bytes, sizes)
    if (id !== null) ends[from].set(id, message)
    if (from === 'client') conversation.ack('server')
  }
  return { packets: conversation.finish().packets, ends }
}

/** Every whole half must be one that was sent, at most once, and every pair must be one. */
function expectNothingInvented(sent: readonly Http2Exchange[], exchanges: readonly Exchange[]): void {
  const seen = new Set<string>()
  for (const { request, response } of exchanges) {
    if (request !== null) {
      const one = sent.find(({ target }) => target === request.target)
      expect(one, `made up ${request.target}`).toBeDefined()
      expect(seen, 'twice').not.toContain(`request ${request.target}`)
      seen.add(`request ${request.target}`)
      expect(request).toMatchObject({ method: one?.method, host: 'shop.example', version: '2' })
      if (request.complete) {
        expect(request.body.equals(one?.requestBody ?? Buffer.alloc(1))).toBe(true)
        expect(request.trailers).toEqual(one?.requestTrailers)
      }
    }
    if (response !== null) {
      const id = response.headers[1]
      const one = sent.find(({ target }) => target === `/${id}`)
      expect(one, `made up response ${id}`).toBeDefined()
      expect(seen, 'twice').not.toContain(`response ${id}`)
      seen.add(`response ${id}`)
      expect(response.status).toBe(one?.status)
      if (response.complete) {
        expect(response.body.equals(one?.responseBody ?? Buffer.alloc(1))).toBe(true)
        expect(response.trailers).toEqual(one?.responseTrailers)
      }
      if (request !== null) expect(`/${id}`, 'wrong pair').toBe(request.target)
    }
  }
}

describe('HTTP/2', { timeout: 20_000 * SCALE }, () => {
  test('any interleaving, padding, table size and segmentation, in any order and duplicated, gives what was sent', () => {
    fc.assert(
      fc.property(seed, count, cuts, seed, (s, n, sizes, order) => {
        const talk = http2Talk(s, n)
        const { packets } = play(talk.steps, sizes)
        fc.pre(packets.length < 2000)
        const { delivered } = injectFaults(
          packets,
          { duplicate: 0.2, reorder: packets.length },
          seeded(order),
        )

        const { exchanges, pipeline } = run(delivered, { step: 100 / delivered.length })

        expectNothingInvented(talk.exchanges, exchanges)
        expect(exchanges.filter((e) => e.request?.complete && e.response?.complete).length).toBe(n)
        expect(pipeline.usage).toEqual({ connections: 0, heldBytes: 0, bodyBytes: 0 })
      }),
      RUNS,
    )
  })

  const faulty: [string, Faults][] = [
    ['loss', { drop: 0.02 }],
    ['heavy loss and reordering', { drop: 0.2, reorder: 4 }],
    ['truncation', { truncate: 0.05 }],
    ['everything but corruption', { drop: 0.02, duplicate: 0.05, reorder: 6, truncate: 0.02 }],
  ]
  test.each(faulty)(
    'under %s nothing is made up, and all that came before the first loss is given out',
    (_, faults) => {
      fc.assert(
        fc.property(seed, count, cuts, seed, fc.boolean(), (s, n, sizes, f, resets) => {
          const talk = http2Talk(s, n, { resets })
          const { packets, ends } = play(talk.steps, sizes)
          fc.pre(packets.length < 2000)
          const { delivered, survived } = injectFaults(packets, faults, seeded(f))

          const { exchanges, pipeline } = run(delivered)

          expectNothingInvented(talk.exchanges, exchanges)
          for (const from of ['client', 'server'] as const) {
            const lost = packets.filter((p) => p.from === from && p.message >= 0 && !survived.has(p))
            const isOpened = packets.every((p, i) => (i > 1 && p.message !== 0) || survived.has(p))
            if (!isOpened) continue
            const first = Math.min(...lost.map((p) => p.message))
            talk.exchanges.forEach((one, id) => {
              const end = ends[from].get(id)
              if (one.isReset || end === undefined || end >= first) return
              const half = from === 'client' ? 'request' : 'response'
              const found = exchanges.find((e) =>
                from === 'client' ? e.request?.target === one.target : e.response?.headers[1] === `${id}`,
              )
              expect(found?.[half]?.complete, `lost ${half} ${one.target}`).toBe(true)
            })
          }
          expect(pipeline.usage).toEqual({ connections: 0, heldBytes: 0, bodyBytes: 0 })
        }),
        RUNS,
      )
    },
  )

  test('a packet lost inside a DATA frame costs its own message only', () => {
    fc.assert(
      fc.property(seed, count, fc.nat(), (s, n, which) => {
        const talk = http2Talk(s, n)
        const { packets } = play(talk.steps, [100])
        // All of a packet's bytes are DATA: its step is a frame of type 0, and it is neither its first nor its last.
        const inner = packets.filter((p, i) => {
          const bytes = talk.steps[p.message]?.bytes
          const isInner = packets[i - 1]?.message === p.message && packets[i + 1]?.message === p.message
          return bytes !== undefined && bytes[3] === 0 && isInner
        })
        fc.pre(inner.length > 0)
        const lost = inner[which % inner.length]

        const { exchanges } = run(packets.filter((p) => p !== lost))

        expectNothingInvented(talk.exchanges, exchanges)
        const halves = exchanges.flatMap(({ request, response }) => [request, response])
        expect(halves.filter((half) => half?.complete === false).length).toBeLessThanOrEqual(1)
        expect(halves.filter((half) => half?.complete).length).toBeGreaterThanOrEqual(2 * n - 1)
      }),
      RUNS,
    )
  })

  test('joined at any packet it is counted, and nothing of it is made up', () => {
    fc.assert(
      fc.property(seed, count, fc.nat(), (s, n, at) => {
        const talk = http2Talk(s, n)
        const { packets } = play(talk.steps, [1400])
        const from = 3 + (at % (packets.length - 3))

        const { exchanges, pipeline } = run(packets.slice(from), { step: 1 })

        expectNothingInvented(talk.exchanges, exchanges)
        const { received, delivered, ...others } = pipeline.counters.bytes
        const taken = others.skipped + others.duplicate + others.ignored + others.after_end
        expect(delivered + taken + others.out_of_window).toBe(received)
      }),
      RUNS,
    )
  })

  test('the talks are ones that Node’s own server understands', { timeout: 20_000 }, async () => {
    for (let s = 0; s < 10; s++) {
      const talk = http2Talk(s, 10)
      const got: string[] = []
      const errors: unknown[] = []
      const server = createServer((request, response) => {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('end', () => {
          got.push(`${request.method} ${request.url} ${Buffer.concat(chunks).length}`)
          response.end()
        })
      })
      server.on('sessionError', (error) => errors.push(error))
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').resume()

      for (const { from, bytes } of talk.steps) if (from === 'client') socket.write(bytes)
      await until(() => got.length === 10 || errors.length > 0)
      socket.destroy()
      server.close()

      expect(errors).toEqual([])
      expect(got.sort()).toEqual(
        talk.exchanges.map((e) => `${e.method} ${e.target} ${e.requestBody.length}`).sort(),
      )
    }
  })
})
