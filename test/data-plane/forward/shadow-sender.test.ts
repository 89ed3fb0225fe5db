import { afterEach, describe, expect, test } from 'vitest'
import { ShadowSpec } from '../../../contract/forwarding.ts'
import { resolveShadows } from '../../../data-plane/forward/settings.ts'
import { ShadowSender } from '../../../data-plane/forward/shadow-sender.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { startTcpServer } from '../../support/forwarding.ts'
import { startRecordingShadow, until } from '../../support/recording-shadow.ts'

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const shadowNamed = async () => {
  const shadow = await startRecordingShadow()
  cleanups.push(shadow.stop)
  return shadow
}

const shadowsOf = (spec: unknown) => resolveShadows(ShadowSpec.parse(spec), {})

const senderTo = (spec: unknown) => {
  const sender = new ShadowSender(shadowsOf(spec), { experiment: 'exp_test' })
  cleanups.push(() => sender.stop(0))
  return sender
}

const requestFrom = (port: number, target = '/') =>
  capturedRequest({
    target,
    connection: {
      id: port,
      vni: 42,
      client: { address: '10.0.0.7', port },
      server: { address: '10.0.1.9', port: 8080 },
    },
  })

const isQuiet = (sender: ShadowSender): boolean =>
  Object.values(sender.snapshot().shadows).every(({ requests }) => requests.waiting + requests.inFlight === 0)

describe('copies', () => {
  test('every shadow gets every request; they count once, as the first one’s', async () => {
    const [first, second] = [await shadowNamed(), await shadowNamed()]
    const sender = senderTo({ url: first.url, others: [{ url: second.url, name: 'control' }] })

    for (let i = 0; i < 50; i++) sender.submit(requestFrom(1, `/${i}`))
    await until(() => isQuiet(sender))

    const { own, shadows } = sender.snapshot()
    expect([first.requests.length, second.requests.length]).toEqual([50, 50])
    expect(own.requests).toMatchObject({ seen: 50, forwarded: 50 })
    expect(
      Object.entries(shadows).map(([name, { requests }]) => [name, requests.shadow.answered_2xx]),
    ).toEqual([
      ['shadow', 50],
      ['control', 50],
    ])
  })

  test('one of two failing is nothing to the other', async () => {
    const silent = await startTcpServer(() => {})
    cleanups.push(silent.stop)
    const dead = await startRecordingShadow()
    await dead.stop()
    const good = await shadowNamed()
    const sender = senderTo({
      url: good.url,
      others: [
        { url: dead.url, name: 'dead', breaker: { consecutiveFailures: 5 } },
        { url: silent.url, name: 'silent', maxConnections: 2 },
      ],
    })

    for (let i = 0; i < 200; i++) sender.submit(requestFrom(i, `/${i}`))
    await until(() => good.requests.length === 200)
    await until(() => (sender.snapshot().shadows.dead?.breakerOpened ?? 0) > 0)
    for (let i = 0; i < 10; i++) sender.submit(requestFrom(i))

    const { own, shadows } = sender.snapshot()
    expect(own.requests).toMatchObject({ seen: 210, refused: { 'dropped.breaker_open': 0 } })
    expect(shadows.dead?.requests.refused['dropped.breaker_open']).toBeGreaterThan(0)
    expect(shadows.silent?.requests).toMatchObject({ inFlight: 2, waiting: 208, forwarded: 2 })
  })
})

describe('split', () => {
  test('by share, all requests of a connection to the same, the same in every gateway', async () => {
    const [a, b] = [await shadowNamed(), await shadowNamed()]
    const spec = { url: a.url, share: 3, others: [{ url: b.url, share: 1 }], distribution: 'split' }
    const senders = [senderTo(spec), senderTo(spec)]

    for (const sender of senders)
      for (let port = 1; port <= 400; port++)
        for (const i of [0, 1]) sender.submit(requestFrom(port, `/${port}/${i}`))
    await until(() => senders.every(isQuiet), 10_000)

    const counts = (recorded: typeof a.requests) => {
      const urls = new Map<string, number>()
      for (const { url } of recorded) urls.set(url, (urls.get(url) ?? 0) + 1)
      return urls
    }
    const [atA, atB] = [counts(a.requests), counts(b.requests)]
    expect(atA.size + atB.size).toBe(800)
    expect([...atA.values(), ...atB.values()].every((count) => count === 2)).toBe(true)
    expect([...atA.keys()].every((url) => atA.has(url.replace(/\d$/, (i) => String(1 - Number(i)))))).toBe(
      true,
    )
    expect(atA.size / 800).toBeGreaterThan(0.68)
    expect(atA.size / 800).toBeLessThan(0.82)
    expect(senders[0]?.snapshot().own.requests).toMatchObject({ seen: 800, forwarded: 800 })
  })
})

test('other shadows in a new configuration: counts go on, each request is counted once', async () => {
  const [a, b] = [await shadowNamed(), await shadowNamed()]
  const sender = senderTo({ url: a.url })

  for (let i = 0; i < 10; i++) sender.submit(requestFrom(i))
  sender.configure(shadowsOf({ url: a.url, others: [{ url: b.url }] }))
  for (let i = 0; i < 10; i++) sender.submit(requestFrom(i))
  sender.configure(shadowsOf({ url: a.url, others: [{ url: b.url }], distribution: 'split' }))
  for (let i = 0; i < 10; i++) sender.submit(requestFrom(i))
  await until(() => isQuiet(sender))

  const { own, shadows } = sender.snapshot()
  expect(own.requests).toMatchObject({ seen: 30, forwarded: 30 })
  expect((shadows.shadow?.requests.seen ?? 0) + (shadows['shadow-2']?.requests.seen ?? 0)).toBe(40)
  expect(a.requests.length + b.requests.length).toBe(40)
})

test('two shadows of one name, or more than eight, are refused', () => {
  const url = 'http://127.0.0.1:1'

  expect(ShadowSpec.safeParse({ url, others: [{ url, name: 'shadow' }] }).success).toBe(false)
  expect(ShadowSpec.safeParse({ url, others: Array(8).fill({ url }) }).success).toBe(false)
  expect(ShadowSpec.safeParse({ url, others: Array(7).fill({ url }) }).success).toBe(true)
})
