import { expect, test, vi } from 'vitest'
import { EXPERIMENT } from '../support/gateway-experiment.ts'
import { openGatewayTasks } from '../support/gateway-task.ts'
import { MirroredConnection } from '../support/mirrored-connection.ts'
import { headerOf, until } from '../support/recording-shadow.ts'

vi.setConfig({ testTimeout: 60_000 })

const OK = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')

const { shadow, experiment, publish, startTask } = await openGatewayTasks()

test('of a connection that is mirrored at both ends, two tasks with a copy each forward each request once', async () => {
  const ends = ['127.0.0.2', '127.0.0.3'] as const
  const tasks = await Promise.all([startTask(), startTask()])
  const published = await publish(
    experiment({
      ports: null,
      bothEnds: true,
      sources: ends.map((address, i) => ({
        ...{ vni: 7 + i, eni: `eni-0000000000000000${i}`, address, mac: `02:00:00:00:00:0${i}` },
      })),
    }),
  )
  await Promise.all(tasks.map((task) => task.runs(published)))
  const copy = (vni: number, path: string): Buffer[] => {
    const connection = new MirroredConnection({
      vni,
      client: { address: ends[0], port: 50_001 },
      server: { address: ends[1], port: 9_000 },
    })
    const get = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`)
    return [...connection.open(), ...connection.request(get), ...connection.close()]
  }

  const packets = copy(7, '/once')
  const read = await tasks[0]
    ?.send(packets, ends[0])
    .then(() => tasks[0]?.reportWhere(({ datagrams }) => (datagrams.accepted ?? 0) >= packets.length))
  const left = await tasks[1]
    ?.send(copy(8, '/once'), ends[1])
    .then(() => tasks[1]?.reportWhere(({ datagrams }) => (datagrams.accepted ?? 0) >= packets.length))
  await until(() => shadow.requests.length > 0)

  expect(shadow.requests.map(({ url }) => url)).toEqual(['/once'])
  expect(read?.experiments[EXPERIMENT]?.packets).not.toHaveProperty('other_end')
  expect(left?.experiments[EXPERIMENT]?.packets).toMatchObject({ other_end: packets.length })
})

test('a request that a proxy hands on to the service behind it, both mirrored, is forwarded once and counted', async () => {
  const [proxy, app] = ['127.0.0.2', '127.0.0.3'] as const
  const task = await startTask()
  const sources = [proxy, app].map((address, i) => ({
    ...{ vni: 7 + i, eni: `eni-0000000000000000${i}`, address, mac: `02:00:00:00:00:0${i}` },
  }))
  await task.runs(await publish(experiment({ sources })))
  const hop = (vni: number, from: string, to: string, port: number) => {
    const connection = new MirroredConnection({
      vni,
      client: { address: from, port },
      server: { address: to, port: 8080 },
    })
    // The same client asks twice for the same, as a retry does.
    const get = (n: number) =>
      Buffer.from(`GET /orders/7 HTTP/1.1\r\nHost: ${to}\r\nX-Request-Id: r-1\r\nX-Hop: ${vni}-${n}\r\n\r\n`)
    const asked = (n: number) => [...connection.request(get(n)), ...connection.response(OK)]
    return [...connection.open(), ...asked(1), ...asked(2), ...connection.close()]
  }

  await task.send(hop(7, '10.0.0.1', proxy, 50_001), proxy)
  // Packets from two addresses may be read in any order.
  await until(() => shadow.requests.length === 2)
  await task.send(hop(8, proxy, app, 50_002), app)
  const report = await task.reportWhere(({ experiments }) => experiments[EXPERIMENT]?.requests.received === 4)

  expect(report.experiments[EXPERIMENT]?.requests).toMatchObject({
    ...{ forwarded: 2, filtered: 2 },
    reasons: { 'filtered.other_hop': 2 },
  })
  expect(shadow.requests.map((one) => headerOf(one, 'x-hop'))).toEqual(['7-1', '7-2'])
})
