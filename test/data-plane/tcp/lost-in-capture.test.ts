import { describe, expect, test } from 'vitest'
import { ACK, PSH } from '../../../data-plane/wire/tcp.ts'
import { type Captured, Conversation } from '../../support/conversation.ts'
import { runTimed, type Timed } from '../../support/timed.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const targets = ({ requests }: { requests: { target: string }[] }): string[] => requests.map((r) => r.target)

/** Packets ten milliseconds apart; only the client's unless `both`. */
const timed = (packets: readonly Captured[], both = false, gapMs = 10): Timed[] =>
  packets
    .map(({ frame, from }, i) => ({ at: i * gapMs, frame, from }))
    .filter(({ from }) => both || from === 'client')

/** Requests /0 to /9, each answered before the next; the packet with /4 is missing. */
function keepAlive(): Conversation {
  const c = new Conversation().open()
  for (let i = 0; i < 10; i++) {
    if (i === 4) c.skip('client', get('/4').length)
    else c.say('client', get(`/${i}`))
    c.say('server', OK)
  }
  return c
}

describe('a packet that the mirror lost', () => {
  test('of the client alone: once it has heard more past the hole, the hole holds nothing up', () => {
    const { times, pipeline } = runTimed(timed(keepAlive().packets), 5000)

    // /9 is the 23rd packet and shows last; everything is out when the hole is a quarter of a second old.
    expect(times.get('/9')).toBeLessThan(600)
    expect(pipeline.counters.bytes.gap).toBe(get('/4').length)
  })

  test('of the client alone, which then says nothing more: within the first timeout of a sender', () => {
    const c = new Conversation().open()
    const body = 'x'.repeat(100)
    c.say('client', `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 300\r\n\r\n${body}`)
    c.skip('client', 100)
    c.say('client', `${body}${get('/b')}`)

    const { times } = runTimed(timed(c.packets), 3000)

    expect(times.get('/b')).toBeGreaterThanOrEqual(1000)
    expect(times.get('/b')).toBeLessThan(1200)
  })

  test('with several holes in a row each has its own time', () => {
    const c = new Conversation().open()
    const head = 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n'
    c.say('client', head)
    for (let i = 0; i < 5; i++) c.skip('client', 100).say('client', 'y'.repeat(100))
    c.say('client', get('/b'))

    expect(runTimed(timed(c.packets), 3000).times.get('/b')).toBeLessThan(1200)
  })

  test('with both halves captured a hole nobody acknowledged waits for the retransmission', () => {
    const c = new Conversation().open()
    c.say('client', get('/a'))
    c.say('server', OK)
    const lost = Buffer.from(get('/b'))
    const { length } = lost
    c.skip('client', length).say('client', get('/c'))
    c.skip('client', -length - get('/c').length)
    const packets = timed(c.packets, true)
    c.segment('client', ACK | PSH, { data: lost })
    const late = { at: 5000, frame: c.packets.at(-1)?.frame as Buffer }

    const result = runTimed([...packets, late], 100)

    expect(targets(result)).toEqual(['/a', '/b', '/c'])
    expect(result.pipeline.counters.bytes.gap).toBe(0)
  })

  test.each([
    ['the lost packet alone', (lost: string, _: string) => lost],
    ['the lost packet and the one behind it as one', (lost: string, behind: string) => lost + behind],
    ['more than was ever sent before', (lost: string, behind: string) => lost + behind + get('/more')],
  ])('a retransmission that comes after all neither doubles nor splices: %s', (_, resent) => {
    const [lost, behind] = [get('/lost'), get('/behind')]
    const c = new Conversation().open()
    c.say('client', get('/a'))
    c.say('server', OK)
    c.skip('client', lost.length).say('client', behind)
    const packets = timed(c.packets)
    c.segment('client', ACK | PSH, {
      data: Buffer.from(resent(lost, behind)),
      offset: -lost.length - behind.length,
    })
    const late = { at: 3000, frame: c.packets.at(-1)?.frame as Buffer }

    const result = runTimed([...packets, late], 5000)

    expect(new Set(targets(result)).size).toBe(targets(result).length)
    for (const target of targets(result)) expect(['/a', '/behind']).toContain(target)
    expect(result.pipeline.counters.bytes.gap).toBe(lost.length)
  })

  test('what comes again within the timeout is read in its place', () => {
    const [lost, behind] = [get('/lost'), get('/behind')]
    const c = new Conversation().open()
    c.say('client', get('/a'))
    c.skip('client', lost.length).say('client', behind)
    const packets = timed(c.packets)
    c.segment('client', ACK | PSH, { data: Buffer.from(lost), offset: -lost.length - behind.length })
    const late = { at: 900, frame: c.packets.at(-1)?.frame as Buffer }

    expect(targets(runTimed([...packets, late], 100))).toEqual(['/a', '/lost', '/behind'])
  })

  test('two hundred connections that each lost a packet hold nothing after it', () => {
    const frames = Array.from({ length: 200 }, (_, i) => i).flatMap((i) => {
      const c = new Conversation({ port: 20_000 + i }).open()
      for (let n = 0; n < 6; n++) {
        if (n === 2) c.skip('client', get('/2').length)
        else c.say('client', get(`/${i}/${n}`))
        c.say('server', OK)
      }
      return timed(c.packets)
    })
    frames.sort((a, b) => a.at - b.at)

    const { times, pipeline } = runTimed(frames, 1000)

    for (let i = 0; i < 200; i++) expect(times.get(`/${i}/5`)).toBeLessThan(600)
    expect(pipeline.usage.heldBytes).toBe(0)
  })
})
