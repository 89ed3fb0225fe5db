import { describe, expect, test } from 'vitest'
import { Conversation } from '../../support/conversation.ts'
import { run, summary } from '../../support/exchanges.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

function talk(...lines: [from: 'client' | 'server', text: string][]): Conversation {
  const c = new Conversation().open()
  for (const [from, text] of lines) c.say(from, text)
  return c.finish()
}

describe('ambiguous framing is held back and counted', () => {
  const head = 'POST /a HTTP/1.1\r\nHost: a\r\n'
  const smuggled = `0\r\n\r\n${get('/smuggled')}`
  test.each([
    ['two different lengths', `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`],
    ['a list of different lengths', `${head}Content-Length: 5, 6\r\n\r\nabcdef`],
    ['a signed length', `${head}Content-Length: +5\r\n\r\nabcde`],
    ['a hexadecimal length', `${head}Content-Length: 0x5\r\n\r\nabcde`],
    ['an empty length', `${head}Content-Length:\r\n\r\nabcde`],
    ['length and chunked', `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${smuggled}`],
    ['chunked and length', `${head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n${smuggled}`],
    ['an unknown final coding', `${head}Transfer-Encoding: chunked, identity\r\n\r\n${smuggled}`],
    ['chunked twice', `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${smuggled}`],
    ['a misspelt coding', `${head}Transfer-Encoding: xchunked\r\n\r\n${smuggled}`],
    ['a space before the colon', `${head}Content-Length : 5\r\n\r\nabcde`],
    ['a field name that is none', `${head}Content[Length: 5\r\n\r\nabcde`],
    ['a line that is no field', `${head}nonsense\r\n\r\n`],
    ['a folded first line', 'POST /a HTTP/1.1\r\n Host: a\r\n\r\n'],
    ['a bare carriage return', `${head}X: a\rContent-Length: 5\r\n\r\nabcde`],
    ['a zero byte', `${head}X: a\0b\r\n\r\n`],
    ['chunked in HTTP/1.0', 'POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a chunk size that is no number', `${head}Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n`],
    ['a chunk size with a sign', `${head}Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n`],
    ['a chunk longer than it says', `${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n`],
    ['a chunk size ended by a bare LF', `${head}Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n`],
  ])('%s', (_, bytes) => {
    const c = talk(['client', bytes], ['server', OK], ['client', get('/next')], ['server', OK])

    const { requests, exchanges, pipeline } = run(c.packets)

    expect(requests.map((r) => r.target)).toEqual(['/next'])
    expect(summary(exchanges)).toEqual(['- > 200', 'GET /next > 200'])
    expect(pipeline.counters.requests).toMatchObject({ ambiguous: 1, complete: 1 })
  })
})

describe('what RFC 9112 allows is read', () => {
  test.each([
    ['equal lengths', 'POST /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3, 3\r\n\r\nabc', 'abc'],
    [
      'a coding below chunked',
      'POST /a HTTP/1.1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      'abc',
    ],
    [
      'upper-case sizes with zeros and extensions',
      'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n00A ;a="b;c"\r\n0123456789\r\n000\r\nT: 1\r\n\r\n',
      '0123456789',
    ],
    ['bare LF in the head', 'POST /a HTTP/1.1\nContent-Length: 3\n\nabc', 'abc'],
    ['empty lines before it', '\r\n\r\nPOST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc', 'abc'],
    ['folded values', 'POST /a HTTP/1.1\r\nX: a\r\n  b\r\nContent-Length: 3\r\n\r\nabc', 'abc'],
    ['HTTP/1.0', 'POST /a HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc', 'abc'],
    ['no Host', 'POST /a HTTP/1.1\r\n\r\n', ''],
  ])('%s', (_, bytes, body) => {
    for (const cut of [1, 3, 1460]) {
      const c = new Conversation().open()
      c.say('client', bytes, cut)
      c.say('client', get('/next'), cut)

      const { requests } = run(c.finish().packets)

      expect(requests.map((r) => [r.target, r.body.toString()])).toEqual([
        ['/a', body],
        ['/next', ''],
      ])
    }
  })

  test('obsolete folding becomes one space', () => {
    const c = talk(['client', 'GET /a HTTP/1.1\r\nX: a\r\n \t b\r\n\r\n'])

    expect(run(c.packets).requests[0]?.headers).toEqual(['X', 'a b'])
  })

  test('trailers are kept apart', () => {
    const c = talk([
      'client',
      'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: 1\r\nT: 2\r\n\r\n',
    ])

    expect(run(c.packets).requests[0]?.trailers).toEqual(['T', '1', 'T', '2'])
  })

  test('a folded trailer field', () => {
    const c = talk([
      'client',
      'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: 1\r\n\t2\r\n\r\n',
    ])

    expect(run(c.packets).requests[0]?.trailers).toEqual(['T', '1 2'])
  })
})

