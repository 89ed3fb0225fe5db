import { createServer } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { forwarderTo, runForwarder, settingsOf, shadowThat } from '../../support/forwarding.ts'
import { startRecordingShadow, until } from '../../support/recording-shadow.ts'

/** A port of this machine that nothing listens on. */
const deadUrl = async (): Promise<string> => {
  const shadow = await startRecordingShadow()
  await shadow.stop()
  return shadow.url
}

test('response not drained: long answers are read to their end, so that connections are used again', async () => {
  const connections = new Set<number>()
  const shadow = await shadowThat((request, response) => {
    connections.add(request.socket.remotePort ?? 0)
    response.end(Buffer.alloc(100_000))
  })
  const { submit, counters } = forwarderTo(shadow.url, { limits: { connections: 8 } })

  for (let i = 0; i < 400; i++) submit({ target: `/${i}` })
  await until(() => counters.shadow.answered_2xx === 400, 15_000)

  expect(connections.size).toBeLessThanOrEqual(8)
})

describe('what a bad shadow cannot do', () => {
  test('a dead one: requests wait without delaying the caller, the oldest are dropped, some are tried', async () => {
    const url = await deadUrl()
    const { submit, counters } = runForwarder(settingsOf({ url, breaker: 'off' }), {
      limits: { queueRequests: 100 },
    })

    const started = performance.now()
    for (let i = 0; i < 64; i++) submit({ target: `/${i}` })
    await until(() => counters.shadow.failed_connect > 0)
    for (let i = 0; i < 1_000; i++) submit({ target: `/${i}` })
    const took = performance.now() - started
    await new Promise((resolve) => setTimeout(resolve, 100))

    expect(took).toBeLessThan(500)
    expect(counters.waiting).toBeLessThanOrEqual(100)
    expect(counters.refused['dropped.queue_full']).toBeGreaterThan(800)
    expect(counters.seen).toBe(counters.waiting + counters.forwarded + counters.refused['dropped.queue_full'])
    expect(counters.forwarded).toBe(counters.shadow.failed_connect)
  })

  test('one that comes back gets what still waits', async () => {
    const shadow = await startRecordingShadow()
    await shadow.stop()
    const { submit, counters } = runForwarder(settingsOf({ url: shadow.url, breaker: 'off' }))
    for (let i = 0; i < 20; i++) submit({ target: `/${i}` })
    await until(() => counters.shadow.failed_connect > 0)
    for (let i = 0; i < 20; i++) submit({ target: `/later/${i}` })
    const waiting = counters.waiting

    let answered = 0
    const server = createServer((_request, response) => {
      answered++
      response.end()
    }).listen(shadow.port, '127.0.0.1')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    await until(() => counters.waiting === 0 && counters.inFlight === 0)

    expect(waiting).toBeGreaterThan(0)
    expect(answered).toBe(counters.shadow.answered_2xx)
    expect(answered + counters.shadow.failed_connect).toBe(40)
  })

  test('a slow one: requests beyond its connections wait, the oldest give way', async () => {
    const held: (() => void)[] = []
    const shadow = await shadowThat((_request, response) => {
      held.push(() => response.end())
    })
    const { submit, counters } = forwarderTo(shadow.url, { limits: { connections: 4, queueRequests: 10 } })

    for (let i = 0; i < 50; i++) submit({ target: `/${i}` })
    await until(() => held.length === 4)
    expect(counters.refused['dropped.queue_full']).toBe(36)
    const answering = setInterval(() => held.splice(0).map((answer) => answer()), 5)
    await until(() => counters.shadow.answered_2xx === 14)
    clearInterval(answering)

    expect(shadow.requests.map(({ url }) => url).sort()).toEqual(
      [...[0, 1, 2, 3], ...Array.from({ length: 10 }, (_, i) => 40 + i)].map((i) => `/${i}`).sort(),
    )
  })

  test('the queue is bounded in bytes too', async () => {
    const shadow = await shadowThat(() => {})
    const { submit, forwarder, counters } = forwarderTo(shadow.url, {
      limits: { connections: 1, queueBytes: 100_000 },
    })

    for (let i = 0; i < 100; i++) submit({ method: 'POST', body: Buffer.alloc(10_000) })

    expect(forwarder.queueBytes).toBeLessThanOrEqual(100_000)
    expect(counters.refused['dropped.queue_full']).toBeGreaterThanOrEqual(89)
  })
})

test('a shadow address that leads to a mirrored service gets nothing', async () => {
  const production = await shadowThat()
  const { submit, counters } = forwarderTo(`http://localhost:${production.port}`, {
    isProduction: (address, port) => address === '127.0.0.1' && port === production.port,
  })

  submit({ target: '/never' })
  await until(() => counters.shadow.failed_connect === 1)

  expect(production.requests).toEqual([])
})

describe('stopping', () => {
  test('waits for what is in flight and in the queue', async () => {
    const shadow = await shadowThat((_request, response) => {
      setTimeout(() => response.end(), 50)
    })
    const { submit, forwarder, counters } = forwarderTo(shadow.url, { limits: { connections: 2 } })
    for (let i = 0; i < 6; i++) submit({})

    await forwarder.stop(5_000)

    expect(counters.shadow.answered_2xx).toBe(6)
  })

  test('at the deadline drops what waits and gives up what is in flight, all counted', async () => {
    const shadow = await shadowThat(() => {})
    const { submit, forwarder, counters } = forwarderTo(shadow.url, { limits: { connections: 2 } })
    for (let i = 0; i < 6; i++) submit({})
    await until(() => counters.inFlight === 2)

    const started = performance.now()
    await forwarder.stop(100)

    expect(performance.now() - started).toBeLessThan(1_000)
    expect(counters).toMatchObject({ waiting: 0, inFlight: 0, forwarded: 2 })
    expect(counters.refused['dropped.shutdown']).toBe(4)
  })

  test('does not wait for a dead shadow', async () => {
    const { submit, forwarder, counters } = forwarderTo(await deadUrl())
    for (let i = 0; i < 200; i++) submit({})

    const started = performance.now()
    await forwarder.stop(5_000)

    expect(performance.now() - started).toBeLessThan(2_500)
    expect(counters.waiting).toBe(0)
    expect(counters.forwarded + counters.refused['dropped.shutdown']).toBe(200)
  })
})
