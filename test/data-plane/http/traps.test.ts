import { describe, expect, test } from 'vitest'
import { Pipeline } from '../../../data-plane/pipeline.ts'
import { parseAddress } from '../../../data-plane/wire/address.ts'
import { ethernetFrame, tcpPacket, vxlanPayload } from '../../../data-plane/wire/emit.ts'
import { ACK, PSH, SYN } from '../../../data-plane/wire/tcp.ts'
import { Conversation } from '../../support/conversation.ts'
import { run, summary } from '../../support/exchanges.ts'

/** Each of these made another tool lose a request, corrupt it, make one up, or die. */

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`

describe('traps for requests', () => {
  test('the acknowledgement number changes inside a request', () => {
    const c = new Conversation().open()
    c.say('client', 'POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n')
    c.say('server', 'HTTP/1.1 100 Continue\r\n\r\n')
    c.say('client', 'abcdef')
    c.say('server', OK)

    const { exchanges } = run(c.finish().packets)

    expect(summary(exchanges)).toEqual(['POST /a > 200'])
    expect(exchanges[0]?.request?.body.toString()).toBe('abcdef')
    expect(exchanges[0]?.response?.interim).toEqual([100])
  })

  test('a body segment of zero bytes only', () => {
    const c = new Conversation().open()
    c.say('client', 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n')
    c.say('client', Buffer.alloc(8))

    const { requests } = run(c.finish().packets)

    expect(requests[0]?.body).toEqual(Buffer.alloc(8))
  })

  test('pipelined requests in one segment', () => {
    const c = new Conversation().open()
    c.say('client', get('/a') + get('/b') + get('/c'))
    c.say('server', OK + OK)
    c.say('server', OK)

    const { exchanges } = run(c.finish().packets)

    expect(summary(exchanges)).toEqual(['GET /a > 200', 'GET /b > 200', 'GET /c > 200'])
  })

  test('a longer retransmission', () => {
    const c = new Conversation().open()
    const bytes = Buffer.from(post('/a', 'abcdefghij'))
    c.segment('client', ACK | PSH, { data: bytes.subarray(0, 30) })
    c.segment('client', ACK | PSH, { data: bytes })

    const { requests } = run(c.skip('client', bytes.length).finish().packets)

    expect(requests.map((r) => r.body.toString())).toEqual(['abcdefghij'])
  })

  test('sequence numbers that wrap', () => {
    const c = new Conversation({ isn: [0xffff_ffff - 40, 0xffff_ffff - 3] }).open()
    c.say('client', post('/a', 'x'.repeat(200)), 30)
    c.say('server', OK, 7)
    c.say('client', get('/b'), 30)
    c.say('server', OK, 7)

    const { exchanges } = run(c.finish().packets)

    expect(summary(exchanges)).toEqual(['POST /a > 200', 'GET /b > 200'])
  })

  test('the last chunk is split over segments', () => {
    const bytes = 'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n'
    for (let cut = 1; cut < 8; cut++) {
      const c = new Conversation().open()
      c.say('client', bytes, [bytes.length - cut, cut])

      const { requests } = run(c.finish().packets)

      expect(requests.map((r) => r.body.toString())).toEqual(['abc'])
    }
  })

  test('methods outside the usual nine', () => {
    const c = new Conversation().open()
    for (const method of ['PURGE', 'PROPFIND', 'M-SEARCH', 'X']) {
      c.say('client', `${method} /a HTTP/1.1\r\nHost: a\r\n\r\n`)
      c.say('server', OK)
    }

    const { requests } = run(c.finish().packets)

    expect(requests.map((r) => r.method)).toEqual(['PURGE', 'PROPFIND', 'M-SEARCH', 'X'])
  })

  test('a status outside the registry', () => {
    const c = new Conversation().open()
    c.say('client', get('/a'))
    c.say('server', 'HTTP/1.1 799 Odd\r\nContent-Length: 0\r\n\r\n')

    expect(summary(run(c.finish().packets).exchanges)).toEqual(['GET /a > 799'])
  })

  test('Ethernet padding behind the IP packet', () => {
    const c = new Conversation().open()
    c.say('client', post('/a', 'abcdef'), 60)
    const padded = c.finish().packets.map(({ frame }) => ({ frame: Buffer.concat([frame, Buffer.alloc(6)]) }))

    expect(run(padded).requests.map((r) => r.body.toString())).toEqual(['abcdef'])
  })

  test('jumbo frames', () => {
    const c = new Conversation().open()
    c.say('client', post('/a', 'x'.repeat(20_000)), 8949)

    expect(run(c.finish().packets).requests[0]?.body.length).toBe(20_000)
  })

  test('a datagram of four bytes', () => {
    const pipeline = new Pipeline({ onRequest: () => {}, onExchange: () => {} })

    for (let length = 0; length < 60; length++) pipeline.datagram(Buffer.alloc(60, 8), 0, length, 0, 0)

    expect(pipeline.counters.datagrams).toMatchObject({ accepted: 52, short: 8, not_vxlan: 0, refused: 0 })
    expect(pipeline.counters.packets.cut + pipeline.counters.packets.not_ip).toBe(52)
  })

  test('a gap inside a body followed by a new request', () => {
    const c = new Conversation().open()
    c.say('client', 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\nAAAAAAAAAA')
    c.skip('client', 10)
    c.say('client', `CCCCCCCCCC${get('/second')}`)

    const { requests, exchanges, pipeline } = run(c.finish().packets)

    expect(requests.map((r) => r.target)).toEqual(['/second'])
    expect(summary(exchanges)).toEqual(['POST /a !gap > -', 'GET /second > -'])
    expect(pipeline.counters.bytes.gap).toBe(10)
  })

  test('a gap that hides where the next request starts', () => {
    const c = new Conversation().open()
    c.say('client', 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nAAAAAAAAAA')
    c.skip('client', 25)
    c.say('client', `CCCCCCCCCC${get('/inside')}`)
    c.say('server', OK)
    c.say('client', get('/next'))
    c.say('server', OK)

    const { requests } = run(c.finish().packets)

    expect(requests.map((r) => r.target)).toEqual(['/next'])
  })

  test('a capture that starts in a body that looks like a request', () => {
    for (const lookalike of [get('/smuggled'), `${get('/smuggled')}more`, `text ${get('/smuggled')}`]) {
      const c = new Conversation()
      c.say('client', `${'A'.repeat(50)}`)
      c.say('client', lookalike)
      c.say('server', OK)
      c.say('client', get('/real'))
      c.say('server', OK)

      expect(run(c.finish().packets).requests.map((r) => r.target)).toEqual(['/real'])
      expect(run(c.packets.slice(0, 2)).requests).toEqual([])
    }
  })

  test('a capture that starts at a segment that looks like a request and is not one', () => {
    const c = new Conversation()
    c.say('client', get('/smuggled'))
    c.say('client', 'more of the body')
    c.say('server', OK)
    c.say('client', get('/real'))
    c.say('server', OK)

    const { requests, pipeline } = run(c.finish().packets)

    expect(requests.map((r) => r.target)).toEqual(['/real'])
    expect(pipeline.counters.requests.unproven).toBeGreaterThan(0)
  })

  test('a capture that starts in a pipeline at a body that holds a request and goes on', () => {
    const body = `${get('/smuggled')}end`
    const c = new Conversation()
    c.say('client', body)
    c.say('client', get('/a'))
    c.say('client', get('/b'))
    c.say('server', OK + OK + OK)
    c.say('client', get('/c'))
    c.say('server', OK)

    const { requests } = run(c.finish().packets)

    expect(requests.map((r) => `${r.method} ${r.target}`)).toEqual(['GET /c'])
  })

  test('a capture that starts in a pipeline whose HEAD was answered with the length of all answers behind', () => {
    const c = new Conversation()
    c.say('client', get('/seen'))
    const others = OK.repeat(3)
    c.say('server', `HTTP/1.1 200 OK\r\nContent-Length: ${others.length}\r\n\r\n${others}`)
    c.say('client', get('/next'))
    c.say('server', OK)

    const { exchanges, pipeline } = run(c.finish().packets)

    expect(summary(exchanges)).toEqual(['GET /seen > -', 'GET /next > 200'])
    expect(pipeline.counters.responses.unproven).toBe(1)
  })

  test('header values with commas, odd case, duplicates and latin-1', () => {
    const c = new Conversation().open()
    c.say(
      'client',
      'GET /\xe9 HTTP/1.1\r\nhOsT: a\r\nAccept: a, b;q="c,d"\r\nX: 1\r\nx: 2\r\nL: \xfc\r\n\r\n',
    )

    const [request] = run(c.finish().packets).requests

    expect(request?.headers).toEqual(['hOsT', 'a', 'Accept', 'a, b;q="c,d"', 'X', '1', 'x', '2', 'L', '\xfc'])
    expect(request?.target).toBe('/\xe9')
  })

  test('a port that is not asked for', () => {
    const c = new Conversation().open()
    c.say('client', get('/a'))

    const { requests, pipeline } = run(c.finish().packets, { ports: new Set([8080]) })

    expect(requests).toEqual([])
    expect(pipeline.counters.packets.other_port).toBe(c.packets.length)
  })
})

describe('the gate', () => {
  const source = parseAddress('10.0.0.1')
  const destination = parseAddress('10.0.0.2')
  const fields = { sourcePort: 1, destinationPort: 80, sequence: 1, flags: SYN }
  const frame = ethernetFrame(tcpPacket({ source, destination }, fields))

  test('nothing of a refused datagram is read', () => {
    const asked: unknown[] = []
    const admit = (vni: number, from: number): boolean => {
      asked.push([vni, from])
      return vni === 5
    }
    const pipeline = new Pipeline({ onRequest: () => {}, onExchange: () => {} }, { admit })

    for (const vni of [5, 6]) {
      const payload = vxlanPayload(vni, frame)
      pipeline.datagram(payload, 0, payload.length, 0x0a000001, 0)
    }

    expect(asked).toEqual([
      [5, 0x0a000001],
      [6, 0x0a000001],
    ])
    expect(pipeline.counters.datagrams).toMatchObject({ accepted: 1, refused: 1 })
    expect(pipeline.counters.packets.tcp).toBe(1)
  })

  test('reserved bits of VXLAN are ignored', () => {
    const pipeline = new Pipeline({ onRequest: () => {}, onExchange: () => {} })
    const payload = vxlanPayload(5, frame)
    payload[0] = 0xff
    payload.fill(0xff, 1, 4)
    payload[7] = 0xff

    pipeline.datagram(payload, 0, payload.length, 0, 0)

    expect(pipeline.counters.packets.tcp).toBe(1)
  })
})
