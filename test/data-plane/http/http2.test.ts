import http2 from 'node:http2'
import net from 'node:net'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Conversation } from '../../support/conversation.ts'
import { run } from '../../support/exchanges.ts'

type Piece = { from: 'client' | 'server'; bytes: Buffer }

/** The bytes that Node's own HTTP/2 client and server exchange, in order, through a relay. */
async function recorded(talk: (session: http2.ClientHttp2Session) => Promise<void>): Promise<Piece[]> {
  const pieces: Piece[] = []
  const server = http2.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      response.writeHead(body.length > 0 ? 201 : 200, { 'x-path': request.url, 'x-b': '\xe9' })
      response.addTrailers({ 'grpc-status': '0' })
      response.end(Buffer.concat([Buffer.from('answer to '), body]))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const relay = net.createServer((client) => {
    const upstream = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
    client.on('data', (bytes) => {
      pieces.push({ from: 'client', bytes })
      upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      pieces.push({ from: 'server', bytes })
      client.write(bytes)
    })
    client.on('close', () => upstream.destroy())
    for (const socket of [client, upstream]) socket.setNoDelay().on('error', () => undefined)
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  const session = http2.connect(`http://127.0.0.1:${(relay.address() as net.AddressInfo).port}`)
  await talk(session)
  await new Promise<void>((resolve) => session.close(resolve))
  await new Promise<void>((resolve) => relay.close(() => resolve()))
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return pieces
}

function ask(session: http2.ClientHttp2Session, path: string, headers: object, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path, ':method': 'POST', ...headers })
    stream.on('error', reject)
    stream.on('close', resolve)
    stream.resume()
    stream.end(body)
  })
}

function frame(type: number, flags: number, stream: number, payload: string): Buffer {
  const header = Buffer.from([0, 0, payload.length, type, flags, 0, 0, 0, stream])
  return Buffer.concat([header, Buffer.from(payload, 'latin1')])
}

function packets(pieces: readonly Piece[], cut: number): Conversation {
  const c = new Conversation().open()
  for (const { from, bytes } of pieces) c.say(from, bytes, cut)
  return c.finish()
}

