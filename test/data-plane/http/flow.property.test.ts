import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Exchange } from '../../../data-plane/http/exchange.ts'
import { Pipeline } from '../../../data-plane/pipeline.ts'
import { type Captured, Conversation } from '../../support/conversation.ts'
import { run } from '../../support/exchanges.ts'
import { injectFaults, seeded } from '../../support/faults.ts'
import { SCALE } from '../../support/scale.ts'
import { type Turn, turns } from '../../support/scripts.ts'

type Sides = 'both' | 'client' | 'server'
type Shape = { script: Turn[]; cuts: number[]; isJoined: boolean; sides: Sides; drop: number }

const shape: fc.Arbitrary<Shape> = fc.record({
  script: turns({ pipelining: true }),
  cuts: fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 4 }),
  isJoined: fc.boolean(),
  sides: fc.constantFrom<Sides>('both', 'both', 'client', 'server'),
  drop: fc.constantFrom(0, 0, 0.1),
})

/** The packets of one connection, perhaps one-sided, joined in the middle or with losses. */
const captured = ({ script, cuts, isJoined, sides, drop }: Shape, port: number, seed: number): Captured[] => {
  const conversation = new Conversation({ port })
  if (!isJoined) conversation.open()
  for (const turn of script) {
    for (const { requestBytes } of turn) conversation.say('client', requestBytes, cuts)
    conversation.ack('server')
    for (const { responseBytes } of turn) conversation.say('server', responseBytes, cuts)
    conversation.ack('client')
  }
  const packets = conversation.packets.filter(({ from }) => sides === 'both' || sides === from)
  return injectFaults(packets, { drop }, seeded(seed)).delivered
}

/** The same packets with those of other connections between them. */
const interleaved = (lists: readonly Captured[][], random: () => number): Captured[] => {
  const left = lists.map((list) => [...list]).filter((list) => list.length > 0)
  const mixed: Captured[] = []
  while (left.length > 0) {
    const chosen = Math.floor(random() * left.length)
    const list = left[chosen] as Captured[]
    mixed.push(list.shift() as Captured)
    if (list.length === 0) left.splice(chosen, 1)
  }
  return mixed
}

const told = (exchanges: readonly Exchange[], port: number) =>
  exchanges
    .filter(({ connection }) => connection.client.port === port || connection.server.port === port)
    .map(({ request, response }) => ({
      request: request && [
        request.target,
        request.start,
        request.incomplete,
        request.body.toString('latin1'),
      ],
      response: response && [response.status, response.headers, response.start, response.incomplete],
      body: response?.body.toString('latin1'),
    }))

describe('dialogues that many connections share', { timeout: 20_000 * SCALE }, () => {
  test('each connection gives what it would give alone', () => {
    fc.assert(
      fc.property(
        fc.array(shape, { minLength: 2, maxLength: 5 }),
        fc.constantFrom(0, 250),
        fc.integer(),
        (shapes, unansweredMs, seed) => {
          const lists = shapes.map((each, i) => captured(each, 41_000 + i, seed + i))
          const mixed = interleaved(lists, seeded(seed))
          fc.pre(mixed.length < 1500)
          const options = { step: 100 / mixed.length, limits: { unansweredMs } }

          const together = run(mixed, options)
          const alone = lists.map((list) => run(list, options))

          for (const [i, { exchanges, requests }] of alone.entries()) {
            const port = 41_000 + i
            expect(told(together.exchanges, port)).toEqual(told(exchanges, port))
            const mine = together.requests.filter(({ connection }) => connection.client.port === port)
            expect(mine.map(({ target }) => target)).toEqual(requests.map(({ target }) => target))
          }
        },
      ),
      { numRuns: 150 * SCALE },
    )
  })
})

describe('a connection of which only the client’s half is captured', () => {
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

  /** What was given out after each request, and a while after the last. */
  const outputs = (conversation: Conversation, stepMs: number) => {
    const exchanges: string[] = []
    const pipeline = new Pipeline({
      onRequest: () => {},
      onExchange: ({ request, response }) => exchanges.push(`${request?.target} ${response?.status}`),
    })
    let at = 1_000_000
    const seen: number[] = []
    for (const { frame, message } of conversation.packets) {
      pipeline.frame(frame, 0, frame.length, 7, at)
      if (message >= 0) seen.push(exchanges.length)
      at += stepMs
    }
    pipeline.flush(at + 300)
    seen.push(exchanges.length)
    return { seen, exchanges }
  }

  test('its requests are given out alone as soon as the server had time to show', () => {
    const both = new Conversation().open()
    for (const path of ['/1', '/2', '/3']) both.say('client', get(path))
    const packets = both.packets.filter(({ from }) => from === 'client')
    const conversation = Object.assign(new Conversation(), { packets })

    const { seen, exchanges } = outputs(conversation, 140)

    expect(seen).toEqual([1, 2, 3, 3])
    expect(exchanges).toEqual(['/1 undefined', '/2 undefined', '/3 undefined'])
  })

  test('on a new one they wait for the answer that may still come', () => {
    const conversation = new Conversation()
    conversation.say('client', get('/1'))
    conversation.say('server', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    conversation.ack('client')
    conversation.say('client', get('/2'))

    const { exchanges } = outputs(conversation, 10)

    expect(exchanges).toContain('/1 200')
  })
})
