import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { capacityOf } from '../capacity.ts'
import type { MemoryResult, MemoryWork } from '../memory-worker.ts'
import { cpuSum } from '../process-usage.ts'
import type { Row } from '../row.ts'
import { startRun, type Traffic } from '../run.ts'

const GROUP = 'two workers'
const GET: Traffic = { kind: 'get', connections: 200 }
const SECONDS = 3
/** One and two take turns, so that what else the machine does meets both. */
const ROUNDS = 2

const round = (value: number, digits = 2) => Math.round(value * 10 ** digits) / 10 ** digits

/** Packets to requests, fed from memory: nothing but the workers uses the machine. */
const memoryRow: Row = {
  name: 'workers-memory',
  group: GROUP,
  run: async () => {
    const sums = [1, 2].map(() => ({ requests: 0, cpuSeconds: 0, perSecond: 0 }))
    for (let turn = 0; turn < ROUNDS; turn++)
      for (const [index, sum] of sums.entries()) {
        const results = await Promise.all(Array.from({ length: index + 1 }, (_, seed) => fromMemory(seed)))
        for (const { requests, cpuSeconds, seconds } of results) {
          sum.requests += requests
          sum.cpuSeconds += cpuSeconds
          sum.perSecond += requests / seconds / ROUNDS
        }
      }
    const [one, two] = sums as [(typeof sums)[0], (typeof sums)[0]]
    const perCpu = (sum: typeof one) => sum.requests / sum.cpuSeconds
    return [
      {
        name: 'workers-memory',
        figures: {
          'one, requests/s': Math.round(one.perSecond),
          'two, requests/s': Math.round(two.perSecond),
          'two / one': round(two.perSecond / one.perSecond),
          'by processor time': round((2 * perCpu(two)) / perCpu(one)),
          aim: '1.7',
        },
      },
    ]
  },
}

const fromMemory = async (seed: number): Promise<MemoryResult> => {
  const thread = new Worker(new URL('../memory-worker.ts', import.meta.url), {
    workerData: { seconds: SECONDS, seed } satisfies MemoryWork,
  })
  const [result] = (await once(thread, 'message')) as [MemoryResult]
  return result
}

/**
 * Processor time for a request that is forwarded, by one worker and by two, at the same rate for each worker. Both gateways
 * stand side by side and take turns, so that what else the machine does meets both; the middle of the turns counts.
 */
const forwardedRow: Row = {
  name: 'workers-end-to-end',
  group: GROUP,
  run: async () => {
    const { rate } = await capacityOf(GET)
    const runs = [await startRun(GET, { workers: 1 }), await startRun(GET, { workers: 2 })]
    const costs: number[][] = [[], []]
    const ratios: number[] = []
    let isSame = true
    for (let turn = 0; turn < TURNS; turn++) {
      for (const [index, run] of runs.entries()) {
        const phase = await run.phase((rate / 4) * (index + 1), TURN_SECONDS)
        costs[index]?.push((cpuSum(phase.cpu) / phase.forwarded) * 1000)
        isSame &&= phase.isSame
      }
      ratios.push((costs[1]?.at(-1) ?? 0) / (costs[0]?.at(-1) ?? 0))
    }
    for (const run of runs) await run.end()
    return [
      {
        name: 'workers-end-to-end',
        figures: {
          'one, CPU ms per 1,000': round(median(costs[0] ?? []), 1),
          'two, CPU ms per 1,000': round(median(costs[1] ?? []), 1),
          'two / one': round(median(ratios)),
          aim: 'at most 1.15',
          'all arrived': isSame,
        },
      },
    ]
  },
}

const TURNS = 9
const TURN_SECONDS = 1.5

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

export const workerRows: Row[] = [memoryRow, forwardedRow]