describe('HTTP/2', () => {
  // Every byte value in a header shows that the whole Huffman table is right.
  const values = Array.from({ length: 256 }, (_, i) => i)
    .filter((i) => i === 9 || (i >= 32 && i !== 127))
    .map((i) => `v${String.fromCharCode(i).repeat(3)}v`)

  // Node takes at most 128 headers at once.
  const paths = ['/v0', '/v1', '/v2', '/v3']
  const headersOf = (path: string): Record<string, string> =>
    Object.fromEntries(
      values.flatMap((value, i) => (i % paths.length === Number(path[2]) ? [[`x-${i}`, value]] : [])),
    )

  test('what Node exchanges is read back, whatever the segments', async () => {
    const body = Buffer.alloc(20_000, 'b')
    const pieces = await recorded(async (session) => {
      await Promise.all([
        ask(session, '/a', {}, Buffer.alloc(0)),
        ask(session, '/b', { 'x-big': 'y'.repeat(9000) }, body),
      ])
      // Twice: the second time some of them come from the dynamic table.
      for (const path of paths) await ask(session, path, headersOf(path), Buffer.from('z'))
      for (const path of paths) await ask(session, `${path}?again`, headersOf(path), Buffer.from('z'))
    })

    for (const cut of [17, 1460]) {
      const { requests, exchanges } = run(packets(pieces, cut).packets, { step: 0.001 })

      expect(requests.length).toBe(2 + 2 * paths.length)
      expect(exchanges.every((e) => e.request?.complete && e.response?.complete)).toBe(true)
      const byPath = new Map(exchanges.map((e) => [e.request?.target, e]))
      expect(byPath.get('/b')?.request?.body.equals(body)).toBe(true)
      expect(byPath.get('/a')?.response?.status).toBe(200)
      for (const path of paths) {
        for (const target of [path, `${path}?again`]) {
          const found = byPath.get(target)
          const headers: readonly string[] = found?.request?.headers ?? []
          for (const [name, value] of Object.entries(headersOf(path)))
            expect(headers[headers.indexOf(name) + 1]).toBe(value)
          expect(found?.response?.trailers).toEqual(['grpc-status', '0'])
          expect(found?.response?.headers).toContain(target)
        }
      }
    }
  })

  test('lost packets make messages incomplete, never wrong', async () => {
    const pieces = await recorded(async (session) => {
      for (let i = 0; i < 8; i++) await ask(session, `/${i}`, { 'x-i': `${i}` }, Buffer.alloc(3000, `${i}`))
    })
    const whole = packets(pieces, 500).packets

    fc.assert(
      fc.property(fc.array(fc.nat(whole.length - 1), { minLength: 1, maxLength: 4 }), (lost) => {
        const { exchanges } = run(whole.filter((_, i) => !lost.includes(i)))

        for (const { request, response } of exchanges) {
          if (request?.complete)
            expect(request.body.equals(Buffer.alloc(3000, request.target.slice(1)))).toBe(true)
          if (response?.complete && request !== null) expect(response.headers).toContain(request.target)
          if (response?.complete) expect(response.bodyLength).toBe(3010)
        }
      }),
      { numRuns: 60 },
    )
  })

  /** A client's connection by hand: frames of stream 1, and an answer. */
  const byHand = (client: Buffer[], server: Buffer[]): Conversation => {
    const c = new Conversation().open()
    c.say('client', Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), ...client]))
    c.say('server', Buffer.concat([frame(4, 0, 0, ''), ...server]))
    return c.finish()
  }
  const GET = '\x82\x86\x84' // :method GET, :scheme http, :path /

  test.each([
    ['without a method', '\x86\x84'],
    ['with two methods', `\x82${GET}`],
    ['without a path', '\x82\x86'],
    ['with a pseudo-header that is none', `${GET}\0\x04:new\x01a`],
    ['with a line end in a value', `${GET}\0\x01a\x03b\r\n`],
  ])('a request %s is counted as malformed, its answer stays one', (_, block) => {
    const c = byHand([frame(1, 5, 1, block)], [frame(1, 5, 1, '\x88')])

    const { exchanges, requests, pipeline } = run(c.packets)

    expect(requests).toEqual([])
    expect(exchanges.map(({ request, response }) => [request, response?.status])).toEqual([[null, 200]])
    expect(pipeline.counters.requests.malformed).toBe(1)
  })

  test('a body that is not as long as the request says makes it incomplete', () => {
    const length = '\0\x0econtent-length\x015'
    const c = byHand([frame(1, 4, 1, `${GET}${length}`), frame(0, 1, 1, 'four')], [frame(1, 5, 1, '\x88')])

    const { requests, exchanges, pipeline } = run(c.packets)

    expect(requests).toEqual([])
    expect(exchanges[0]?.request).toMatchObject({ complete: false, incomplete: 'protocol' })
    expect(pipeline.counters.requests.protocol).toBe(1)
  })

  test('frames that cross the end of their stream begin no new message', () => {
    const c = new Conversation().open()
    c.say('client', Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(1, 5, 1, GET)]))
    c.say('server', Buffer.concat([frame(4, 0, 0, ''), frame(1, 4, 1, '\x88'), frame(0, 0, 1, 'half')]))
    c.say('client', frame(3, 0, 1, '\0\0\0\x08'))
    c.say('server', Buffer.concat([frame(0, 0, 1, 'more'), frame(1, 5, 1, '\x88')]))

    const { exchanges } = run(c.finish().packets)

    expect(exchanges.length).toBe(1)
    expect(exchanges[0]?.response).toMatchObject({ complete: false, incomplete: 'reset', bodyLength: 4 })
  })

  test('joined in the middle it is counted, not read', async () => {
    const pieces = await recorded(async (session) => {
      for (let i = 0; i < 3; i++) await ask(session, `/${i}`, {}, Buffer.from('x'))
    })
    const c = new Conversation()
    for (const { from, bytes } of pieces.slice(4)) c.say(from, bytes)

    const { exchanges, pipeline } = run(c.finish().packets)

    expect(exchanges).toEqual([])
    expect(pipeline.protocols.map((p) => p.protocol)).toEqual(['http2'])
  })
})
