import { createServer } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BREAKER_LIMITS, Breaker } from '../../../data-plane/forward/breaker.ts'
import { runForwarder, settingsOf, shadowThat, tcpServer } from '../../support/forwarding.ts'
import { startRecordingShadow, until } from '../../support/recording-shadow.ts'

describe('when it opens', () => {
  const breakerWith = (limits: Partial<typeof BREAKER_LIMITS>) =>
    new Breaker({ ...BREAKER_LIMITS, ...limits })
  const finish = (breaker: Breaker, failed: boolean, now: number) =>
    breaker.finished(breaker.epoch, failed, now)

  test('after failures in a row; a success in between begins anew', () => {
    const breaker = breakerWith({ consecutiveFailures: 3 })

    for (const failed of [true, true, false, true, true]) finish(breaker, failed, 0)
    expect(breaker.state).toBe('closed')
    finish(breaker, true, 0)

    expect(breaker.state).toBe('open')
  })

  test('at a share of failures, once there are enough requests to say so', () => {
    const breaker = breakerWith({ failureRatio: 0.5, minimumRequests: 10 })

    for (let i = 0; i < 9; i++) finish(breaker, i % 2 === 0, 0)
    expect(breaker.state).toBe('closed')
    finish(breaker, true, 0)

    expect(breaker.state).toBe('open')
  })

  test('failures of long ago do not count', () => {
    const breaker = breakerWith({ failureRatio: 0.5, minimumRequests: 10 })

    for (let i = 0; i < 9; i++) finish(breaker, i % 2 === 0, 0)
    for (let i = 0; i < 5; i++) finish(breaker, false, 20_000)
    finish(breaker, true, 20_000)

    expect(breaker.state).toBe('closed')
  })

  test('one probe at a time; three good ones close it, a bad one doubles the pause', () => {
    const breaker = breakerWith({ consecutiveFailures: 1, openMs: 100 })
    finish(breaker, true, 0)

    expect([breaker.admits(99), breaker.admits(100), breaker.admits(100)]).toEqual([false, true, false])
    finish(breaker, true, 150)
    expect([breaker.admits(349), breaker.admits(350)]).toEqual([false, true])
    finish(breaker, false, 360)
    expect(breaker.state).toBe('half_open')
    for (const now of [370, 380]) {
      expect(breaker.admits(now)).toBe(true)
      finish(breaker, false, now)
    }

    expect([breaker.state, breaker.opened]).toEqual(['closed', 2])
  })

  test('what was sent before it opened is no probe', () => {
    const breaker = breakerWith({ consecutiveFailures: 1, openMs: 100 })
    const before = breaker.epoch
    breaker.finished(before, true, 0)
    breaker.admits(100)

    breaker.finished(before, true, 110)

    expect([breaker.state, breaker.opened, breaker.admits(110)]).toEqual(['half_open', 1, false])
  })
})

describe('with a shadow', () => {
  test('a dead one gets no requests for a while, each counted; back again it gets them all', async () => {
    const dead = await startRecordingShadow()
    await dead.stop()
    const breaker = { consecutiveFailures: 5, openMs: 50 }
    const { submit, counters, tally } = runForwarder(settingsOf({ url: dead.url, breaker }))

    for (let i = 0; i < 64; i++) submit({ target: `/${i}` })
    await until(() => tally.breakerOpened === 1)
    const started = performance.now()
    for (let i = 0; i < 10_000; i++) submit({ target: `/${i}` })
    const took = performance.now() - started
    const dropped = counters.refused['dropped.breaker_open']
    let answered = 0
    const server = createServer((_request, response) => {
      answered++
      response.end()
    }).listen(dead.port, '127.0.0.1')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const trying = setInterval(() => submit({ target: '/again' }), 5)
    await until(() => !tally.breakerOpen && answered >= 3).finally(() => clearInterval(trying))
    for (let i = 0; i < 20; i++) submit({ target: `/${i}` })
    await until(() => counters.waiting === 0 && counters.inFlight === 0)

    expect(dropped).toBeGreaterThan(9_900)
    expect(took).toBeLessThan(1_000)
    expect(answered).toBe(counters.shadow.answered_2xx)
    expect(answered).toBeGreaterThanOrEqual(23)
    expect(counters.seen).toBe(counters.forwarded + counters.refused['dropped.breaker_open'])
    expect(counters.forwarded).toBe(answered + counters.shadow.failed_connect)
  })

  test('one that takes requests and never answers opens it by its timeouts', async () => {
    const { submit, counters, tally } = runForwarder(
      settingsOf({
        url: await tcpServer(() => {}),
        breaker: { consecutiveFailures: 3 },
        timeouts: { totalMs: 300, headersMs: 200 },
      }),
    )

    for (let i = 0; i < 10; i++) submit({})
    await until(() => tally.breakerOpened === 1)
    submit({})

    expect(counters.refused['dropped.breaker_open']).toBe(1)
  })

  test('answers with 5xx are answers, unless they are to count', async () => {
    const broken = await shadowThat((_request, response) => {
      response.writeHead(503).end()
    })
    const plain = runForwarder(settingsOf({ url: broken.url, breaker: { consecutiveFailures: 3 } }))
    const strict = runForwarder(
      settingsOf({ url: broken.url, breaker: { consecutiveFailures: 3, serverErrors: true } }),
    )

    for (let i = 0; i < 10; i++) plain.submit({})
    for (let i = 0; i < 10; i++) strict.submit({})
    await until(() => plain.counters.shadow.answered_5xx === 10 && strict.counters.inFlight === 0)

    expect([plain.tally.breakerOpened, strict.tally.breakerOpened]).toEqual([0, 1])
  })
})
