import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import { redacted } from '../../contract/redaction.ts'
import { EXPERIMENT } from '../support/gateway-experiment.ts'
import { openGatewayTasks } from '../support/gateway-task.ts'
import { MirroredConnection } from '../support/mirrored-connection.ts'
import { until as untilSoon } from '../support/recording-shadow.ts'

/** However busy the machine is. */
const until = (condition: () => boolean) => untilSoon(condition, 20_000)

vi.setConfig({ testTimeout: 90_000 })

const { table, shadow, experiment, publish, startTask } = await openGatewayTasks()

const [PROXY, APP] = ['127.0.0.2', '127.0.0.3'] as const
const CLIENT = '203.0.113.9'
/** Each sent twice, as a client does that tries again. */
const DISTINCT = 16
const REQUESTS = 2 * DISTINCT
const ROUNDS_MAX = 30

type Task = Awaited<ReturnType<typeof startTask>>

const KEY = randomBytes(32).toString('base64')

const two = (vni = 0) => ({
  redaction: { settings: redacted(), key: KEY },
  sources: [PROXY, APP].map((address, i) => ({
    ...{ vni: vni + 7 + i, eni: `eni-0000000000000000${i}`, address, mac: `02:00:00:00:00:0${i}` },
  })),
})

const startTasks = async (count: number) => {
  const workers = (n: number) => ({ SHADOWMETER_WORKERS: n === 0 ? '2' : '1' })
  const tasks = await Promise.all(Array.from({ length: count }, (_, n) => startTask(workers(n))))
  const revision = await publish(experiment(two()))
  await Promise.all(tasks.map((task) => task.runs(revision)))
  return tasks
}

