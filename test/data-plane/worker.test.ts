import { once } from 'node:events'
import { Worker as Thread } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { OVERLOAD } from '../../contract/traffic.ts'
import { threadUnavailable } from '../../data-plane/source/open.ts'
import { violations } from '../../data-plane/telemetry/conservation.ts'
import { Worker } from '../../data-plane/worker.ts'
import type { BacklogData } from '../support/backlog-sender.ts'
import {
  EXPERIMENT,
  gatewayExperiment,
  loopbackConfig,
  OTHER,
  SOURCE,
} from '../support/gateway-experiment.ts'
import { MirroredConnection } from '../support/mirrored-connection.ts'
import { type RecordingShadow, startRecordingShadow, until } from '../support/recording-shadow.ts'

const unavailable = await threadUnavailable()
if (unavailable !== null) console.log(`sharing a worker not tested: ${unavailable}`)

const [QUIET, FLOOD] = [EXPERIMENT, OTHER] as const
const VNI = { [QUIET]: 7, [FLOOD]: 8 }

let shadow: RecordingShadow
beforeAll(async () => {
  shadow = await startRecordingShadow()
})
afterAll(() => shadow.stop())

const experiment = (id: keyof typeof VNI) =>
  gatewayExperiment({
    id,
    shadow: { url: shadow.url },
    sources: [{ vni: VNI[id], eni: 'eni-00000000000000001', address: SOURCE, mac: '02:00:00:00:00:01' }],
  })

const start = async (...ids: (keyof typeof VNI)[]) => {
  const errors: Error[] = []
  const worker = new Worker({
    host: '127.0.0.1',
    port: 0,
    shared: false,
    onError: (error) => errors.push(error),
    clock: Date.now,
  })
  const { source } = await worker.start()
  onTestFinished(() => worker.stop(0))
  worker.configure(ids.map((id) => loopbackConfig(experiment(id))))
  return { worker, port: source.port, errors }
}

/** One GET on each of so many connections: five packets each. */
const gets = (id: keyof typeof VNI, count: number): Buffer[] =>
  Array.from({ length: count }, (_, n) => {
    const connection = new MirroredConnection({
      vni: VNI[id],
      client: { address: '10.0.0.1', port: 20_000 + n },
      server: { address: '10.1.0.9', port: 8080 },
    })
    const head = `GET /${id}/${n} HTTP/1.1\r\nHost: shop\r\n\r\n`
    return [...connection.open(), ...connection.request(Buffer.from(head))]
  }).flat()

/** So much is received while this thread does nothing: when it goes on, all of it waits. */
const fallBehind = async (port: number, datagrams: readonly Buffer[]): Promise<void> => {
  const done = new SharedArrayBuffer(4)
  const words = new Int32Array(done)
  const thread = new Thread(new URL('../support/backlog-sender.ts', import.meta.url), {
    workerData: { datagrams: [...datagrams], from: SOURCE, port, done } satisfies BacklogData,
  })
  await once(thread, 'message')
  Atomics.store(words, 0, 1)
  Atomics.notify(words, 0)
  Atomics.wait(words, 0, 1, 60_000)
}

/** As long as both last, one of the first kind for so many of the other. */
const mixed = (few: readonly Buffer[], many: readonly Buffer[]): Buffer[] => {
  const each = Math.ceil(many.length / few.length)
  return few.flatMap((packet, n) => [packet, ...many.slice(n * each, (n + 1) * each)])
}

describe.skipIf(unavailable !== null)('a worker that is behind', { timeout: 90_000 }, () => {
  test('leaves out what one experiment floods it with, counts it, and reads all of the other', async () => {
    const { worker, port, errors } = await start(QUIET, FLOOD)
    const [few, many] = [gets(QUIET, 100), gets(FLOOD, 660)]

    await fallBehind(port, mixed(few, many))
    await until(() => worker.snapshot().received === few.length + many.length)
    await until(() => worker.snapshot().experiments[QUIET]?.requests.shadow.answered_2xx === 100)
    const snapshot = worker.snapshot()
    const [quiet, flood] = [snapshot.experiments[QUIET], snapshot.experiments[FLOOD]]

    expect(quiet?.packets[OVERLOAD]).toBe(0)
    expect(flood?.packets[OVERLOAD]).toBeGreaterThan(500)
    expect(flood?.sources[VNI[FLOOD]]?.packets).toBe(many.length)
    expect(quiet?.requests).toMatchObject({ seen: 100, forwarded: 100 })
    expect(violations(snapshot)).toEqual([])
    expect(errors).toEqual([])
  })

  test('leaves nothing out for nobody: one experiment has it to itself', async () => {
    const { worker, port } = await start(FLOOD)
    const many = gets(FLOOD, 760)

    await fallBehind(port, many)
    await until(() => worker.snapshot().received === many.length)
    const { experiments } = worker.snapshot()

    expect(experiments[FLOOD]?.packets[OVERLOAD]).toBe(0)
  })
})
