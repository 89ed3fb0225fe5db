import { describe, expect, test } from 'vitest'
import { ACK, PSH } from '../../../data-plane/wire/tcp.ts'
import { Conversation } from '../../support/conversation.ts'
import { runTimed, type Timed } from '../../support/timed.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const post = (path: string, length: number): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`
const fromClient = (c: Conversation): Timed[] =>
  c.packets.map(({ frame, from }, i) => ({ at: i * 10, frame, from })).filter(({ from }) => from === 'client')
const targets = ({ requests }: { requests: { target: string }[] }): string[] => requests.map((r) => r.target)

/** Requests /0 to /9 of which /5 is lost; `pause` says how the client acknowledges each response. */
function keepAlive(pause: 'between' | 'with the next'): Conversation {
  const c = new Conversation().open()
  for (let i = 0; i < 10; i++) {
    if (i === 5) c.skip('client', get('/5').length)
    else c.say('client', get(`/${i}`))
    c.say('server', OK)
    if (pause === 'between') c.ack('client')
  }
  return c
}

describe('after a gap in the client’s half alone', () => {
  test('the next request is read where the client was seen to hear the answer to the lost one', () => {
    const result = runTimed(fromClient(keepAlive('between')), 3000)

    expect(targets(result)).toEqual(['/0', '/1', '/2', '/3', '/4', '/6', '/7', '/8', '/9'])
    expect(result.pipeline.counters.requests).toMatchObject({ complete: 9, unproven: 0 })
    expect(result.pipeline.counters.bytes).toMatchObject({ gap: get('/5').length, skipped: 0 })
  })

  test('else the one after it: it acknowledges more than the bytes before it, and the next one is counted', () => {
    const result = runTimed(fromClient(keepAlive('with the next')), 3000)

    expect(targets(result)).toEqual(['/0', '/1', '/2', '/3', '/4', '/7', '/8', '/9'])
    expect(result.pipeline.counters.requests).toMatchObject({ complete: 8, unproven: 1 })
    expect(result.pipeline.counters.bytes.skipped).toBe(get('/6').length)
  })

  test('requests that nothing proves to start are counted, and their bytes', () => {
    const c = new Conversation().open()
    for (let i = 0; i < 10; i++) {
      if (i === 5) c.skip('client', get('/5').length)
      else c.say('client', get(`/${i}`))
    }

    const result = runTimed(fromClient(c), 20_000)

    expect(targets(result)).toEqual(['/0', '/1', '/2', '/3', '/4'])
    expect(result.pipeline.counters.requests).toMatchObject({ complete: 5, unproven: 4 })
    expect(result.pipeline.counters.bytes).toMatchObject({
      gap: 28,
      skipped: 4 * 28,
      delivered: 5 * 28,
    })
  })

  test('several of them in one segment are each counted', () => {
    const c = new Conversation().open()
    c.say('client', get('/0'))
    c.skip('client', 28).say('client', get('/2') + get('/3') + get('/4'))

    expect(runTimed(fromClient(c), 3000).pipeline.counters.requests).toMatchObject({
      complete: 1,
      unproven: 3,
    })
  })

  test('a body that looks like a request is none, though it acknowledges more than all bytes seen before', () => {
    const c = new Conversation().open()
    c.say('client', get('/0'))
    c.say('server', OK)
    // The head is lost, the body comes in a segment of its own and acknowledges the answer to /0 with it.
    c.skip('client', post('/upload', get('/smuggled').length).length)
    c.say('client', get('/smuggled'))
    c.say('server', OK)
    c.ack('client').say('client', get('/next'))

    const result = runTimed(fromClient(c), 3000)

    expect(targets(result)).toEqual(['/0', '/next'])
    expect(result.pipeline.counters.requests).toMatchObject({ complete: 2, unproven: 1 })
  })

  test('nor after a client that pipelines, which may hear an older answer in the middle of a request', () => {
    const c = new Conversation().open()
    c.say('client', get('/0'))
    c.say('client', get('/1'))
    c.skip('client', post('/upload', get('/smuggled').length).length)
    c.say('server', OK)
    c.ack('client').say('client', get('/smuggled'))

    expect(targets(runTimed(fromClient(c), 3000))).toEqual(['/0', '/1'])
  })

  test('a head that is cut by a second gap is counted', () => {
    const c = new Conversation().open()
    c.say('client', get('/0'))
    c.say('server', OK)
    c.skip('client', 28).say('server', OK)
    c.ack('client')
    c.segment('client', ACK | PSH, { data: Buffer.from('GET /cut HTTP/1.1\r\nHost') }).skip('client', 80)
    c.say('server', OK)
    c.ack('client').say('client', get('/2'))

    const result = runTimed(fromClient(c), 3000)

    expect(targets(result)).toEqual(['/0', '/2'])
    expect(result.pipeline.counters.requests).toMatchObject({ complete: 2, unproven: 1 })
  })
})
