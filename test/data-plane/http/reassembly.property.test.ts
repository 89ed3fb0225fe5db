import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Exchange } from '../../../data-plane/http/exchange.ts'
import { Conversation } from '../../support/conversation.ts'
import { run } from '../../support/exchanges.ts'
import { type Faults, injectFaults, seeded } from '../../support/faults.ts'
import { SCALE } from '../../support/scale.ts'
import { type ScriptedExchange, type Turn, turns } from '../../support/scripts.ts'

const RUNS = { numRuns: 150 * SCALE }
const TIMEOUT = 10_000 * SCALE

type Placed = {
  conversation: Conversation
  exchanges: { sent: ScriptedExchange; asked: number; answered: number }[]
}

function play(
  script: Turn[],
  cuts: readonly number[],
  options: { open: boolean; isn?: [number, number] },
): Placed {
  const conversation = new Conversation(options.isn === undefined ? {} : { isn: options.isn })
  if (options.open) conversation.open()
  const exchanges: Placed['exchanges'] = []
  for (const turn of script) {
    const asked = turn.map((sent) => conversation.say('client', sent.requestBytes, cuts))
    conversation.ack('server')
    const answered = turn.map((sent) => conversation.say('server', sent.responseBytes, cuts))
    conversation.ack('client')
    turn.forEach((sent, i) => {
      exchanges.push({ sent, asked: asked[i] ?? -1, answered: answered[i] ?? -1 })
    })
  }
  return { conversation, exchanges }
}

/** Every complete half must be one that was sent, at most once, and every pair must be one. */
function expectNothingInvented(placed: Placed, exchanges: readonly Exchange[]): void {
  const byTarget = new Map(placed.exchanges.map(({ sent }) => [sent.target, sent]))
  const seen = new Set<string>()
  for (const { request, response } of exchanges) {
    const id = response?.headers[1] === undefined ? undefined : `/${response.headers[1]}`
    if (request !== null) {
      const sent = byTarget.get(request.target)
      expect(sent, `made up ${request.target}`).toBeDefined()
      expect(seen, 'twice').not.toContain(`request ${request.target}`)
      seen.add(`request ${request.target}`)
      if (request.complete) {
        expect(request.method).toBe(sent?.method)
        expect(request.body.equals(sent?.requestBody ?? Buffer.alloc(0))).toBe(true)
      }
    }
    if (response !== null) {
      const sent = byTarget.get(id ?? '')
      expect(sent, `made up response ${id}`).toBeDefined()
      expect(seen, 'twice').not.toContain(`response ${id}`)
      seen.add(`response ${id}`)
      if (response.complete) expect(response.body.equals(sent?.responseBody ?? Buffer.alloc(0))).toBe(true)
    }
    if (request !== null && response !== null) expect(id, 'wrong pair').toBe(request.target)
  }
}

const startsLikeResponse = (body: Buffer): boolean => /^HTTP\/1\..{5}/s.test(body.toString('latin1'))

/** Joined in the middle, a message is only looked for where a segment shows the start of it. */
const usualCuts = fc.array(fc.integer({ min: 24, max: 1500 }), { minLength: 1, maxLength: 6 })
const cuts = fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 6 })
const seed = fc.integer()
const isn = fc.tuple(
  fc.constantFrom(0, 1000, 0x7fff_ff00, 0xffff_ff80),
  fc.constantFrom(0, 5000, 0x7fff_ffff, 0xffff_fff0),
)

