import { describe, expect, test } from 'vitest'
import type { ShadowResult } from '../../../contract/traffic.ts'
import { type Forward, RESPONSE_BYTES_MAX } from '../../../data-plane/forward/forward.ts'
import { forwarderTo, shadowThat, tcpServer } from '../../support/forwarding.ts'
import { until } from '../../support/recording-shadow.ts'

describe('what the shadow does', () => {
  test.each([
    [200, 'answered_2xx'],
    [204, 'answered_2xx'],
    [304, 'answered_3xx'],
    [404, 'answered_4xx'],
    [503, 'answered_5xx'],
    [799, 'answered_other'],
  ] as [number, ShadowResult][])('status %i counts as %s', async (status, result) => {
    const shadow = await shadowThat((_request, response) => {
      response.writeHead(status).end()
    })
    const { submit, counters } = forwarderTo(shadow.url)

    submit({})
    await until(() => counters.shadow[result] === 1)

    expect(counters).toMatchObject({ seen: 1, forwarded: 1, waiting: 0, inFlight: 0 })
  })

  test('a 307 to another host is not followed', async () => {
    const elsewhere = await shadowThat()
    const shadow = await shadowThat((_request, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/stolen` }).end()
    })
    const { submit, counters } = forwarderTo(shadow.url)

    submit({ method: 'POST', body: Buffer.from('card=1') })
    await until(() => counters.shadow.answered_3xx === 1)

    expect(elsewhere.requests).toEqual([])
  })

  test('an interim 103 is not taken for the answer', async () => {
    const shadow = await shadowThat((_request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => response.writeHead(201).end())
    })
    const finished: number[] = []
    const { submit, counters } = forwarderTo(shadow.url, {
      onFinished: ({ status }) => finished.push(status),
    })

    submit({})
    await until(() => counters.shadow.answered_2xx === 1)

    expect(finished).toEqual([201])
  })

  test('an endless answer is cut at the cap and its connection given up', async () => {
    let written = 0
    const shadow = await shadowThat((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536
      }
      response.on('drain', more)
      more()
    })
    const { submit, counters } = forwarderTo(shadow.url)

    submit({})
    await until(() => counters.shadow.answered_2xx === 1)

    expect(counters.capped).toBe(1)
    expect(written).toBeLessThan(RESPONSE_BYTES_MAX * 2)
  })

  test('a shadow that takes requests and says nothing is a timeout', async () => {
    const { submit, counters } = forwarderTo(await tcpServer(() => {}), { timeouts: { headersMs: 200 } })

    submit({})
    await until(() => counters.shadow.failed_timeout === 1)

    expect(counters).toMatchObject({ forwarded: 1, inFlight: 0 })
  })

  test('a body that stops coming is a timeout', async () => {
    const shadow = await shadowThat((_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('x')
    })
    const { submit, counters } = forwarderTo(shadow.url, { timeouts: { bodyMs: 200 } })

    submit({})
    await until(() => counters.shadow.failed_timeout === 1)
  })

  test.each([
    ['head', 'HTTP/1.1 200 OK\r\nX: ', { headersMs: 300, bodyMs: 60_000, totalMs: 60_000 }],
    ['body', 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n', { bodyMs: 60_000, totalMs: 300 }],
  ])('an answer that drips is given up in the end: its %s', async (_, beginning, timeouts) => {
    const url = await tcpServer((socket) => {
      socket.write(beginning)
      const timer = setInterval(() => socket.write('a'), 10)
      socket.on('close', () => clearInterval(timer))
    })
    const { submit, counters } = forwarderTo(url, { timeouts })

    submit({})
    await until(() => counters.shadow.failed_timeout === 1)

    expect(counters).toMatchObject({ forwarded: 1, inFlight: 0 })
  })

  test('a shadow that resets connections fails each request once', async () => {
    let connections = 0
    const { submit, counters } = forwarderTo(
      await tcpServer((socket) => {
        connections++
        socket.on('data', () => socket.resetAndDestroy())
      }),
    )

    for (let i = 0; i < 10; i++) submit({ target: `/${i}` })
    await until(() => counters.shadow.failed_reset === 10)

    expect(connections).toBe(10)
  })

  test('what is no HTTP at all fails', async () => {
    const { submit, counters } = forwarderTo(await tcpServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n')))

    submit({})
    await until(() => counters.forwarded === 1 && counters.inFlight === 0)

    expect(counters.shadow.failed_other + counters.shadow.failed_reset).toBe(1)
  })

  test('status, times and bytes are told when a forward has finished', async () => {
    const shadow = await shadowThat((_request, response) => {
      setTimeout(() => response.end('0123456789'), 30)
    })
    const finished: [Forward, ShadowResult][] = []
    const { submit, tally } = forwarderTo(shadow.url, {
      onFinished: (forward, result) => finished.push([forward, result]),
    })

    submit({ target: '/timed' })
    await until(() => finished.length === 1)

    const [forward, result] = finished[0] as [Forward, ShadowResult]
    expect([result, forward.status, forward.responseBytes, forward.request.target]).toEqual([
      ...['answered_2xx', 200, 10, '/timed'],
    ])
    expect(forward.firstByteAt - forward.startedAt).toBeGreaterThan(25)
    expect(tally.durations.counts.reduce((a, b) => a + b)).toBe(1)
  })
})
