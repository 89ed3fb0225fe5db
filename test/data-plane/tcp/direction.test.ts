import { describe, expect, test } from 'vitest'
import { parseMac } from '../../../data-plane/wire/ethernet.ts'
import { Conversation } from '../../support/conversation.ts'
import { run, summary } from '../../support/exchanges.ts'

const MAC = Buffer.from('02a1b2c3d4e5', 'hex')
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const macs = new Map([[7, 0x02a1b2c3d4e5]])

/** Joined in the middle: the rest of a response's body reads like a request. */
function joined(options: ConstructorParameters<typeof Conversation>[0]): Conversation {
  const c = new Conversation(options)
  c.say('server', get('/not-a-request'))
  c.say('client', get('/a'))
  c.say('server', OK)
  c.say('client', get('/b'))
  c.say('server', OK)
  return c.finish()
}

describe('who serves a connection that is joined in the middle', () => {
  test('the end with the service port, whatever its bytes look like', () => {
    const { exchanges } = run(joined({}).packets, { ports: new Set([80]) })

    expect(summary(exchanges)).toEqual(['GET /a > 200', 'GET /b > 200'])
  })

  test('of two service ports, the mirrored ENI’s', () => {
    const both = { port: 9090, serverPort: 8080, mac: MAC }

    const { exchanges } = run(joined(both).packets, { ports: new Set([8080, 9090]), macs })

    expect(summary(exchanges)).toEqual(['GET /a > 200', 'GET /b > 200'])
  })

  test('without the ENI’s MAC, or with both being the ENI, what the bytes say', () => {
    const ports = new Set([8080, 9090])
    const c = new Conversation({ port: 9090, serverPort: 8080, mac: MAC })
    c.say('client', get('/a'))
    c.say('server', OK)

    for (const known of [new Map(), new Map([[7, 1]]), new Map([[8, 0x02a1b2c3d4e5]])])
      expect(summary(run(c.packets, { ports, macs: known }).exchanges)).toEqual(['GET /a > 200'])
  })

  test('a SYN is believed before a port: this ENI asks, from a port that others serve on', () => {
    const c = new Conversation({ port: 8080, serverPort: 5000 }).open()
    c.say('client', get('/a'))
    c.say('server', OK)

    const { exchanges } = run(c.finish().packets, { ports: new Set([8080]) })

    expect(exchanges[0]?.connection.server.port).toBe(5000)
    expect(summary(exchanges)).toEqual(['GET /a > 200'])
  })

  test.each([
    ['http2', '\0\0\x04\x08\0\0\0\0\0\0\0\0\x05'],
    ['tls', '\x17\x03\x03\x00\x05hello'],
  ])('known roles do not hide %s', (protocol, bytes) => {
    const c = new Conversation()
    c.say('client', bytes)
    c.say('server', bytes)

    const { pipeline } = run(c.packets, { ports: new Set([80]) })

    expect(pipeline.protocols).toMatchObject([{ protocol, port: 80, peer: '10.0.0.2', connections: 1 }])
  })
})

test('MAC addresses as numbers', () => {
  expect(parseMac('02:A1:b2:c3:d4:e5')).toBe(0x02a1b2c3d4e5)
  expect(parseMac('ff-ff-ff-ff-ff-ff')).toBe(2 ** 48 - 1)
  for (const text of ['', '02:a1', '02:a1:b2:c3:d4:e5:f6', 'x2:a1:b2:c3:d4:e5'])
    expect(parseMac(text)).toBeNull()
})
