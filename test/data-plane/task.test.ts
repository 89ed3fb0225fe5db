import { expect, test, vi } from 'vitest'
import { everything } from '../../contract/selection.ts'
import { EXPERIMENT, OTHER } from '../support/gateway-experiment.ts'
import { aConnection, aGet, openGatewayTasks } from '../support/gateway-task.ts'
import { headerOf, startRecordingShadow } from '../support/recording-shadow.ts'

vi.setConfig({ testTimeout: 60_000 })

const { shadow, experiment, publish, startTask } = await openGatewayTasks()

test('runs what is published, acknowledges it, and reports what it counted', async () => {
  const task = await startTask()
  const published = await publish(experiment())
  await task.runs(published)

  await task.send(aGet(7, '/mine', 50_001))
  await task.send(aGet(7, '/forged', 50_002), '127.0.0.6')
  await task.send(aGet(8, '/foreign', 50_003))
  await task.send([Buffer.from([8, 0, 0, 0])])
  const report = await task.reportWhere(({ datagrams }) => datagrams.too_short === 1)
  const healthy = await task.get('/healthz')
  const [, metrics] = await task.get('/metrics')

  expect(shadow.requests.map(({ url }) => url)).toEqual(['/mine'])
  expect(headerOf(shadow.requests[0] as never, 'X-Shadow-Experiment')).toBe(EXPERIMENT)
  const packets = aGet(7, '/mine', 50_001)
  const bytes = packets.reduce((sum, packet) => sum + packet.length - 8, 0)
  expect(report.datagrams).toMatchObject({
    ...{ accepted: packets.length, wrong_source: aGet(7, '/forged', 1).length },
    ...{ unknown_vni: aGet(8, '/foreign', 1).length, too_short: 1, kernel_overflow: 0 },
  })
  expect(report.experiments[EXPERIMENT]).toMatchObject({
    volume: { packets: packets.length, bytes },
    sources: { 7: { packets: packets.length, bytes } },
    requests: { received: 1, forwarded: 1, shadow: { answered_2xx: 1 } },
    gapBytes: 0,
    cut: 0,
  })
  expect(healthy).toEqual([200, 'ready\n'])
  expect(metrics).toContain(`shadowmeter_config_revision ${published}`)
})

test('a new revision leaves connections of unchanged sources alone, and counters of removed experiments stay', async () => {
  const task = await startTask()
  await task.runs(await publish(experiment()))
  const connection = aConnection(7, 50_010)
  const bytes = Buffer.from('GET /halves HTTP/1.1\r\nHost: h\r\nX-Long: 0123456789\r\n\r\n')

  await task.send([...connection.open(), ...connection.request(bytes.subarray(0, 20))])
  const second = { vni: 9, eni: 'eni-00000000000000002', address: '127.0.0.9', mac: '02:00:00:00:00:02' }
  await task.runs(await publish(experiment(), experiment({ id: OTHER, sources: [second] })))
  await task.send([...connection.request(bytes.subarray(20)), ...connection.close()])
  await task.send(aGet(9, '/other', 50_011), '127.0.0.9')
  await task.reportWhere(({ experiments }) => experiments[OTHER]?.requests.forwarded === 1)
  const removed = await publish()
  const report = await task.runs(removed)

  expect(shadow.requests.map(({ url }) => url).sort()).toEqual(['/halves', '/other'])
  expect(report.experiments[EXPERIMENT]?.requests).toMatchObject({ received: 1, forwarded: 1 })
  expect(report.experiments[OTHER]?.requests).toMatchObject({ received: 1, forwarded: 1 })
})

test('after an experiment’s end nothing is forwarded, whatever the control plane fails to say', async () => {
  const task = await startTask()
  const end = Date.now() + 4_000
  await task.runs(await publish(experiment({ until: new Date(end).toISOString() })))
  await task.send(aGet(7, '/before', 50_020))
  await task.reportWhere(({ experiments }) => experiments[EXPERIMENT]?.requests.forwarded === 1)

  await new Promise((resolve) => setTimeout(resolve, Math.max(0, end - Date.now()) + 50))
  const late = aGet(7, '/after', 50_021)
  await task.send(late)
  const report = await task.reportWhere(({ datagrams }) => datagrams.ended === late.length)

  expect(shadow.requests.map(({ url }) => url)).toEqual(['/before'])
  expect(report.experiments[EXPERIMENT]?.requests).toMatchObject({ received: 1, forwarded: 1 })
})

