import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { ShadowResult } from '../../contract/traffic.ts'
import { Experiment } from '../experiment.ts'
import type { ExperimentConfig } from '../experiment-config.ts'
import type { ExperimentOptions } from '../experiment-options.ts'
import type { Request } from '../http/exchange.ts'
import { type Recorded, requestFrom, responseFrom } from '../record/recorded.ts'
import type { ExperimentSnapshot } from '../telemetry/snapshot.ts'
import { type Pace, schedule } from './pace.ts'

export type ReplaySettings = {
  config: ExperimentConfig
  /** In the order of their requests, at least one. */
  exchanges: readonly Recorded[]
  pace: Pace
  /** Passes over all of them. */
  times: number
  /** No further request is sent; those under way are waited for. */
  stop: AbortSignal
  onRecorded?: NonNullable<ExperimentOptions['onRecorded']>
}

export type Replayed = {
  snapshot: ExperimentSnapshot
  /** Whole passes. */
  passes: number
  seconds: number
  /** The most that a request was sent later than it was due, in milliseconds: the shadow, or this machine, is too slow. */
  behindMs: number
  /** Answers 5xx to requests that production, as far as the record says, did not answer so. */
  serverErrors: number
}

/** As often as a worker looks at what waits for time to pass. */
const TICK_MS = 100
/** Requests that are due at once are offered so many at a time, so that answers are read between them. */
const BURST = 32
/** A file can wait: so many requests before the shadow, and the next is held until there are fewer. */
const WAITING_MAX = 1_000
/** Node’s timers count no further than 24 days. */
const SLEEP_MS_MAX = 3_600_000
/** Longer than a forward may take. */
const LAST_MS = 120_000

/**
 * Sends what was recorded the way that captured requests go: the same rules, redaction and forwarder. A shadow that cannot
 * keep up makes it late and loses nothing.
 */
export const replay = async ({
  config,
  exchanges,
  pace,
  times,
  stop,
  onRecorded,
}: ReplaySettings): Promise<Replayed> => {
  const production = new WeakMap<Request, number>()
  let serverErrors = 0
  const experiment = new Experiment(config, {
    onFinished: (_, { request }, result: ShadowResult) => {
      if (result === 'answered_5xx' && (production.get(request) ?? 0) < 500) serverErrors++
    },
    ...(onRecorded && { onRecorded }),
  })
  const ticking = setInterval(() => experiment.tick(Date.now()), TICK_MS)
  const { due, passMs } = schedule(
    pace,
    exchanges.map(({ request }) => request.firstAt),
  )
  const connections = 1 + Math.max(...exchanges.map(({ request }) => request.connection.id))
  const started = performance.now()
  let behindMs = 0
  let passes = 0
  let offered = 0
  for (; passes < times && !stop.aborted; passes++) {
    for (const [index, recorded] of exchanges.entries()) {
      const at = started + passes * passMs + (due[index] as number)
      await waitUntil(at, stop)
      if (++offered % BURST === 0) {
        await turn()
        await room(experiment, stop)
      }
      if (stop.aborted) break
      behindMs = Math.max(behindMs, performance.now() - at)
      const request = again(recorded.request, passes * connections)
      const answer = recorded.production
      if (answer !== null) production.set(request, answer.status)
      experiment.onRequest(request)
      const response =
        answer && responseFrom(moved(answer, request.lastAt - recorded.request.lastAt), request)
      experiment.onExchange({ connection: request.connection, request, response })
    }
    if (stop.aborted) break
  }
  await idle(experiment)
  clearInterval(ticking)
  await experiment.stop(Date.now(), 0)
  return {
    snapshot: experiment.snapshot(),
    passes,
    seconds: (performance.now() - started) / 1000,
    behindMs,
    serverErrors,
  }
}

const waitUntil = async (at: number, signal: AbortSignal): Promise<void> => {
  for (let left = at - performance.now(); left >= 1 && !signal.aborted; left = at - performance.now())
    await sleep(Math.min(left, SLEEP_MS_MAX), null, { signal }).catch(() => {})
}

const room = async (experiment: Experiment, stop: AbortSignal): Promise<void> => {
  while (experiment.snapshot().requests.waiting >= WAITING_MAX && !stop.aborted) await sleep(5)
}

/** Everything that was offered is answered, refused or given up. */
const idle = async (experiment: Experiment): Promise<void> => {
  const deadline = performance.now() + LAST_MS
  while (performance.now() < deadline) {
    const { requests, copies, shadows } = experiment.snapshot()
    const all = [requests, copies, ...Object.values(shadows).map((shadow) => shadow.requests)]
    if (all.every(({ waiting, inFlight }) => waiting + inFlight === 0)) return
    await sleep(10)
  }
}

/** The same request, asked now. The rules and redaction change what they get, so each pass has its own. */
const again = (recorded: Request, connectionsBefore: number): Request => {
  const now = performance.timeOrigin + performance.now()
  const { connection } = recorded
  return {
    ...requestFrom({
      ...recorded,
      connection: { ...connection, id: connection.id + connectionsBefore },
      firstAt: now,
      lastAt: now,
    }),
    capturedAt: recorded.lastAt,
  }
}

const moved = <Answer extends { firstAt: number; lastAt: number }>(answer: Answer, by: number): Answer => ({
  ...answer,
  firstAt: answer.firstAt + by,
  lastAt: answer.lastAt + by,
})