const metric = async (task: Task, name: string, label = ''): Promise<number> => {
  const [, text] = await task.get('/metrics')
  const lines = text.split('\n').filter((line) => line.startsWith(name) && line.includes(label))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

const know = async (tasks: readonly Task[], others: number): Promise<void> => {
  for (const task of tasks)
    await vi.waitUntil(async () => (await metric(task, 'shadowmeter_neighbours ')) === others, {
      timeout: 30_000,
    })
}

const connectionOf = (vni: number, client: string, server: string, port: number) =>
  new MirroredConnection({
    vni,
    client: { address: client, port },
    server: { address: server, port: 8080 },
  })

const get = (path: string, more = '') => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: shop\r\n${more}\r\n`)
const OK = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')

/** The packets of one request as the interface of its server mirrors them. */
const hop = (vni: number, client: string, server: string, round: number, n: number): Buffer[] => {
  const connection = connectionOf(vni, client, server, 20_000 + round * 100 + n)
  const id = `${round}-${n % DISTINCT}`
  return [...connection.open(), ...connection.request(get(`/orders/${id}`, `X-Request-Id: ${id}\r\n`))]
}
const outer = (round: number, n: number) => hop(7, CLIENT, PROXY, round, n)
const inner = (round: number, n: number) => hop(8, PROXY, APP, round, n)

const seen = (task: Task, count: number) =>
  task.reportWhere(({ experiments }) => (experiments[EXPERIMENT]?.requests.received ?? 0) >= count)

type Order = 'all outer ones first' | 'each inner one first'

/** One task reads the inner copies, the others the outer ones, of equal requests each another one. */
const send = async (order: Order, round: number, [reader, ...others]: readonly Task[]): Promise<void> => {
  const all = Array.from({ length: REQUESTS }, (_, n) => n)
  const outerOf = (n: number) =>
    others[Math.floor(n / DISTINCT) % others.length]?.send(outer(round, n), PROXY)
  const innerOf = async (n: number) => reader?.send(inner(round, n), APP)
  if (order === 'each inner one first') {
    for (const n of all) await innerOf(n).then(() => outerOf(n))
    return
  }
  for (const n of all) await outerOf(n)
  for (const other of others) await seen(other, ((round + 1) * REQUESTS) / others.length)
  for (const n of all) await innerOf(n)
}

test('of three tasks of which one reads the inner copies, as many requests go as clients sent, in whatever order they come', async () => {
  const tasks = await startTasks(3)
  const [reader] = tasks as [Task, Task, Task]
  await table.introduce(tasks.map(({ face }) => face))
  await know(tasks, 2)
  const unanswered = () => metric(reader, 'shadowmeter_hop_questions_total', 'outcome="unanswered"')

  let round = 0
  // A machine that is too busy answers too late, which is counted; then others are sent.
  for (const order of ['all outer ones first', 'each inner one first'] as const)
    for (let before = -1; round < ROUNDS_MAX && (await unanswered()) > before; round++) {
      before = await unanswered()
      await send(order, round, tasks)
      await seen(reader, (round + 1) * REQUESTS)
    }
  const late = await unanswered()
  const all = round * REQUESTS
  await until(() => shadow.requests.length >= all + late)
  const { requests } = (await seen(reader, all)).experiments[EXPERIMENT] ?? {}

  expect(round).toBeLessThan(ROUNDS_MAX)
  expect(shadow.requests.length).toBe(all + late)
  expect(new Set(shadow.requests.map(({ url }) => url)).size).toBe(round * DISTINCT)
  expect(requests).toMatchObject({
    ...{ received: all, forwarded: late, filtered: all - late },
    reasons: { 'filtered.other_hop': all - late },
  })
  expect(await metric(reader, 'shadowmeter_conservation_violations')).toBe(0)
})

test('what nobody answers goes, a moment later, and is counted; where nothing is to be asked, nothing is said', async () => {
  const neighbour = createSocket('udp4')
  neighbour.bind(0, '127.0.0.1')
  await once(neighbour, 'listening')
  onTestFinished(() => void neighbour.close())
  const said: Buffer[] = []
  neighbour.on('message', (datagram) => said.push(datagram))
  const silent = { task: 'silent', address: '127.0.0.1', port: neighbour.address().port }
  const task = await startTask()
  await table.introduce([task.face, silent])
  const unasked = [
    { select: { ...experiment().select, hops: 'each' as const } },
    { sources: two(10).sources.slice(1) },
    { redaction: { settings: redacted(), key: null } },
  ].map((given, n) => {
    const id = EXPERIMENT.replace(/.$/, `${n}`)
    return experiment({ ...two(n * 10), ...given, id })
  })
  const perSource = { url: shadow.url, connections: 'per-source' as const }
  const asked = experiment({ ...two(100), shadow: perSource })
  await task.runs(await publish(...unasked, asked))
  await know([task], 1)

  for (const { vni } of unasked.map(({ sources }) => sources.at(-1) as { vni: number }))
    await task.send(hop(vni, PROXY, APP, 0, vni), APP)
  await until(() => shadow.requests.length >= unasked.length)
  const saidOfOthers = said.length
  const inOrder = ['/first', '/second', '/third']
  for (let n = 0; n < REQUESTS; n++) await task.send(hop(108, PROXY, APP, 9, n), APP)
  const all = REQUESTS + inOrder.length
  const one = connectionOf(108, PROXY, APP, 40_000)
  const opened = one.open()
  // Nothing can be asked of one without an id.
  const turns = inOrder.flatMap((path, n) => [
    ...one.request(get(path, n === 0 ? 'X-Request-Id: x\r\n' : '')),
    ...one.response(OK),
  ])
  await task.send([...opened, ...turns], APP)
  await until(() => shadow.requests.length >= unasked.length + all)
  const { requests } = (await seen(task, all)).experiments[EXPERIMENT] ?? {}

  expect(saidOfOthers).toBe(0)
  expect(said.length).toBeGreaterThan(0)
  expect(shadow.requests.length).toBe(unasked.length + all)
  expect(requests).toMatchObject({ received: all, forwarded: all, filtered: 0 })
  expect(await metric(task, 'shadowmeter_hop_questions_total', 'outcome="unanswered"')).toBe(REQUESTS + 1)
  expect(shadow.requests.map(({ url }) => url).filter((url) => inOrder.includes(url))).toEqual(inOrder)
})
