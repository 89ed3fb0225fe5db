/**
 * A thread that reads mirrored traffic out of memory, through everything up to whole requests, for a while. Answers with
 * how many and how long it worked on them; making the traffic is not in it.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { Pipeline } from '../../data-plane/pipeline.ts'
import { Traffic } from '../support/vxlan-sender-traffic.ts'

export type MemoryWork = { seconds: number; seed: number }
export type MemoryResult = { requests: number; cpuSeconds: number; seconds: number }

const CONNECTIONS = 400
const ROUND_MS = 5

const { seconds, seed } = workerData as MemoryWork
const traffic = new Traffic({ kind: 'get', vni: 42, connections: CONNECTIONS, seed })
const result: MemoryResult = { requests: 0, cpuSeconds: 0, seconds: 0 }
const handler = {
  onRequest: () => {
    result.requests++
  },
  onExchange: () => {},
}
const pipeline = new Pipeline(handler, { ports: new Set([8080]) })
let at = 1_000
for (let c = 0; c < CONNECTIONS; c++)
  for (const datagram of traffic.opening(c)) pipeline.datagram(datagram, 0, datagram.length, 1, at)

const { memory, offsets, lengths } = traffic.table
let number = 0
const round = () => {
  for (let c = 0; c < CONNECTIONS; c++) traffic.next(c, number++)
  at += ROUND_MS
  const startedAt = performance.now()
  const before = process.threadCpuUsage()
  for (let i = 0; i < offsets.length; i++)
    pipeline.datagram(memory, offsets[i] as number, lengths[i] as number, 1, at)
  const { user, system } = process.threadCpuUsage(before)
  result.cpuSeconds += (user + system) / 1e6
  result.seconds += (performance.now() - startedAt) / 1000
}

const rounds = (forSeconds: number) => {
  for (const until = performance.now() + forSeconds * 1000; performance.now() < until; ) round()
}
rounds(seconds / 3)
result.requests = result.cpuSeconds = result.seconds = 0
rounds(seconds)
parentPort?.postMessage(result)