test('SIGTERM: unhealthy, what arrived is finished, a last report, exit code 0', async () => {
  const published = await publish(experiment({ writes: 'forward' }))
  const task = await startTask()
  await task.runs(published)
  await task.send([...aGet(7, '/last', 50_030), ...aConnection(7, 50_031).open()])

  task.child.kill('SIGTERM')
  task.child.kill('SIGTERM')
  const [code] = await task.exited
  const report = await task.reportWhere(({ draining }) => draining)

  expect(code).toBe(0)
  expect(report.experiments[EXPERIMENT]).toMatchObject({ requests: { received: 1, forwarded: 1 }, cut: 1 })
  expect(shadow.requests.map(({ url }) => url)).toEqual(['/last'])
  const isMetrics = (line: object) => '_aws' in line
  expect(task.log.filter(isMetrics)).toMatchObject([{ Deployment: 'shadowmeter' }, { RequestsForwarded: 1 }])
  expect(task.log.filter((line) => !isMetrics(line)).map(({ event }) => event)).toEqual([
    'started',
    'configured',
    'draining',
    'stopped',
  ])
})

test('ends when its parent is gone', async () => {
  const task = await startTask()
  await task.runs(await publish())

  task.child.disconnect()
  const [code] = await task.exited

  expect(code).toBe(0)
})

test('without a table it is unhealthy, goes on, and still ends in order', async () => {
  const task = await startTask({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' })

  const [status, state] = await task.get('/healthz')
  task.child.kill('SIGTERM')
  const [code] = await task.exited

  expect([status, state]).toEqual([503, 'no configuration read yet\n'])
  expect(code).toBe(0)
})

test('a table that names a shadow which the deployment does not allow cannot make the gateway send there', async () => {
  const task = await startTask({
    SHADOWMETER_SHADOWS: '{"ranges":[{"cidr":"10.90.0.0/16","ports":[8080]}],"hosts":[]}',
  })
  await task.runs(await publish(experiment()))

  await task.send(aGet(7, '/poisoned', 50_021))
  const report = await task.reportWhere(
    ({ experiments }) => experiments[EXPERIMENT]?.requests.shadow.failed_connect === 1,
  )

  expect(report.experiments[EXPERIMENT]?.requests.received).toBe(1)
  expect(shadow.requests).toEqual([])
})

test('what stands before the sources of any experiment is no shadow of another', async () => {
  const other = await startRecordingShadow(undefined, '127.0.0.9')
  const task = await startTask()
  const published = await publish(
    experiment({ shadow: { url: other.url } }),
    experiment({
      id: OTHER,
      ports: [other.port],
      sources: [{ vni: 9, eni: 'eni-00000000000000009', address: '127.0.0.9', mac: '02:00:00:00:00:09' }],
    }),
  )
  await task.runs(published)

  await task.send(aGet(7, '/loop', 50_022))
  await task.reportWhere(({ experiments }) => experiments[EXPERIMENT]?.requests.shadow.failed_connect === 1)

  expect(other.requests).toEqual([])
  await other.stop()
})

test('writes that are held back are listed by endpoint; declared reads and allowed writes go', async () => {
  const task = await startTask()
  const select = {
    ...everything(),
    graphql: [{ paths: ['/graphql'] }],
    writes: [{ methods: ['PUT'], paths: ['/carts/*'] }],
  }
  await task.runs(await publish(experiment({ select })))
  const connection = aConnection(7, 50_031)
  const request = (method: string, path: string, body: string) =>
    connection.request(
      Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    )

  await task.send([
    ...connection.open(),
    ...request('POST', '/graphql', '{"query":"{ a }"}'),
    ...request('POST', '/graphql', '{"query":"mutation { a }"}'),
    ...request('PUT', '/carts/17', '{}'),
    ...request('POST', '/orders/17/pay', '{}'),
    ...request('DELETE', '/orders/18', ''),
    ...connection.close(),
  ])
  const report = await task.reportWhere(
    ({ experiments }) => experiments[EXPERIMENT]?.requests.shadow.answered_2xx === 2,
  )

  expect(report.experiments[EXPERIMENT]?.heldBack).toEqual({
    'POST /graphql': 1,
    'POST /orders/{id}/pay': 1,
    'DELETE /orders/{id}': 1,
  })
  expect(shadow.requests.map(({ method, url }) => `${method} ${url}`).sort()).toEqual([
    'POST /graphql',
    'PUT /carts/17',
  ])
})
