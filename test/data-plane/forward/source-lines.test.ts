import { afterEach, expect, test } from 'vitest'
import type { ShadowTarget } from '../../../contract/forwarding.ts'
import type { ConnectionInfo } from '../../../data-plane/http/exchange.ts'
import { forwarderWith, settingsOf, startTcpServer } from '../../support/forwarding.ts'
import { startRecordingShadow, until } from '../../support/recording-shadow.ts'

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const perSource = (url: string, target: Partial<ShadowTarget> = {}, limits = {}) => {
  const made = forwarderWith(settingsOf({ url, connections: 'per-source', ...target }), { limits })
  cleanups.push(() => made.forwarder.stop(0))
  return made
}

const connection = (id: number): ConnectionInfo => ({
  id,
  vni: 42,
  client: { address: '10.0.0.7', port: 40_000 + id },
  server: { address: '10.0.1.9', port: 8080 },
})

/** A shadow that takes its time, and knows which of its connections each request came on. */
const slowShadow = async () => {
  const ports = new Map<string, Set<number>>()
  const shadow = await startRecordingShadow((request, response, { url }) => {
    const [, source = ''] = url.split('/')
    const seen = ports.get(source) ?? new Set()
    ports.set(source, seen.add(request.socket.remotePort ?? 0))
    setTimeout(() => response.end(), (url.length * 7 + Number(url.split('/')[2])) % 5)
  })
  cleanups.push(shadow.stop)
  return { ...shadow, ports }
}

test('requests of one source connection arrive in their order, on a connection of their own', async () => {
  const shadow = await slowShadow()
  const { submit, counters } = perSource(shadow.url)
  const connections = Array.from({ length: 20 }, (_, id) => connection(id))

  for (let i = 0; i < 25; i++)
    for (const source of connections) submit({ connection: source, target: `/${source.id}/${i}` })
  await until(() => counters.shadow.answered_2xx === 500, 15_000)

  for (const { id } of connections) {
    const mine = shadow.requests.filter(({ url }) => url.startsWith(`/${id}/`)).map(({ url }) => url)
    expect(mine).toEqual(Array.from({ length: 25 }, (_, i) => `/${id}/${i}`))
    expect(shadow.ports.get(String(id))?.size).toBe(1)
  }
  expect(new Set([...shadow.ports.values()].flatMap((ports) => [...ports])).size).toBe(20)
})

test('more source connections than connections: idle ones give way, order is kept, nothing is lost', async () => {
  const shadow = await slowShadow()
  const { submit, counters } = perSource(shadow.url, { maxConnections: 3 })
  const connections = Array.from({ length: 12 }, (_, id) => connection(id))

  for (let i = 0; i < 5; i++)
    for (const source of connections) submit({ connection: source, target: `/${source.id}/${i}` })
  await until(() => counters.shadow.answered_2xx === 60, 15_000)

  for (const { id } of connections) {
    const mine = shadow.requests.filter(({ url }) => url.startsWith(`/${id}/`)).map(({ url }) => url)
    expect(mine).toEqual(Array.from({ length: 5 }, (_, i) => `/${id}/${i}`))
  }
})

test('a source connection that hangs holds up no other', async () => {
  const shadow = await startRecordingShadow((_request, response, { url }) => {
    if (url !== '/hang') response.end()
  })
  cleanups.push(shadow.stop)
  const { submit, counters } = perSource(shadow.url)
  const [hanging, other] = [connection(1), connection(2)]

  submit({ connection: hanging, target: '/hang' })
  for (let i = 0; i < 10; i++) submit({ connection: hanging, target: `/behind/${i}` })
  for (let i = 0; i < 10; i++) submit({ connection: other, target: `/other/${i}` })
  await until(() => counters.shadow.answered_2xx === 10)

  expect(shadow.requests.filter(({ url }) => url.startsWith('/behind')).length).toBe(0)
  expect(counters.waiting).toBe(10)
})

test('what the queue cannot hold is dropped, oldest first, over all source connections', async () => {
  const shadow = await startRecordingShadow(() => {})
  cleanups.push(shadow.stop)
  const { submit, counters, forwarder } = perSource(shadow.url, {}, { queueRequests: 10 })
  const connections = [connection(1), connection(2)]

  for (let i = 0; i < 50; i++)
    for (const source of connections) submit({ connection: source, target: `/${i}` })
  const waiting = counters.waiting
  forwarder.dropWaiting('dropped.ended')

  expect(waiting).toBe(12)
  expect(counters.refused['dropped.queue_full']).toBe(88)
  expect(counters.refused['dropped.ended']).toBe(10)
  expect(forwarder.queueBytes).toBe(0)
})

test('a shadow that resets connections: each request fails once, in order, and the next is tried', async () => {
  const seen: string[] = []
  const server = await startTcpServer((socket) => {
    socket.on('data', (data) => {
      seen.push(/^GET (\S+)/.exec(data.toString('latin1'))?.[1] ?? '?')
      socket.resetAndDestroy()
    })
  })
  cleanups.push(server.stop)
  const { submit, counters } = perSource(server.url, { breaker: 'off' })
  const source = connection(1)

  for (let i = 0; i < 8; i++) submit({ connection: source, target: `/${i}` })
  await until(() => counters.shadow.failed_reset === 8)

  expect(seen).toEqual(Array.from({ length: 8 }, (_, i) => `/${i}`))
})
