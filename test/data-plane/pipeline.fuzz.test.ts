import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { Pipeline } from '../../data-plane/pipeline.ts'
import { vxlanPayload } from '../../data-plane/wire/emit.ts'
import { Conversation } from '../support/conversation.ts'
import { seeded } from '../support/faults.ts'
import { fuzzDatagrams, fuzzTalks, HAS_CAPTURES, type Talk } from '../support/fuzz-corpus.ts'
import { IS_PROOF, SCALE } from '../support/scale.ts'

const DATAGRAMS = 6_000 * SCALE
const STREAMS = 2_000 * SCALE
const SEED = 20261121
/** What a run may leave behind on the heap: nothing grows with the number of datagrams or streams. */
const LEFT_BYTES = 24 << 20

if (!HAS_CAPTURES)
  console.log('the capture corpus is not beside this repository: only our own packets are mutated')

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const heap = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0)

const newPipeline = () => {
  const given = { requests: 0, exchanges: 0 }
  const pipeline = new Pipeline({
    onRequest: () => given.requests++,
    onExchange: () => given.exchanges++,
  })
  return { pipeline, given }
}

/** Every count adds up: what was not closed yet is held. */
function expectConserved({ pipeline, given }: ReturnType<typeof newPipeline>, datagrams: number): void {
  const { counters } = pipeline
  expect(sum(counters.datagrams), `seed ${SEED}`).toBe(datagrams)
  expect(sum(counters.packets)).toBe(counters.datagrams.accepted)
  expect(sum(counters.segments)).toBe(counters.packets.tcp)
  const { received, gap, ...taken } = counters.bytes
  expect(sum(taken) + pipeline.usage.heldBytes).toBe(received)
  expect(gap).toBeGreaterThanOrEqual(0)
  expect(given.requests).toBe(counters.requests.complete)
  expect(given.exchanges).toBe(sum(counters.exchanges))
}

function expectNothingLeft({ pipeline }: ReturnType<typeof newPipeline>, at: number): void {
  pipeline.close(at)
  expect(pipeline.usage).toEqual({ connections: 0, heldBytes: 0, bodyBytes: 0 })
  const { opened, ...ended } = pipeline.counters.connections
  expect(sum(ended)).toBe(opened)
}

/** The bytes with a few of them changed, left out, put in, doubled, or taken from somewhere else. */
function mutated(bytes: Buffer, random: () => number, others: readonly Talk[]): Buffer {
  let result = Buffer.from(bytes)
  for (let n = Math.floor(random() * 4); n > 0; n--) {
    const at = Math.floor(random() * (result.length + 1))
    const length = Math.floor(random() * 20)
    const [before, after] = [result.subarray(0, at), result.subarray(at)]
    const kind = random()
    if (kind < 0.4 && at < result.length) result[at] = Math.floor(random() * 256)
    else if (kind < 0.55) result = Buffer.concat([before, after.subarray(length)])
    else if (kind < 0.7) result = Buffer.concat([before, after.subarray(0, length), after])
    else if (kind < 0.85)
      result = Buffer.concat([
        before,
        Buffer.from(PIECES[Math.floor(random() * PIECES.length)] ?? '', 'latin1'),
        after,
      ])
    else {
      const other = others[Math.floor(random() * others.length)] ?? []
      const piece = other[Math.floor(random() * other.length)]
      result = Buffer.concat([before, piece?.bytes.subarray(0, 400) ?? Buffer.alloc(0), after])
    }
  }
  return result
}

/** What parsers stumble over. */
const PIECES = [
  '\r\n\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  ':',
  '0\r\n\r\n',
  'ffffffffffffffff\r\n',
  '-1\r\n',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'HTTP/1.1 200 OK\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\0\0\0\x04\0\0\0\0\0',
  '\0\0\x04\x01\x04\0\0\0\x01\x82\x86\x84\x41',
  '\xff\xff\xff\x01\x04\0\0\0\x03',
  '\x3f\xff\xff\xff\xff\x0f',
]

describe('the packet path', { timeout: IS_PROOF ? 14_400_000 : 60_000 }, () => {
  test('takes mutated datagrams without an exception or a leak, and every count adds up', () => {
    const random = seeded(SEED)
    const originals = fuzzDatagrams()
    const fuzzed = newPipeline()
    const heapBefore = heap()

    let at = 1_000_000
    for (let i = 0; i < DATAGRAMS; i++) {
      const bytes = Buffer.from(originals[Math.floor(random() * originals.length)] as Buffer)
      const flips = Math.floor(random() * 4)
      for (let n = 0; n < flips; n++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
      const length = random() < 0.2 ? Math.floor(random() * bytes.length) : bytes.length
      at += random() * 10
      fuzzed.pipeline.datagram(bytes, 0, length, 0, at)
    }

    expectConserved(fuzzed, DATAGRAMS)
    expectNothingLeft(fuzzed, at)
    expectConserved(fuzzed, DATAGRAMS)
    expect(heap() - heapBefore).toBeLessThan(LEFT_BYTES)
    if (IS_PROOF) console.log(`${DATAGRAMS} mutated datagrams, seed ${SEED}`)
  })

  test('takes mutated streams without an exception or a leak, and every count adds up', () => {
    const random = seeded(SEED)
    const talks = fuzzTalks()
    const fuzzed = newPipeline()
    const heapBefore = heap()

    let at = 1_000_000
    let datagrams = 0
    for (let i = 0; i < STREAMS; i++) {
      const c = new Conversation({ port: 10_000 + (i % 50_000), isn: [Math.floor(random() * 2 ** 32), 7] })
      if (random() < 0.9) c.open()
      const cut = Math.floor(random() < 0.1 ? 1 + random() * 50 : 200 + random() * 1300)
      for (const { from, bytes } of talks[Math.floor(random() * talks.length)] as Talk) {
        if (random() < 0.02) continue
        c.say(random() < 0.01 ? 'server' : from, random() < 0.3 ? mutated(bytes, random, talks) : bytes, cut)
      }
      const { packets } = random() < 0.8 ? c.finish() : c.reset('client')
      for (const { frame } of packets) {
        at += 0.1
        datagrams++
        const bytes = vxlanPayload(9, frame)
        fuzzed.pipeline.datagram(bytes, 0, bytes.length, 0, at)
      }
    }

    expectConserved(fuzzed, datagrams)
    expectNothingLeft(fuzzed, at)
    expectConserved(fuzzed, datagrams)
    expect(fuzzed.given.requests).toBeGreaterThan(STREAMS / 4)
    expect(heap() - heapBefore).toBeLessThan(LEFT_BYTES)
    if (IS_PROOF) console.log(`${STREAMS} mutated streams in ${datagrams} datagrams, seed ${SEED}`)
  })
})
