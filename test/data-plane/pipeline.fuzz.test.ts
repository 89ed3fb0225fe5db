import { describe, expect, test } from 'vitest'
import { Pipeline } from '../../data-plane/pipeline.ts'
import { vxlanPayload } from '../../data-plane/wire/emit.ts'
import { Conversation } from '../support/conversation.ts'
import { seeded } from '../support/faults.ts'

const DATAGRAMS = 6000 * Number(process.env.FUZZ ?? 1)

function corpus(): Buffer[] {
  const c = new Conversation().open()
  c.say('client', 'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n')
  c.say('server', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  c.say('client', 'GET /h2c HTTP/1.1\r\nUpgrade: h2c\r\n\r\n')
  c.say('server', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n')
  c.say('client', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0')
  c.say('server', '\0\0\0\x04\0\0\0\0\0\0\0\x01\x01\x05\0\0\0\x01\x88')
  c.finish()
  const v6 = new Conversation({ client: 'fd00::1', server: 'fd00::2' }).open()
  v6.say('client', 'GET /six HTTP/1.1\r\nHost: a\r\n\r\n')
  v6.finish()
  return [...c.packets, ...v6.packets].map(({ frame }) => vxlanPayload(9, frame))
}

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0)

describe('the packet path', { timeout: 600_000 }, () => {
  test('takes mutated datagrams without an exception, and every count adds up', () => {
    const seed = 20261121
    const random = seeded(seed)
    const originals = corpus()
    const pipeline = new Pipeline({ onRequest: () => {}, onExchange: () => {} })

    let at = 1_000_000
    for (let i = 0; i < DATAGRAMS; i++) {
      const bytes = Buffer.from(originals[i % originals.length] as Buffer)
      const flips = Math.floor(random() * 4)
      for (let n = 0; n < flips; n++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
      const length = random() < 0.2 ? Math.floor(random() * bytes.length) : bytes.length
      at += random() * 10
      pipeline.datagram(bytes, 0, length, 0, at)
    }
    const { heldBytes } = pipeline.usage
    const { counters } = pipeline

    expect(sum(counters.datagrams), `seed ${seed}`).toBe(DATAGRAMS)
    expect(sum(counters.packets)).toBe(counters.datagrams.accepted)
    expect(sum(counters.segments)).toBe(counters.packets.tcp)
    const { received, gap, ...taken } = counters.bytes
    expect(sum(taken) + heldBytes).toBe(received)
    expect(gap).toBeGreaterThanOrEqual(0)

    pipeline.close(at)

    expect(pipeline.usage).toEqual({ connections: 0, heldBytes: 0, bodyBytes: 0 })
    const { opened, ...ended } = counters.connections
    expect(sum(ended)).toBe(opened)
  })
})
