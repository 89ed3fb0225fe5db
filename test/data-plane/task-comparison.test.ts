import { expect, onTestFinished, test, vi } from 'vitest'
import { Redaction } from '../../contract/redaction.ts'
import { sketchCount } from '../../contract/sketch.ts'
import { readComparison } from '../../functions/store/comparisons.ts'
import { seeded } from '../../local/demo/random.ts'
import { aConnection, openGatewayTasks } from '../support/gateway-task.ts'
import { leaks, plantedRequests, unwrapped, wireBytes } from '../support/planted.ts'
import { startRecordingShadow } from '../support/recording-shadow.ts'

vi.setConfig({ testTimeout: 60_000 })

const COMPARED = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X3A'
const CONTROLLED = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X4B'
const KEPT = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X5C'

/** The shadow of this test echoes them within JSON, where nothing undoes such a coding any more. */
const UNREADABLE_BELOW_JSON = new Set(['gzip', 'br', 'deflate'])

const { table, shadow, experiment, publish, startTask } = await openGatewayTasks()

test('compares with production’s responses and writes what it found, once however often it is written', async () => {
  const task = await startTask()
  await task.runs(await publish(experiment({ id: COMPARED, compare: true })))
  const connection = aConnection(7, 50_015)
  const exchange = (n: number, answer: string) => [
    ...connection.request(Buffer.from(`GET /items/${n} HTTP/1.1\r\nHost: h\r\n\r\n`)),
    ...connection.response(Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${answer}`)),
  ]

  await task.send([...connection.open(), ...exchange(1, 'ok'), ...exchange(2, 'no')])
  const found = await vi.waitUntil(
    async () => {
      const comparison = await readComparison({ name: table.table, client: table.client }, COMPARED)
      return comparison.compared === 2 && comparison
    },
    { timeout: 20_000, interval: 50 },
  )
  await task.send(exchange(3, 'ok'))
  task.child.kill('SIGTERM')
  await task.exited
  const last = await readComparison({ name: table.table, client: table.client }, COMPARED)

  expect(found).toMatchObject({
    expected: 2,
    endpoints: [
      {
        endpoint: 'GET /items/{id}',
        compared: 2,
        differing: 1,
        statuses: { '200>200': 2 },
        differences: [{ kind: 'binary', path: 'body', count: 1 }],
      },
    ],
  })
  expect(last).toMatchObject({
    expected: 3,
    compared: 3,
    waiting: 0,
    endpoints: [{ compared: 3, differing: 1 }],
  })
})

test('of planted secrets in requests and in both answers, none is in what is compared, reported, logged or kept', async () => {
  const echo = await startRecordingShadow((_, response, { body }) => {
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ echoed: body.toString('latin1'), by: 'the shadow' }))
  })
  onTestFinished(echo.stop)
  const task = await startTask()
  const settings = Redaction.parse({ regions: ['gb', 'us'] })
  const key = Buffer.alloc(32, 3).toString('base64')
  await task.runs(
    await publish(
      experiment({
        ...{ id: KEPT, compare: true, shadow: { url: echo.url }, writes: 'forward' },
        redaction: { settings, key },
      }),
    ),
  )
  const random = seeded(20_261_126)
  const planted = plantedRequests(random, 1).filter(({ place }) => !UNREADABLE_BELOW_JSON.has(place))
  const datagrams = planted.flatMap((one, n) => {
    const connection = aConnection(7, 20_000 + n)
    const note = `it is ${one.kind === 'credential' ? '' : one.secret} here`
    const answer = JSON.stringify({ password: one.secret, note })
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(answer)}\r\n\r\n`
    return [
      ...connection.open(),
      ...connection.request(wireBytes(one, n, random)),
      ...connection.response(Buffer.from(head + answer)),
      ...connection.close(),
    ]
  })

  await task.send(datagrams)
  const kept = await vi.waitUntil(
    async () => {
      const comparison = await readComparison({ name: table.table, client: table.client }, KEPT)
      return comparison.compared >= planted.length && comparison
    },
    { timeout: 40_000, interval: 200 },
  )
  const report = await task.reportWhere(
    ({ experiments }) => experiments[KEPT]?.requests.forwarded === planted.length,
  )

  const said = unwrapped(JSON.stringify([kept, report, task.log]))
  expect(kept.samples.some(({ production }) => production.body !== null)).toBe(true)
  expect(planted.filter((one) => leaks(said, one)).map(({ kind, place }) => `${kind} in ${place}`)).toEqual(
    [],
  )
})

test('sends the control the same requests, and tells what production differs from it in', async () => {
  const control = await startRecordingShadow()
  const task = await startTask()
  await task.runs(
    await publish(
      experiment({
        id: CONTROLLED,
        compare: true,
        shadow: { url: shadow.url, control: { url: control.url } },
      }),
    ),
  )
  const connection = aConnection(7, 50_016)
  const exchange = (n: number) => [
    ...connection.request(Buffer.from(`GET /items/${n} HTTP/1.1\r\nHost: h\r\n\r\n`)),
    ...connection.response(Buffer.from('HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok')),
  ]

  await task.send([...connection.open(), ...exchange(1), ...exchange(2)])
  const found = await vi.waitUntil(
    async () => {
      const comparison = await readComparison({ name: table.table, client: table.client }, CONTROLLED)
      return comparison.compared === 2 && sketchCount(comparison.measurement.control) > 0 && comparison
    },
    { timeout: 20_000, interval: 50 },
  )
  const report = await task.reportWhere(
    ({ experiments }) => experiments[CONTROLLED]?.shadows?.control?.requests.forwarded === 2,
  )
  await control.stop()

  expect(control.requests.map(({ url }) => url).sort()).toEqual(['/items/1', '/items/2'])
  expect(found).toMatchObject({
    endpoints: [
      {
        compared: 2,
        controlled: 2,
        differences: [{ kind: 'status', path: '201>200', count: 2, controls: 2 }],
      },
    ],
  })
  const [endpoint] = found.endpoints
  expect(sketchCount(endpoint?.control ?? [])).toBe(2)
  expect(sketchCount(found.measurement.handshake)).toBe(1)
  expect(report.experiments[CONTROLLED]?.requests).toMatchObject({ received: 2, forwarded: 2 })
})
