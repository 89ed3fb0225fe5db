import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Pipeline } from '../../../data-plane/pipeline.ts'
import { Conversation } from '../../support/conversation.ts'
import { seeded } from '../../support/faults.ts'
import { SCALE } from '../../support/scale.ts'
import { turns } from '../../support/scripts.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

type Copy = { vni: number; frame: Buffer; at: number }

function read(copies: readonly Copy[]): { requests: string[]; pairs: string[]; pipeline: Pipeline } {
  const requests: string[] = []
  const pairs: string[] = []
  const pipeline = new Pipeline({
    onRequest: ({ target }) => void requests.push(target),
    onExchange: ({ request, response }) => {
      if (request?.complete && response?.complete) pairs.push(`${request.target} ${response.headers[1]}`)
    },
  })
  let now = 0
  for (const { vni, frame, at } of [...copies].sort((a, b) => a.at - b.at)) {
    now = at
    pipeline.frame(Buffer.from(frame), 0, frame.length, vni, at)
  }
  const { received, gap: _, ...bytes } = pipeline.counters.bytes
  expect(sum(bytes) + pipeline.usage.heldBytes).toBe(received)
  expect(sum(pipeline.counters.segments)).toBe(pipeline.counters.packets.tcp)
  pipeline.close(now)
  expect(pipeline.usage).toEqual({ connections: 0, heldBytes: 0, bodyBytes: 0 })
  return { requests, pairs, pipeline }
}

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0)

/** What one ENI's session delivers, each packet a little late. */
const mirror = (
  { packets }: Conversation,
  vni: number,
  late: (i: number) => number,
  isKept: (i: number) => boolean = () => true,
): Copy[] =>
  packets.flatMap(({ frame }, i) => (isKept(i) ? [{ vni, frame, at: 1_000_000 + i * 2 + late(i) }] : []))

function twoRequests(options: ConstructorParameters<typeof Conversation>[0] = {}, path = ''): Conversation {
  const c = new Conversation(options).open()
  for (const n of ['1', '2']) {
    c.say('client', get(`${path}/${n}`))
    c.say('server', OK)
  }
  return c.finish()
}

