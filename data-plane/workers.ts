import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Worker as Thread } from 'node:worker_threads'
import { addComparisons, type Comparison } from '../contract/comparison.ts'
import { HeldObjects } from './compare/held-objects.ts'
import type { HostPort } from './config.ts'
import type { ExperimentConfig } from './experiment-config.ts'
import { WaitingCopies } from './select/waiting-copies.ts'
import { addSnapshots, type Snapshot } from './telemetry/snapshot.ts'
import { Worker, type WorkerOptions } from './worker.ts'
import type { WorkerCall, WorkerMessage, WorkerNews, WorkerThreadData } from './worker-thread.ts'

/** A UDP address with everything that reads from it, as one thing. */
export type Workers = {
  readonly address: string
  readonly port: number
  readonly count: number
  /** Where GENEVE is listened for, if it is. */
  readonly geneve: HostPort | null
  /** Why no receiver thread is used; null when each worker has one. */
  readonly fallback: string | null
  configure(configs: readonly ExperimentConfig[]): Promise<void>
  /** What all of them have counted. */
  snapshot(): Promise<Snapshot>
  /** What comparing has found in all of them, by experiment. */
  comparisons(): Promise<Record<string, Comparison>>
  /** Whether there are other tasks to be asked, and what these had of what a worker asked for. */
  introduce(hasNeighbours: boolean): void
  answered(worker: number, experiment: string, ids: readonly number[], by: string): void
  stop(deadlineMs: number): Promise<void>
}

export type WorkersOptions = Omit<
  WorkerOptions,
  'shared' | 'clock' | 'experiment' | 'shares' | 'neighbours'
> & {
  /** Where other tasks can be asked, by the number of the worker that asks. */
  neighbours?: {
    copies: WaitingCopies
    ask: (worker: number, experiment: string, questions: Buffer) => void
    giveBack: (worker: number, experiment: string, ids: number[], by: string) => void
  }
}

/**
 * One worker lives in this thread; several have a thread each and share the address, so that the kernel keeps every
 * outer flow, and with it both halves of a connection, on one of them. Fails when the address is taken.
 */
export const startWorkers = async (count: number, options: WorkersOptions): Promise<Workers> => {
  if (count === 1) return startHere(options)
  await refuseTaken(options.host, options.port)
  if (options.geneve) await refuseTaken(options.geneve.host, options.geneve.port)
  const shares = sharesOf(options)
  const threads = [await startThread(0, options, shares)]
  const { address, port, geneve, fallback } = threads[0] as ThreadWorker
  while (threads.length < count)
    threads.push(await startThread(threads.length, { ...options, port, geneve }, shares))
  return {
    address,
    port,
    count,
    geneve,
    fallback,
    configure: async (configs) => {
      const shared = configs.map((config) => sharedBy(count, config))
      await Promise.all(threads.map((thread) => thread.call({ name: 'configure', configs: shared })))
    },
    snapshot: async () =>
      (
        await Promise.all(threads.map((thread) => thread.call({ name: 'snapshot' }) as Promise<Snapshot>))
      ).reduce(addSnapshots),
    comparisons: async () =>
      (
        await Promise.all(
          threads.map(
            (thread) => thread.call({ name: 'comparisons' }) as Promise<Record<string, Comparison>>,
          ),
        )
      ).reduce(addEach),
    introduce: (hasNeighbours) => {
      for (const thread of threads) thread.tell({ name: 'introduce', hasNeighbours })
    },
    answered: (worker, experiment, ids, by) =>
      threads[worker]?.tell({ name: 'answered', experiment, ids, by }),
    stop: async (deadlineMs) => {
      await Promise.all(threads.map((thread) => thread.call({ name: 'stop', deadlineMs })))
    },
  }
}

/** What all workers of the task share, and who answers other tasks. */
const sharesOf = ({ neighbours }: WorkersOptions): WorkerThreadData['shares'] => ({
  heldObjects: new HeldObjects().memory,
  copies: (neighbours?.copies ?? new WaitingCopies()).memory,
})