describe('a request line that is none, as the first of a connection, is counted and the next turn is read', () => {
  test.each([
    ['a space in the target', 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a control character in the target', 'GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['two spaces', 'GET  /a HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a space at its end', 'GET /a HTTP/1.1 \r\nHost: a\r\n\r\n'],
    ['a version that is not ours to read', 'GET /a HTTP/3.7\r\nHost: a\r\n\r\n'],
    ['a version in lower case', 'GET /a http/1.1\r\nHost: a\r\n\r\n'],
  ])('%s', (_, bytes) => {
    const c = talk(['client', bytes], ['server', OK], ['client', get('/next')], ['server', OK])

    const { exchanges, pipeline } = run(c.packets)

    expect(summary(exchanges)).toEqual(['- > 200', 'GET /next > 200'])
    expect(pipeline.counters.requests).toMatchObject({ malformed: 1, complete: 1 })
    expect(pipeline.protocols).toEqual([])
  })

  test('a protocol that only looks alike is left as what it is', () => {
    const c = talk(
      ['client', 'OPTIONS rtsp://a/b RTSP/1.0\r\nCSeq: 1\r\n\r\n'],
      ['server', 'RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n'],
    )

    const { exchanges, pipeline } = run(c.packets)

    expect(exchanges).toEqual([])
    expect(pipeline.protocols).toMatchObject([{ protocol: 'unknown', connections: 1 }])
  })
})

describe('responses', () => {
  test.each([
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok'],
    ['empty lines before it', '\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['a line that is no field', 'HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 2\r\n\r\nok'],
    [
      'length and chunked',
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
  ])('are read as clients read them: %s', (_, bytes) => {
    const c = talk(['client', get('/a')], ['server', bytes], ['client', get('/b')], ['server', OK])

    const { exchanges } = run(c.packets)

    expect(summary(exchanges)).toEqual(['GET /a > 200', 'GET /b > 200'])
    expect(exchanges.map(({ response }) => response?.body.toString())).toEqual(['ok', 'ok'])
  })

  test('without a body: HEAD, 204, 304, 1xx', () => {
    const c = talk(
      ['client', 'HEAD /a HTTP/1.1\r\n\r\n'],
      ['server', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n'],
      ['client', get('/b')],
      ['server', 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n'],
      ['client', get('/c')],
      ['server', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n'],
    )

    const { exchanges } = run(c.packets)

    expect(summary(exchanges)).toEqual(['HEAD /a > 200', 'GET /b > 204', 'GET /c > 304'])
    expect(exchanges[1]?.response?.interim).toEqual([103])
  })

  test('until the connection closes, and reset before that', () => {
    const answer = 'HTTP/1.0 200 OK\r\n\r\nall of it'
    const whole = talk(['client', get('/a')], ['server', answer])
    const cut = new Conversation().open()
    cut.say('client', get('/a'))
    cut.say('server', answer)
    cut.reset('server')

    expect(run(whole.packets).exchanges[0]?.response?.body.toString()).toBe('all of it')
    expect(summary(run(cut.packets).exchanges)).toEqual(['GET /a > 200 !reset'])
  })

  test('an early answer belongs to the request that is still being sent', () => {
    const c = talk(
      ['client', 'POST /a HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc'],
      ['server', 'HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n'],
      ['client', 'def'],
      ['client', get('/b')],
      ['server', OK],
    )

    expect(summary(run(c.packets).exchanges)).toEqual(['POST /a > 413', 'GET /b > 200'])
  })

  test('an answer to nothing is not given to the next request', () => {
    const c = talk(
      ['client', get('/a')],
      ['server', OK],
      ['server', 'HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n'],
      ['client', get('/b')],
      ['server', OK],
    )

    expect(summary(run(c.packets).exchanges)).toEqual(['GET /a > 200', '- > 408', 'GET /b > 200'])
  })

  test('tunnels are counted and their bytes ignored', () => {
    const upgrade = 'GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n'
    const websocket = talk(
      ['client', upgrade],
      ['server', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'],
      ['client', get('/inside')],
    )
    const connect = talk(
      ['client', 'CONNECT a:443 HTTP/1.1\r\n\r\n'],
      ['server', 'HTTP/1.1 200 OK\r\n\r\n'],
      ['client', get('/inside')],
    )
    const refused = talk(['client', upgrade], ['server', OK], ['client', get('/next')], ['server', OK])

    expect(summary(run(websocket.packets).exchanges)).toEqual(['GET /ws > 101'])
    expect(run(websocket.packets).pipeline.protocols).toMatchObject([{ protocol: 'websocket', port: 80 }])
    expect(summary(run(connect.packets).exchanges)).toEqual(['CONNECT a:443 > 200'])
    expect(summary(run(refused.packets).exchanges)).toEqual(['GET /ws > 200', 'GET /next > 200'])
  })
})

describe('limits and other protocols', () => {
  test('an oversized head is counted, the next turn is read', () => {
    const huge = `GET /a HTTP/1.1\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`
    const c = talk(['client', huge], ['server', OK], ['client', get('/next')], ['server', OK])

    const { requests, pipeline } = run(c.packets)

    expect(requests.map((r) => r.target)).toEqual(['/next'])
    expect(pipeline.counters.requests.too_large).toBe(1)
  })

  test('a body over the limit is counted, framing goes on', () => {
    const c = talk(
      ['client', `POST /a HTTP/1.1\r\nContent-Length: 5000\r\n\r\n${'x'.repeat(5000)}`],
      ['client', get('/b')],
    )

    const { requests, exchanges, pipeline } = run(c.packets, { limits: { requestBodyBytes: 1000 } })

    expect(requests.map((r) => r.target)).toEqual(['/b'])
    expect(exchanges[0]?.request).toMatchObject({
      complete: false,
      incomplete: 'too_large',
      bodyLength: 5000,
    })
    expect(pipeline.usage.bodyBytes).toBe(0)
  })

  test.each([
    ['tls', '\x16\x03\x01\x00\x05hello'],
    ['ssh', 'SSH-2.0-OpenSSH\r\n'],
    ['redis', '*1\r\n$4\r\nPING\r\n'],
    ['unknown', '\x01\x02\x03'],
  ])('%s is recognised and counted with its port', (protocol, bytes) => {
    const c = talk(['client', bytes], ['server', bytes])

    const { exchanges, pipeline } = run(c.packets)

    expect(exchanges).toEqual([])
    expect(pipeline.protocols).toEqual([{ protocol, vni: 7, peer: '10.0.0.2', port: 80, connections: 1 }])
  })

  test('port reuse starts anew', () => {
    const first = new Conversation({ isn: [1000, 5000] }).open()
    first.say('client', get('/a'))
    const second = new Conversation({ isn: [700_000, 900_000] }).open()
    second.say('client', get('/b'))
    second.say('server', OK)

    const { exchanges, pipeline } = run([...first.packets, ...second.finish().packets])

    expect(summary(exchanges)).toEqual(['GET /a > -', 'GET /b > 200'])
    expect(pipeline.counters.connections).toMatchObject({ opened: 2, reused: 1, fin: 1 })
  })

  test('late copies of an ended connection are nothing new', () => {
    const c = talk(['client', get('/a')], ['server', OK])

    const { requests, pipeline } = run([...c.packets, ...c.packets])

    expect(requests.length).toBe(1)
    expect(pipeline.counters.connections.opened).toBe(1)
  })

  test('keep-alive probes change nothing', () => {
    const c = new Conversation().open()
    c.say('client', get('/a'))
    c.say('server', OK)
    c.segment('client', 0x10, { data: Buffer.from([0]), offset: -1 })
    c.segment('client', 0x10, { offset: -1 })
    c.say('client', get('/b'))
    c.say('server', OK)

    expect(summary(run(c.finish().packets).exchanges)).toEqual(['GET /a > 200', 'GET /b > 200'])
  })

  test('memory stays bounded when holes never fill', () => {
    const c = new Conversation().open()
    c.say('client', `POST /a HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n`)
    for (let i = 0; i < 500; i++) {
      c.skip('client', 10)
      c.say('client', 'x'.repeat(1000))
    }

    const { pipeline } = run(c.packets, { limits: { reorderBytes: 10_000 } })

    expect(pipeline.counters.requests.gap).toBe(1)
    expect(pipeline.usage.heldBytes).toBe(0)
  })

  test('connections over the limit push out the oldest', () => {
    const frames = Array.from({ length: 50 }, (_, i) => {
      const c = new Conversation({ port: 1000 + i }).open()
      c.say('client', 'GET /unfinished')
      return c.packets
    }).flat()

    const { pipeline } = run(frames, { limits: { connections: 10 } })

    expect(pipeline.counters.connections).toMatchObject({ opened: 50, evicted: 40, capture_end: 10 })
    expect(pipeline.counters.requests).toMatchObject({ evicted: 40, idle: 10 })
  })
})
