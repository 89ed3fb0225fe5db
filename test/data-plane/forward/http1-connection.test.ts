import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { ShadowResult } from '../../../contract/traffic.ts'
import type { Forward } from '../../../data-plane/forward/forward.ts'
import { Forwarder } from '../../../data-plane/forward/forwarder.ts'
import { newShadowTally } from '../../../data-plane/telemetry/shadow-tally.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { settingsOf, ticking } from '../../support/forwarding.ts'
import { until } from '../../support/recording-shadow.ts'

const KEEP_BYTES = 100_000

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

type Answered = { result: ShadowResult; status: number; body: string; trailers: string[]; bytes: number }

/** Sends requests over one connection at a time to a server that writes what it is told to. */
const talking = async (onRequest: (socket: Socket, number: number) => void) => {
  const sockets = new Set<Socket>()
  let requests = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    let text = ''
    socket.on('data', (data) => {
      text += data.toString('latin1')
      for (let at = text.indexOf('\r\n\r\n'); at >= 0; at = text.indexOf('\r\n\r\n')) {
        text = text.slice(at + 4)
        onRequest(socket, requests++)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const waiting = new Map<string, (answered: Answered) => void>()
  const forwarder = new Forwarder({
    settings: settingsOf({ url: `http://127.0.0.1:${port}`, breaker: 'off' }),
    experiment: 'exp',
    tally: newShadowTally(),
    limits: { connections: 1 },
    timeouts: { headersMs: 1_000, bodyMs: 1_000 },
    keepBytes: KEEP_BYTES,
    onFinished: ({ request, status, kept, responseBytes }: Forward, result) => {
      waiting.get(request.target)?.({
        result,
        status,
        body: kept?.body.toString('latin1') ?? '',
        trailers: kept?.headers.slice(-2) ?? [],
        bytes: responseBytes,
      })
    },
  })
  cleanups.push(
    () => server.close(),
    () => {
      for (const socket of sockets) socket.destroy()
    },
    ticking(forwarder),
    () => forwarder.stop(0),
  )
  return {
    ask: (target: string, method = 'GET'): Promise<Answered> =>
      new Promise((resolve) => {
        waiting.set(target, resolve)
        forwarder.submit(capturedRequest({ target, method, headers: ['Host', 'h'] }))
      }),
    connections: () => sockets.size,
    open: () => [...sockets].filter((socket) => !socket.destroyed).length,
  }
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** An answer in any framing that ends where it says, and what it carries. */
const answer = fc
  .record({
    body: fc.string({ unit: 'binary-ascii', maxLength: 300 }),
    framing: fc.constantFrom('length', 'chunked', 'head', '204', '304'),
    interim: fc.array(fc.constantFrom(100, 102, 103), { maxLength: 2 }),
    chunk: fc.integer({ min: 1, max: 120 }),
    lineEnd: fc.constantFrom('\r\n', '\n'),
    trailer: fc.boolean(),
  })
  .map(({ body, framing, interim, chunk, lineEnd, trailer }) => {
    const before = interim.map((status) => `HTTP/1.1 ${status} Wait${lineEnd}Link: </a>${lineEnd}${lineEnd}`)
    const status = framing === '204' || framing === '304' ? Number(framing) : 200
    const hasBody = framing === 'length' || framing === 'chunked'
    const fields = framing === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`
    const chunks = Array.from({ length: Math.ceil(body.length / chunk) }, (_, i) =>
      body.slice(i * chunk, (i + 1) * chunk),
    )
    const chunked = `${chunks.map((part) => `${part.length.toString(16)};x=1\r\n${part}\r\n`).join('')}0\r\n${trailer ? 'X-Sum: 7\r\n' : ''}\r\n`
    const sent = !hasBody ? '' : framing === 'chunked' ? chunked : body
    return {
      method: framing === 'head' ? 'HEAD' : 'GET',
      wire: `${before.join('')}HTTP/1.1 ${status} X${lineEnd}${fields}${lineEnd}${lineEnd}${sent}`,
      status,
      body: hasBody ? body : '',
      hasTrailer: framing === 'chunked' && trailer,
    }
  })

describe('answers in every framing', () => {
  test('are read as they were meant, however they are cut, on one connection', async () => {
    let wire = ''
    let cuts: readonly number[] = []
    const { ask, connections } = await talking(async (socket) => {
      let rest = wire
      for (const cut of cuts) {
        socket.write(rest.slice(0, cut), 'latin1')
        rest = rest.slice(cut)
        await new Promise((resolve) => setImmediate(resolve))
      }
      socket.write(rest, 'latin1')
    })
    let number = 0

    await fc.assert(
      fc.asyncProperty(
        answer,
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 6 }),
        async (given, pieces) => {
          wire = given.wire
          cuts = pieces
          const answered = await ask(`/${number++}`, given.method)

          const { status, body } = given
          expect(answered).toMatchObject({ status, body, bytes: body.length })
          if (given.hasTrailer) expect(answered.trailers).toEqual(['x-sum', '7'])
        },
      ),
      { numRuns: 300 },
    )
    expect(connections()).toBe(1)
  })

  test('one without a length is whole when the connection ends, and cut when it is reset', async () => {
    const { ask } = await talking((socket, number) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nall of it')
      if (number === 0) socket.end()
      else setTimeout(() => socket.resetAndDestroy(), 50)
    })

    expect(await ask('/ended')).toMatchObject({ result: 'answered_2xx', body: 'all of it' })
    expect(await ask('/reset')).toMatchObject({ result: 'failed_reset' })
  })

  test('one that is longer than what is kept is counted whole', async () => {
    const size = KEEP_BYTES + 1
    const { ask } = await talking((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`)
    })

    expect(await ask('/long')).toMatchObject({ result: 'answered_2xx', body: '', bytes: size })
  })
})