describe('reassembly', { timeout: TIMEOUT }, () => {
  test('any segmentation, order and duplication of a connection gives the same exchanges', () => {
    fc.assert(
      fc.property(turns({ pipelining: true }), cuts, seed, isn, (script, sizes, s, start) => {
        const placed = play(script, sizes, { open: true, isn: start })
        placed.conversation.finish()
        const { packets } = placed.conversation
        fc.pre(packets.length < 1500)
        const { delivered } = injectFaults(packets, { duplicate: 0.2, reorder: packets.length }, seeded(s))

        const { requests, exchanges, pipeline } = run(delivered, { step: 100 / delivered.length })

        expect(requests.map((r) => r.target)).toEqual(placed.exchanges.map(({ sent }) => sent.target))
        expect(exchanges.map((e) => [e.request?.target, `/${e.response?.headers[1]}`])).toEqual(
          placed.exchanges.map(({ sent }) => [sent.target, sent.target]),
        )
        expect(exchanges.every((e) => e.request?.complete && e.response?.complete)).toBe(true)
        expectNothingInvented(placed, exchanges)
        expect(pipeline.counters.bytes.gap).toBe(0)
        expect(pipeline.usage).toEqual({ connections: 0, heldBytes: 0, bodyBytes: 0 })
      }),
      RUNS,
    )
  })

  test('the same without the server, and without the client', () => {
    fc.assert(
      fc.property(turns({ pipelining: false }), cuts, seed, fc.boolean(), (script, sizes, s, isClient) => {
        const placed = play(script, sizes, { open: true })
        const side = isClient ? 'client' : 'server'
        const packets = placed.conversation.finish().packets.filter(({ from }) => from === side)
        const { delivered } = injectFaults(packets, { duplicate: 0.2, reorder: 5 }, seeded(s))

        const { requests, exchanges } = run(delivered)

        expectNothingInvented(placed, exchanges)
        if (isClient) expect(requests.length).toBe(placed.exchanges.length)
        else expect(requests).toEqual([])
      }),
      RUNS,
    )
  })

  const faulty: [string, Faults][] = [
    ['loss', { drop: 0.05 }],
    ['heavy loss and reordering', { drop: 0.3, reorder: 4 }],
    ['truncation', { truncate: 0.1 }],
    ['everything but corruption', { drop: 0.05, duplicate: 0.05, reorder: 6, truncate: 0.05 }],
  ]
  test.each(faulty)('under %s nothing is made up, and what is provable is given out', (_, faults) => {
    fc.assert(
      fc.property(turns({ pipelining: false, maxTurns: 8 }), usualCuts, seed, (script, sizes, s) => {
        const placed = play(script, sizes, { open: true })
        const { packets } = placed.conversation.finish()
        const { delivered, survived } = injectFaults(packets, faults, seeded(s))
        const lost = new Set(packets.filter((p) => !survived.has(p)).map((p) => p.message))

        const { requests, exchanges } = run(delivered)

        expectNothingInvented(placed, exchanges)
        const got = new Set(requests.map((r) => r.target))
        placed.exchanges.forEach(({ sent, asked, answered }, i) => {
          const before = placed.exchanges[i - 1]
          const isWhole = !lost.has(asked) && !lost.has(answered)
          const isBeforeWhole = before !== undefined && !lost.has(before.asked) && !lost.has(before.answered)
          if (isWhole && isBeforeWhole) expect(got, `lost ${sent.target}`).toContain(sent.target)
        })
      }),
      RUNS,
    )
  })

  test('a pipelining client under loss never gets a wrong pair', () => {
    fc.assert(
      fc.property(turns({ pipelining: true, maxTurns: 6 }), usualCuts, seed, (script, sizes, s) => {
        const placed = play(script, sizes, { open: true })
        const { delivered } = injectFaults(placed.conversation.finish().packets, { drop: 0.1 }, seeded(s))

        expectNothingInvented(placed, run(delivered).exchanges)
      }),
      { numRuns: 400 * SCALE },
    )
  })

  test('joining at any packet gives no wrong request and no wrong pair', () => {
    fc.assert(
      fc.property(turns({ pipelining: true, maxTurns: 4 }), usualCuts, fc.nat(), (script, sizes, n) => {
        const placed = play(script, sizes, { open: true })
        const { packets } = placed.conversation.finish()

        const { exchanges } = run(packets.slice(n % packets.length), { step: 20 })

        expectNothingInvented(placed, exchanges)
      }),
      { numRuns: 400 * SCALE },
    )
  })

  test('joining between two exchanges gives all that follow', () => {
    fc.assert(
      fc.property(
        turns({ pipelining: false, maxTurns: 6 }),
        usualCuts,
        fc.boolean(),
        (script, sizes, isSlow) => {
          const placed = play(script, sizes, { open: false })
          placed.conversation.finish()

          const { requests, exchanges } = run(placed.conversation.packets, { step: isSlow ? 300 : 0.01 })

          // Until one exchange is proven, a body that begins like a response may be the one after the answer to a HEAD.
          const firstProvable = placed.exchanges.findIndex(
            ({ sent }) => !startsLikeResponse(sent.responseBody),
          )
          const paired = firstProvable < 0 ? 0 : script.length - firstProvable
          expect(requests.length).toBe(script.length)
          expect(exchanges.filter((e) => e.request !== null && e.response !== null).length).toBe(paired)
          expectNothingInvented(placed, exchanges)
        },
      ),
      RUNS,
    )
  })

  test('corrupted packets neither throw nor hurt another connection', () => {
    fc.assert(
      fc.property(turns({ pipelining: true }), usualCuts, seed, (script, sizes, s) => {
        const bad = play(script, sizes, { open: true })
        const good = new Conversation({ client: '10.9.9.9', port: 50_000 }).open()
        good.say('client', 'GET /good HTTP/1.1\r\nHost: a\r\n\r\n')
        const { delivered } = injectFaults(bad.conversation.finish().packets, { corrupt: 0.5 }, seeded(s))

        const { requests } = run([...good.packets, ...delivered])

        expect(requests.filter((r) => r.target === '/good').length).toBe(1)
      }),
      RUNS,
    )
  })
})
