import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Request } from '../../../data-plane/http/exchange.ts'
import { Hops } from '../../../data-plane/select/hops.ts'
import { memoryFor, WaitingCopies } from '../../../data-plane/select/waiting-copies.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { SCALE } from '../../support/scale.ts'

const CLIENT = '203.0.113.9'
const PROXY = '10.0.0.1'
const APP = '10.0.0.2'
const ORDERS = '10.0.0.3'

const copy = (client: string, server: string, at: number, { id = 'a', path = '/', body = '' } = {}) =>
  capturedRequest({
    connection: {
      id: 1,
      vni: 1,
      client: { address: client, port: 50_000 },
      server: { address: server, port: 8080 },
    },
    method: 'POST',
    target: path,
    headers: ['Host', server, 'X-Request-Id', id],
    body: Buffer.from(body),
    lastAt: at,
  })

/** A client’s request with what production makes of it: handed on, perhaps twice, along the way. */
const journey = fc.record({
  id: fc.constantFrom<string>('a', 'b'),
  path: fc.constantFrom('/', '/orders'),
  body: fc.constantFrom('', '{"n":1}'),
  at: fc.nat(4_000),
  hops: fc.constantFrom([PROXY], [PROXY, APP], [PROXY, APP, ORDERS], [APP], [APP, ORDERS]),
  pauses: fc.array(fc.nat(300), { minLength: 3, maxLength: 3 }),
})

const copiesOf = ({
  hops,
  at,
  pauses,
  ...asked
}: typeof journey extends fc.Arbitrary<infer J> ? J : never) => {
  let when = at
  return hops.map((server, n) => {
    when += pauses[n] ?? 0
    return copy(n === 0 ? CLIENT : (hops[n - 1] ?? ''), server, when, asked)
  })
}

/** Forgets what other cases have left behind: making a table of 2 MiB for each would take most of the time. */
let runs = 0
const copies = new WaitingCopies()
const isSeen = (hops: Hops | undefined, request: Request) => hops?.look(request, 0) === 'seen'
const hopsWith = (sources: string[]) => new Hops(sources, 'once', `exp ${runs}`, copies)

test('of equal requests as many go as clients sent, on however many hops and by whichever worker they were seen', () => {
  const anyWorker = fc.array(fc.nat(1), { minLength: 36, maxLength: 36 })
  fc.assert(
    fc.property(fc.array(journey, { minLength: 1, maxLength: 12 }), anyWorker, (journeys, reads) => {
      runs++
      const workers = [hopsWith([PROXY, APP, ORDERS]), hopsWith([PROXY, APP, ORDERS])]
      const captured = journeys.flatMap(copiesOf).sort((a, b) => a.lastAt - b.lastAt)

      const forwarded = captured.filter((request, n) => !isSeen(workers[reads[n] ?? 0], request))

      expect(forwarded.length).toBe(journeys.length)
    }),
    { numRuns: 300 * SCALE },
  )
})

const fates = fc.array(fc.record({ lateMs: fc.nat(500), isLost: fc.boolean() }), {
  minLength: 36,
  maxLength: 36,
})

test('whatever the order in which copies arrive, nothing that a client sent is left out', () => {
  fc.assert(
    fc.property(fc.array(journey, { minLength: 1, maxLength: 12 }), fates, (journeys, late) => {
      runs++
      const hops = hopsWith([PROXY, APP, ORDERS])
      const arrived = journeys
        .flatMap(copiesOf)
        .map((request, n) => ({ request, at: request.lastAt + (late[n]?.lateMs ?? 0) }))
        .sort((a, b) => a.at - b.at)

      const forwarded = arrived.filter(({ request }) => !isSeen(hops, request))

      expect(forwarded.length).toBeGreaterThanOrEqual(journeys.length)
    }),
    { numRuns: 300 * SCALE },
  )
})

test('whatever copies are lost, a request of which one is left goes', () => {
  fc.assert(
    fc.property(fc.array(journey, { minLength: 1, maxLength: 12 }), fates, (journeys, lost) => {
      runs++
      const hops = hopsWith([PROXY, APP, ORDERS])
      const captured = journeys
        .flatMap((one, n) => copiesOf({ ...one, id: `${n}` }))
        .filter((_, n) => lost[n]?.isLost !== true)
        .sort((a, b) => a.lastAt - b.lastAt)
      const idOf = ({ headers }: (typeof captured)[number]) => headers.at(-1)

      const forwarded = captured.filter((request) => !isSeen(hops, request))

      expect(new Set(forwarded.map(idOf))).toEqual(new Set(captured.map(idOf)))
    }),
    { numRuns: 300 * SCALE },
  )
})

test.each([
  ['another body', copy(PROXY, APP, 10, { body: 'x' })],
  ['another path', copy(PROXY, APP, 10, { path: '/x' })],
  ['another id', copy(PROXY, APP, 10, { id: 'x' })],
  ['another client, who is no source', copy('10.0.0.9', APP, 10)],
  ['the same client once more', copy(CLIENT, PROXY, 10)],
  ['much later', copy(PROXY, APP, 20_000)],
  ['no id at all', { ...copy(PROXY, APP, 10), headers: ['Host', 'h'] }],
])('with %s it is another request', (_, second) => {
  const hops = new Hops([PROXY, APP], 'once', 'exp')
  isSeen(hops, copy(CLIENT, PROXY, 0))

  expect(isSeen(hops, second)).toBe(false)
})

test.each([
  [
    'traceparent',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01',
  ],
  [
    'X-Amzn-Trace-Id',
    'Root=1-67891233-abcdef012345678912345678',
    'Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678',
  ],
])('%s is the same on every hop, though each writes its own part into it', (name, outer, inner) => {
  const hops = new Hops([PROXY, APP], 'once', 'exp')
  const first = { ...copy(CLIENT, PROXY, 0), headers: ['Host', 'h', name, outer] }
  const second = {
    ...copy(PROXY, APP, 5),
    headers: ['Host', 'h', name.toLowerCase(), inner, 'X-Request-Id', 'new'],
  }

  expect([isSeen(hops, first), isSeen(hops, second), isSeen(hops, second)]).toEqual([false, true, false])
})

test('where only the outer hop is wanted, what comes from a source never goes, whoever reads it', () => {
  const [one, other] = [new Hops([PROXY, APP], 'outer', 'exp'), new Hops([PROXY, APP], 'outer', 'exp')]

  expect([isSeen(one, copy(CLIENT, PROXY, 0)), isSeen(one, copy(CLIENT, PROXY, 0))]).toEqual([false, false])
  expect(isSeen(other, { ...copy(PROXY, APP, 5), headers: ['Host', 'h'] })).toBe(true)
})

test('memory and time are bounded, whatever ids and contents come', () => {
  const hops = new Hops([PROXY, APP], 'once', 'exp', new WaitingCopies(memoryFor(4_096)))
  const start = process.threadCpuUsage()
  for (let n = 0; n < 10_000; n++) {
    isSeen(hops, copy(CLIENT, PROXY, 0, { id: `${n}` }))
    isSeen(hops, copy(PROXY, APP, 0, { id: 'the same' }))
  }
  const { user } = process.threadCpuUsage(start)

  expect(user / 1000).toBeLessThan(5_000)
  // The oldest were forgotten for the newest.
  expect(isSeen(hops, copy(PROXY, APP, 0, { id: '0' }))).toBe(false)
  expect(isSeen(hops, copy(PROXY, APP, 0, { id: '9999' }))).toBe(true)
})