describe('a shadow that attacks', () => {
  test.each([
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
    [
      'a chunk size that is none',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n',
    ],
    ['an inner chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok'],
    ['a zero byte in a value', 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok'],
    ['another protocol after 101', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(200_000)}`],
    ['HTTP/0.9', 'ok'],
    ['HTTP/2 without being asked', `HTTP/2 200\r\n\r\nok`],
  ])('with %s fails that request, and the next one is asked on another connection', async (_, wire) => {
    const { ask, connections } = await talking((socket, number) => {
      socket.write(number === 0 ? wire : OK, 'latin1')
    })

    expect(await ask('/attacked')).toMatchObject({ result: 'failed_other' })
    expect(await ask('/next')).toMatchObject({ result: 'answered_2xx', body: 'ok' })
    expect(connections()).toBe(2)
  })

  test('cannot answer a request that was not asked yet', async () => {
    const forged = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged'
    const { ask, connections } = await talking((socket, number) => {
      socket.write(number === 0 ? OK + forged : OK)
    })

    expect(await ask('/first')).toMatchObject({ result: 'answered_2xx', body: 'ok' })
    expect(await ask('/second')).toMatchObject({ result: 'answered_2xx', body: 'ok' })
    expect(connections()).toBe(2)
  })

  test('that speaks on a connection at rest loses it', async () => {
    let resting: Socket | null = null
    const { ask, open } = await talking((socket) => {
      resting = socket
      socket.write(OK)
    })
    await ask('/first')

    ;(resting as Socket | null)?.write(OK)
    await until(() => open() === 0)

    expect(await ask('/second')).toMatchObject({ result: 'answered_2xx', body: 'ok' })
  })

  test('with interim answers without end is given up', async () => {
    const { ask } = await talking((socket) => {
      const flood = () => {
        while (
          !socket.destroyed &&
          socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(1_000))
        );
      }
      socket.on('drain', flood)
      flood()
    })

    expect(await ask('/hints')).toMatchObject({ status: 0, result: expect.stringMatching(/^failed/) })
  })
})

describe('the life of a connection', () => {
  test.each([
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['a time to live of a second', 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok'],
  ])('%s ends it with its answer', async (_, wire) => {
    const { ask, connections } = await talking((socket) => {
      socket.write(wire)
    })

    await ask('/1')
    await ask('/2')

    expect(connections()).toBe(2)
  })

  test('the shadow may close it between two requests', async () => {
    const { ask, connections } = await talking((socket, number) => {
      socket.write(OK)
      if (number === 0) setTimeout(() => socket.end(), 30)
    })

    await ask('/1')
    await new Promise((resolve) => setTimeout(resolve, 120))

    expect(await ask('/2')).toMatchObject({ result: 'answered_2xx' })
    expect(connections()).toBe(2)
  })
})
