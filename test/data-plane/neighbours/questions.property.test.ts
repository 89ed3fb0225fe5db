import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Request } from '../../../data-plane/http/exchange.ts'
import { HELD_MAX, HOLD_MS, Questions } from '../../../data-plane/neighbours/questions.ts'
import { Hops } from '../../../data-plane/select/hops.ts'
import { memoryFor, WaitingCopies } from '../../../data-plane/select/waiting-copies.ts'
import { AskingTasks } from '../../support/asking-tasks.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { SCALE } from '../../support/scale.ts'

const CLIENT = '203.0.113.9'
const [PROXY, APP, ORDERS] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'] as const
const SOURCES = [PROXY, APP, ORDERS]
const TASKS = 3
/** Together with the network’s delays below what a copy waits for. */
const LATE_MS = 120
/** Equal requests come together or so far apart: one could wait for a copy of the other’s else, and too long. */
const APART_MS = 400
const DELAY_MS = 20

/** One client’s request on its way through production; each hop’s copy is read by some task, perhaps late. */
const journey = fc.record({
  id: fc.constantFrom<string>('a', 'b'),
  at: fc.nat(2).map((n) => n * APART_MS),
  hops: fc.constantFrom([PROXY], [PROXY, APP], [PROXY, APP, ORDERS], [APP, ORDERS]),
  reads: fc.array(fc.record({ late: fc.nat(LATE_MS), connection: fc.nat(3) }), {
    minLength: 3,
    maxLength: 3,
  }),
})
type Journey = typeof journey extends fc.Arbitrary<infer J> ? J : never

/** As the load balancer does, all packets of a connection go to one task. */
const taskOf = (connection: number): number => connection % TASKS

const copiesOf = ({ id, at, hops, reads }: Journey, n: number) =>
  hops.map((server, hop) => {
    const { late = 0, connection = 0 } = reads[hop] ?? {}
    const client = hop === 0 ? CLIENT : (hops[hop - 1] ?? '')
    // One number for each connection of each hop.
    const number = 10 * SOURCES.indexOf(server) + connection + (hop === 0 ? 100 : 0)
    const request = capturedRequest({
      connection: {
        id: number,
        vni: 1,
        client: { address: client, port: 50_000 + connection },
        server: { address: server, port: 8080 },
      },
      headers: ['Host', 'shop', 'X-Journey', `${n}`, ...(id === '' ? [] : ['X-Request-Id', id])],
      lastAt: at + late,
    })
    return { request, at: at + late, task: taskOf(number) }
  })

const isInner = (request: Request) => request.connection.client.address !== CLIENT

const journeyOf = ({ headers }: { headers: readonly string[] }) => headers[3]

const read = (journeys: readonly Journey[]) => journeys.flatMap(copiesOf).sort((a, b) => a.at - b.at)

test('of equal requests as many go as clients sent, whichever tasks read their copies and in whatever order', () => {
  fc.assert(
    fc.property(
      fc.array(journey, { minLength: 1, maxLength: 8 }),
      fc.infiniteStream(fc.nat(DELAY_MS)),
      (journeys, delays) => {
        const copies = read(journeys)
        const tasks = new AskingTasks(TASKS, SOURCES, () => delays.next().value as number)

        tasks.run(copies)

        expect(tasks.forwarded.flat().length).toBe(journeys.length)
        expect(tasks.left.length).toBe(copies.length - journeys.length)
      },
    ),
    { numRuns: 150 * SCALE },
  )
})

test('whatever copies and messages are lost, a request of which one copy is read goes', () => {
  const fate = fc.option(fc.nat(400), { freq: 2 })
  fc.assert(
    fc.property(
      fc.array(journey, { minLength: 1, maxLength: 8 }),
      fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }),
      fc.infiniteStream(fate),
      (journeys, lost, fates) => {
        const copies = read(journeys.map((one, n) => ({ ...one, id: `${n}` }))).filter((_, n) => !lost[n])
        const tasks = new AskingTasks(TASKS, SOURCES, () => fates.next().value as number | null)

        tasks.run(copies)

        const forwarded = tasks.forwarded.flat()
        expect(new Set(forwarded.map(journeyOf))).toEqual(
          new Set(copies.map(({ request }) => journeyOf(request))),
        )
        expect(forwarded.length + tasks.left.length).toBe(copies.length)
      },
    ),
    { numRuns: 150 * SCALE },
  )
})