describe('a connection that is mirrored at both ends', () => {
  test('is read once, and its other copies are counted', () => {
    const c = twoRequests()

    const { requests, pipeline } = read([...mirror(c, 7, () => 0), ...mirror(c, 9, () => 0.5)])

    expect(requests).toEqual(['/1', '/2'])
    expect(pipeline.counters.connections.opened).toBe(1)
    // When both ends have finished come a copy of the second FIN, and the last acknowledgement twice.
    const { duplicate_vni, after_end } = pipeline.counters.segments
    expect([duplicate_vni, after_end]).toEqual([c.packets.length - 2, 3])
    expect(pipeline.counters.exchanges.paired).toBe(2)
  })

  test('is read once whichever copy comes first, and at three ends', () => {
    const c = twoRequests()
    const random = seeded(1)
    const copies = [7, 8, 9].flatMap((vni) => mirror(c, vni, () => random() * 20))

    expect(read(copies).requests).toEqual(['/1', '/2'])
  })

  test('copies fill each other’s gaps', () => {
    fc.assert(
      fc.property(turns({ pipelining: true }), fc.integer(), (script, seed) => {
        const random = seeded(seed)
        const c = new Conversation().open()
        for (const turn of script) {
          for (const { requestBytes } of turn) c.say('client', requestBytes, 700)
          c.ack('server')
          for (const { responseBytes } of turn) c.say('server', responseBytes, 700)
        }
        c.finish()
        // Each packet is lost on one of the two at most; the handshake on none, and it comes first.
        const lost = c.packets.map((_, i) => (i < 3 ? 0 : Math.floor(random() * 4)))
        const late = (i: number): number => (i < 3 ? 0 : random() * 15)
        const copies = [
          ...mirror(c, 7, late, (i) => lost[i] !== 1),
          ...mirror(c, 9, late, (i) => lost[i] !== 2),
        ]

        const { requests, pipeline } = read(copies)

        expect(requests).toEqual(script.flat().map(({ target }) => target))
        expect(pipeline.counters.bytes.gap).toBe(0)
      }),
      { numRuns: 100 * SCALE },
    )
  })

  test('whatever is lost on both, nothing comes twice and nothing is made up', () => {
    fc.assert(
      fc.property(turns({ pipelining: true }), fc.integer(), fc.nat(8), (script, seed, skipped) => {
        const random = seeded(seed)
        const c = new Conversation().open()
        for (const turn of script) {
          for (const { requestBytes } of turn) c.say('client', requestBytes, 700)
          c.ack('server')
          for (const { responseBytes } of turn) c.say('server', responseBytes, 700)
        }
        c.finish()
        const late = (): number => random() * 5
        const copies = [
          ...mirror(c, 7, late, () => random() > 0.15),
          ...mirror(c, 9, late, (i) => i >= skipped && random() > 0.15),
        ]

        const { requests, pairs } = read(copies)

        const sent = new Set(script.flat().map(({ target }) => target))
        expect(new Set(requests).size).toBe(requests.length)
        for (const target of requests) expect(sent).toContain(target)
        for (const pair of pairs) expect(pair).toMatch(/^\/(\d+) \1$/)
      }),
      { numRuns: 200 * SCALE },
    )
  })

  test('goes on where the one that was followed falls silent', () => {
    const c = new Conversation().open()
    for (let i = 0; i < 6; i++) {
      c.say('client', get(`/${i}`))
      c.say('server', OK)
    }
    const slow = (i: number): number => i * 2000

    // The second session begins later; the first has ended before, and two exchanges fall between.
    const { requests } = read([...mirror(c, 7, slow, (i) => i < 5), ...mirror(c, 9, slow, (i) => i >= 9)])

    expect(requests).toEqual(['/0', '/3', '/4', '/5'])
  })

  test('goes on without a gap where it joins in time', () => {
    const c = twoRequests()

    // The second session has no handshake: its first packets are those that prove it.
    const { requests, pipeline } = read([
      ...mirror(
        c,
        7,
        () => 0,
        (i) => i < 5,
      ),
      ...mirror(
        c,
        9,
        () => 0.5,
        (i) => i >= 3,
      ),
    ])

    expect(requests).toEqual(['/1', '/2'])
    expect(pipeline.counters.exchanges.paired).toBe(2)
    expect(pipeline.counters.bytes.gap).toBe(0)
  })

  test('uses its port again: again one', () => {
    const first = twoRequests({}, '/first')
    const second = twoRequests({ isn: [5_000_000, 77_000_000] }, '/second')
    const later = (): number => 100
    const copies = (late: number): Copy[] => [
      ...mirror(first, 7, () => 0),
      ...mirror(first, 9, () => late),
      ...mirror(second, 7, later),
      ...mirror(second, 9, () => 100 - late),
    ]

    for (const late of [0.5, -0.5]) {
      const { requests, pipeline } = read(copies(late))

      expect(requests).toEqual(['/first/1', '/first/2', '/second/1', '/second/2'])
      expect(pipeline.counters.connections.opened).toBe(2)
    }
  })
})

test('networks with the same addresses are kept apart', () => {
  const one = twoRequests({}, '/one')
  const two = twoRequests({ isn: [0x7000_0000, 0x6000_0000] }, '/two')

  const { requests, pipeline } = read([...mirror(one, 7, () => 0), ...mirror(two, 9, () => 0.5)])

  expect(requests.sort()).toEqual(['/one/1', '/one/2', '/two/1', '/two/2'])
  expect(pipeline.counters.connections.opened).toBe(2)
  expect(pipeline.counters.segments.duplicate_vni).toBe(0)
})
