import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { GatewayExperiment } from '../../contract/gateway-config.ts'
import type { GatewayReport } from '../../contract/gateway-report.ts'
import { Redaction, redacted } from '../../contract/redaction.ts'
import { everything } from '../../contract/selection.ts'
import { sketchCount } from '../../contract/sketch.ts'
import { readComparison } from '../../functions/store/comparisons.ts'
import { seeded } from '../../local/demo/random.ts'
import { type ControlTableServer, startControlTable } from '../support/control-table.ts'
import { MirroredConnection } from '../support/mirrored-connection.ts'
import { leaks, plantedRequests, unwrapped, wireBytes } from '../support/planted.ts'
import { headerOf, type RecordingShadow, startRecordingShadow, until } from '../support/recording-shadow.ts'
import { sendDatagrams } from '../support/send-datagrams.ts'

vi.setConfig({ testTimeout: 60_000 })

const ENI = '127.0.0.5'
const EXPERIMENT = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y'
const COMPARED = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X3A'
const CONTROLLED = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X4B'
const KEPT = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X5C'
const OTHER = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X2Z'

let table: ControlTableServer
let shadow: RecordingShadow
let revision = 0
const children: ChildProcess[] = []

beforeAll(async () => {
  table = await startControlTable('gateway-task')
  shadow = await startRecordingShadow()
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  shadow.requests.splice(0)
})
afterAll(async () => {
  table.stop()
  await shadow.stop()
})

const experiment = (given: Partial<GatewayExperiment> = {}): GatewayExperiment => ({
  id: EXPERIMENT,
  ports: [8080],
  shadow: { url: shadow.url },
  percent: 100,
  writes: 'hold',
  select: everything(),
  redaction: { settings: redacted(), key: null },
  tasks: 1,
  compare: false,
  comparing: { warmUpSeconds: 0, stage: 1 },
  paired: true,
  bothEnds: false,
  production: [],
  until: new Date(Date.now() + 3_600_000).toISOString(),
  sources: [{ vni: 7, eni: 'eni-00000000000000001', address: ENI, mac: '02:00:00:00:00:01' }],
  ...given,
})

const OK = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')

/** The shadow of this test echoes them within JSON, where nothing undoes such a coding any more. */
const UNREADABLE_BELOW_JSON = new Set(['gzip', 'br', 'deflate'])

const publish = async (...experiments: GatewayExperiment[]): Promise<number> => {
  await table.publish({ revision: ++revision, experiments })
  return revision
}

const startTask = async (environment: Record<string, string> = {}) => {
  const task = `task-${children.length}-${Date.now()}`
  const child = fork(new URL('../../data-plane/main.ts', import.meta.url), [], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: table.endpoint,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      SHADOWMETER_TABLE: table.table,
      SHADOWMETER_TASK: task,
      SHADOWMETER_SHADOWS: '{"ranges":[{"cidr":"127.0.0.0/8"}],"hosts":[]}',
      SHADOWMETER_LISTEN: '127.0.0.1:0',
      SHADOWMETER_HEALTH: '127.0.0.1:0',
      SHADOWMETER_REPORT_SECONDS: '1',
      ...environment,
    },
  })
  children.push(child)
  const exited = once(child, 'exit')
  const log: Record<string, unknown>[] = []
  const started = Promise.withResolvers<{ udp: string; health: string }>()
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const entry = JSON.parse(line)
    log.push(entry)
    if (entry.event === 'started') started.resolve(entry)
  })
  const { udp, health } = await Promise.race([
    started.promise,
    exited.then(() => Promise.reject(new Error('the task ended'))),
  ])
  const [address = '', port] = udp.split(':')
  const reportWhere = async (holds: (report: GatewayReport) => boolean): Promise<GatewayReport> => {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
      const report = await table.lastReport(task)
      if (report && holds(report)) return report
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`no such report; the last one: ${JSON.stringify(await table.lastReport(task))}`)
  }
  return {
    child,
    exited,
    log,
    reportWhere,
    runs: (wanted: number) => reportWhere((report) => report.revision === wanted),
    send: (datagrams: Buffer[], from = ENI) =>
      sendDatagrams(datagrams, { address, port: Number(port) }, from),
    get: async (path: string) => {
      const response = await fetch(`http://${health}${path}`)
      return [response.status, await response.text()] as const
    },
  }
}

const aConnection = (vni: number, port: number) =>
  new MirroredConnection({
    vni,
    client: { address: '10.0.0.1', port },
    server: { address: '10.1.0.9', port: 8080 },
  })

const aGet = (vni: number, path: string, port: number): Buffer[] => {
  const connection = aConnection(vni, port)
  return [
    ...connection.open(),
    ...connection.request(Buffer.from(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`)),
    ...connection.close(),
  ]
}

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
  await task.send(hop(8, proxy, app, 50_002), app)
  const report = await task.reportWhere(({ experiments }) => experiments[EXPERIMENT]?.requests.received === 4)

  expect(report.experiments[EXPERIMENT]?.requests).toMatchObject({
    ...{ forwarded: 2, filtered: 2 },
    reasons: { 'filtered.other_hop': 2 },
  })
  expect(shadow.requests.map((one) => headerOf(one, 'x-hop'))).toEqual(['7-1', '7-2'])
})

test('runs what is published, acknowledges it, and reports what it counted', async () => {
  const task = await startTask()
  await task.runs(await publish(experiment()))

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
  expect(metrics).toContain(`shadowmeter_config_revision ${revision}`)
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
