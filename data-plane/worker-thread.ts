/** One of several workers: a `Worker` in a thread of its own, called by messages. */
import { parentPort, workerData } from 'node:worker_threads'
import type { HostPort } from './config.ts'
import type { ExperimentConfig } from './experiment-config.ts'
import { giveHeapRoom } from './heap-room.ts'
import { Worker, type WorkerOptions } from './worker.ts'

export type WorkerThreadData = {
  host: string
  port: number
  geneve: HostPort | null
  shares: NonNullable<WorkerOptions['shares']>
  /** Other tasks can be asked through the thread that started it. */
  asks: boolean
}

export type WorkerCall =
  | { name: 'configure'; configs: readonly ExperimentConfig[] }
  | { name: 'snapshot' }
  | { name: 'comparisons' }
  | { name: 'stop'; deadlineMs: number }

/** Nobody waits for an answer. */
export type WorkerNews =
  | { name: 'introduce'; hasNeighbours: boolean }
  | { name: 'answered'; experiment: string; ids: readonly number[]; by: string }

export type WorkerMessage =
  | { kind: 'started'; address: string; port: number; geneve: HostPort | null; fallback: string | null }
  | { kind: 'error'; error: Error; fatal: boolean }
  | { kind: 'recorded'; experiment: string; lines: Uint8Array }
  | { kind: 'asks'; experiment: string; questions: Uint8Array }
  | { kind: 'gives-back'; experiment: string; ids: number[]; by: string }
  | { kind: 'answer'; call: number; result?: unknown; error?: Error }

const post = (message: WorkerMessage) => parentPort?.postMessage(message)

const run = async ({ host, port, geneve, shares, asks }: WorkerThreadData) => {
  giveHeapRoom()
  const worker = new Worker({
    host,
    port,
    geneve,
    shared: true,
    shares,
    clock: Date.now,
    onError: (error, fatal) => post({ kind: 'error', error, fatal }),
    onRecorded: (experiment, lines) => post({ kind: 'recorded', experiment, lines: new Uint8Array(lines) }),
    ...(asks && {
      neighbours: {
        ask: (experiment, questions) =>
          post({ kind: 'asks', experiment, questions: new Uint8Array(questions) }),
        giveBack: (experiment, ids, by) => post({ kind: 'gives-back', experiment, ids, by }),
      },
    }),
  })
  const { source, fallback } = await worker.start()

  const perform = async (call: WorkerCall): Promise<unknown> => {
    if (call.name === 'configure') return worker.configure(call.configs)
    if (call.name === 'snapshot') return worker.snapshot()
    if (call.name === 'comparisons') return worker.comparisons()
    return worker.stop(call.deadlineMs)
  }
  parentPort?.on('message', (message: (WorkerCall & { call: number }) | WorkerNews) => {
    if (message.name === 'introduce') worker.introduce(message.hasNeighbours)
    else if (message.name === 'answered') worker.answered(message.experiment, message.ids, message.by)
    else
      perform(message).then(
        (result) => post({ kind: 'answer', call: message.call, result }),
        (error: Error) => post({ kind: 'answer', call: message.call, error }),
      )
  })
  post({
    kind: 'started',
    address: source.address,
    port: source.port,
    geneve: worker.geneve && { host: worker.geneve.address, port: worker.geneve.port },
    fallback,
  })
}

await run(workerData as WorkerThreadData)