/** What the gateways may do a second, and may record, is divided among all their workers. */
const sharedBy = (workers: number, config: ExperimentConfig): ExperimentConfig => ({
  ...config,
  rules: { ...config.rules, sharedBy: config.rules.sharedBy * workers },
  ...(config.record && { record: { ...config.record, bytes: config.record.bytes / workers } }),
})

const addEach = (
  a: Record<string, Comparison>,
  b: Record<string, Comparison>,
): Record<string, Comparison> => {
  const sum = { ...a }
  for (const [id, comparison] of Object.entries(b)) {
    const other = sum[id]
    sum[id] = other ? addComparisons(other, comparison) : comparison
  }
  return sum
}

const startHere = async (options: WorkersOptions): Promise<Workers> => {
  const { neighbours, ...others } = options
  const worker = new Worker({
    ...others,
    shared: false,
    shares: sharesOf(options),
    clock: Date.now,
    ...(neighbours && {
      neighbours: {
        ask: (...asked) => neighbours.ask(0, ...asked),
        giveBack: (...given) => neighbours.giveBack(0, ...given),
      },
    }),
  })
  const { source, fallback } = await worker.start()
  return {
    address: source.address,
    port: source.port,
    count: 1,
    geneve: worker.geneve && { host: worker.geneve.address, port: worker.geneve.port },
    fallback,
    configure: async (configs) => worker.configure(configs),
    snapshot: async () => worker.snapshot(),
    comparisons: async () => worker.comparisons(),
    introduce: (hasNeighbours) => worker.introduce(hasNeighbours),
    answered: (_, experiment, ids, by) => worker.answered(experiment, ids, by),
    stop: (deadlineMs) => worker.stop(deadlineMs),
  }
}

/** Sockets that share an address do not notice that somebody else's is among them. */
const refuseTaken = async (host: string, port: number): Promise<void> => {
  if (port === 0) return
  const socket = createSocket('udp4')
  socket.bind({ address: host, port, exclusive: true })
  await once(socket, 'listening')
  const closed = once(socket, 'close')
  socket.close()
  await closed
}

type ThreadWorker = {
  address: string
  port: number
  geneve: HostPort | null
  fallback: string | null
  call(call: WorkerCall): Promise<unknown>
  tell(news: WorkerNews): void
}

const startThread = async (
  worker: number,
  { host, port, geneve = null, onError, onRecorded, neighbours }: WorkersOptions,
  shares: WorkerThreadData['shares'],
): Promise<ThreadWorker> => {
  const thread = new Thread(new URL('./worker-thread.ts', import.meta.url), {
    workerData: { host, port, geneve, shares, asks: neighbours !== undefined } satisfies WorkerThreadData,
    name: 'worker',
  })
  const calls = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let lastCall = 0
  const started = Promise.withResolvers<Extract<WorkerMessage, { kind: 'started' }>>()
  const fail = (error: Error) => {
    started.reject(error)
    for (const { reject } of calls.values()) reject(error)
    calls.clear()
  }
  thread.on('message', (message: WorkerMessage) => {
    if (message.kind === 'started') started.resolve(message)
    else if (message.kind === 'error') onError(message.error, message.fatal)
    else if (message.kind === 'recorded') onRecorded?.(message.experiment, Buffer.from(message.lines.buffer))
    else if (message.kind === 'asks')
      neighbours?.ask(worker, message.experiment, Buffer.from(message.questions.buffer))
    else if (message.kind === 'gives-back')
      neighbours?.giveBack(worker, message.experiment, message.ids, message.by)
    else if (message.error) calls.get(message.call)?.reject(message.error)
    else calls.get(message.call)?.resolve(message.result)
    if (message.kind === 'answer') calls.delete(message.call)
  })
  let isStarted = false
  thread.on('error', (error: Error) => {
    fail(error)
    if (isStarted) onError(error, true)
  })
  thread.once('exit', () => fail(new Error('the worker has stopped')))
  const { address, port: bound, geneve: boundGeneve, fallback } = await started.promise
  isStarted = true
  return {
    address,
    port: bound,
    geneve: boundGeneve,
    fallback,
    call: (call) =>
      new Promise((resolve, reject) => {
        calls.set(++lastCall, { resolve, reject })
        thread.postMessage({ call: lastCall, ...call })
      }),
    tell: (news) => thread.postMessage(news),
  }
}