test('what goes of one connection goes in the order in which it came', () => {
  // Of one without an id nothing is asked.
  const perhapsNamed = fc
    .tuple(journey, fc.boolean())
    .map(([one, isNamed]) => (isNamed ? one : { ...one, id: '' }))
  fc.assert(
    fc.property(
      fc.array(perhapsNamed, { minLength: 1, maxLength: 8 }),
      fc.infiniteStream(fc.option(fc.nat(400), { freq: 2 })),
      (journeys, fates) => {
        // Most clients’ own requests are not read, so that inner copies go.
        const copies = read(journeys).filter(({ request }, n) => isInner(request) || n % 3 === 0)
        const tasks = new AskingTasks(TASKS, SOURCES, () => fates.next().value as number | null)

        tasks.run(copies)

        const came = copies.map(({ request }) => request)
        for (const forwarded of tasks.forwarded) {
          const connections = Map.groupBy(forwarded, ({ connection }) => connection.id)
          for (const went of connections.values()) {
            const places = went.map((request) => came.indexOf(request))
            expect(places).toEqual(places.toSorted((a, b) => a - b))
          }
        }
      },
    ),
    { numRuns: 100 * SCALE },
  )
})

const inner = (id: string, given: Partial<Parameters<typeof capturedRequest>[0]> = {}) =>
  capturedRequest({
    connection: {
      id: 1,
      vni: 1,
      client: { address: PROXY, port: 50_000 },
      server: { address: APP, port: 8080 },
    },
    headers: id === '' ? ['Host', 'shop'] : ['Host', 'shop', 'X-Request-Id', id],
    ...given,
  })

const asking = () => {
  const copies = new WaitingCopies(memoryFor(1_024))
  const decided: [string, boolean][] = []
  const bodies: Buffer[] = []
  const questions = new Questions({
    copies,
    ask: (body) => bodies.push(body),
    onHeld: () => undefined,
    onDecided: (request, isSeen) => decided.push([request.headers.at(-1) ?? '', isSeen]),
  })
  questions.isOn = true
  return { questions, hops: new Hops(SOURCES, 'once', 'exp', copies, questions), decided, bodies }
}

test('a request without an id, of which nothing can be asked, waits behind the one before it on its connection', () => {
  const { questions, hops, decided } = asking()

  const hopsSeen = [hops.look(inner('a'), 0), hops.look(inner(''), 1), hops.look(inner('b'), 2)]
  questions.turn(3)
  questions.answered(1, 'other')
  const early = [...decided]
  questions.answered(0, 'other')
  const late = [...decided]

  expect(hopsSeen).toEqual(['held', 'held', 'held'])
  expect(early).toEqual([])
  expect(late).toEqual([
    ['a', true],
    ['shop', false],
    ['b', true],
  ])
  expect(questions.counts).toMatchObject({ elsewhere: 2, waiting: 0 })
})

test('two tasks that had a copy for one question: the second has its own back, an answer that comes too late changes nothing', () => {
  const { questions, hops, decided } = asking()
  hops.look(inner('a'), 0)
  hops.look(inner('b'), 1)
  questions.turn(2)

  const first = [questions.answered(0, 'one'), questions.answered(0, 'one'), questions.answered(0, 'two')]
  questions.turn(1 + HOLD_MS)
  const late = questions.answered(1, 'two')
  const invented = questions.answered(77, 'two')

  expect(first).toEqual([false, false, true])
  expect([late, invented]).toEqual([false, false])
  expect(decided).toEqual([
    ['a', true],
    ['b', false],
  ])
  expect(questions.counts).toEqual({
    ...{ waiting: 0, elsewhere: 1, here: 0, unanswered: 1, unasked: 0, late: 2 },
  })
  expect(questions.isIdle).toBe(true)
})

test('what waits is bounded in number and bytes; what is above goes at once, behind what came before it', () => {
  const { questions, hops, decided } = asking()
  const body = Buffer.alloc(5 << 20)
  const large = (id: string) => inner(id, { method: 'PUT', body })

  const first = [large('a'), large('b'), large('c'), large('d')].map((one) => hops.look(one, 0))
  questions.turn(HOLD_MS)
  for (let n = 0; n < HELD_MAX; n++) hops.look(inner(`${n}`), 2 * HOLD_MS)
  const over = hops.look(inner('over'), 2 * HOLD_MS)

  expect(first).toEqual(['held', 'held', 'held', 'first'])
  expect(decided.slice(0, 3).map(([id]) => id)).toEqual(['a', 'b', 'c'])
  expect(over).toBe('first')
  expect(decided.length).toBe(3 + HELD_MAX)
  expect(questions.counts).toMatchObject({ unasked: 2, unanswered: 3 + HELD_MAX })
})
