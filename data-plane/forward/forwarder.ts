import type { Pool } from 'undici'
import type { RequestReason, ShadowResult } from '../../contract/traffic.ts'
import type { Request } from '../http/exchange.ts'
import { countDuration, type DurationCounts, zeroDurations } from '../telemetry/durations.ts'
import type { RequestCounters } from '../telemetry/request-counters.ts'
import { Forward, type ForwardEvents } from './forward.ts'
import { type HeaderChanges, prepare, zeroHeaderChanges } from './prepare.ts'
import { RequestQueue } from './request-queue.ts'
import { type IsProduction, openPool, SHADOW_TIMEOUTS, type Shadow, type ShadowTimeouts } from './shadow.ts'

export type ForwarderLimits = {
  /** Requests under way at once, each on its own connection. */
  connections: number
  queueRequests: number
  queueBytes: number
}

export const FORWARDER_LIMITS: ForwarderLimits = {
  connections: 64,
  queueRequests: 10_000,
  queueBytes: 64 * 1024 * 1024,
}

export type ForwarderOptions = {
  shadow: Shadow
  experiment: string
  counters: RequestCounters
  isProduction?: IsProduction
  limits?: Partial<ForwarderLimits>
  timeouts?: Partial<ShadowTimeouts>
  /** Told about every finished forward: status, times and bytes are its fields. */
  onFinished?: (forward: Forward, result: ShadowResult) => void
}

/** While no connection can be made one request at a time tries, after a pause that doubles up to this. */
const PAUSE_MS_FIRST = 50
const PAUSE_MS_MAX = 1_000

/**
 * Sends an experiment's requests to its shadow. Nothing here waits for the shadow: what cannot be sent now waits in a
 * bounded queue, and what that cannot hold is dropped, oldest first, and counted.
 */
export class Forwarder implements ForwardEvents {
  readonly shadow: Shadow
  readonly durations: DurationCounts = zeroDurations()
  readonly headerChanges: HeaderChanges = zeroHeaderChanges()
  readonly #options: ForwarderOptions
  readonly #counters: RequestCounters
  readonly #limits: ForwarderLimits
  readonly #pool: Pool
  readonly #queue: RequestQueue<Forward>
  readonly #servername: string | undefined
  /** Handed to the pool and not finished. */
  readonly #active = new Set<Forward>()
  #pumpScheduled = false
  #connectFailures = 0
  #pause: NodeJS.Timeout | null = null
  #stopping = false
  /** The pool is being destroyed: what has not been written will not be. */
  #givingUp = false
  #onIdle: (() => void) | null = null

  constructor(options: ForwarderOptions) {
    this.#options = options
    this.shadow = options.shadow
    this.#counters = options.counters
    this.#limits = { ...FORWARDER_LIMITS, ...options.limits }
    this.#pool = openPool(
      options.shadow,
      this.#limits.connections,
      { ...SHADOW_TIMEOUTS, ...options.timeouts },
      options.isProduction ?? (() => false),
    )
    this.#servername = options.shadow.secure ? options.shadow.hostname : undefined
    this.#queue = new RequestQueue(
      { requests: this.#limits.queueRequests, bytes: this.#limits.queueBytes },
      (forward) => this.#refuseWaiting(forward, 'dropped.queue_full'),
    )
  }

  /** Takes a request that the rules let through; returns at once. */
  submit(request: Request): void {
    const prepared = prepare(request, this.shadow, this.#options.experiment, this.headerChanges)
    if (prepared === null) {
      this.#counters.refused['held_back.not_forwardable']++
      return
    }
    const forward = new Forward(request, prepared, this.#servername, this)
    this.#counters.waiting++
    if (this.#queue.length === 0 && this.#mayDispatch()) this.#dispatch(forward)
    else this.#queue.push(forward)
  }

  get queueBytes(): number {
    return this.#queue.bytes
  }

  /** Drops everything that waits in the queue. */
  dropWaiting(reason: RequestReason): void {
    for (let forward = this.#queue.shift(); forward; forward = this.#queue.shift())
      this.#refuseWaiting(forward, reason)
  }

  /** Gives up what has been under way for too long. */
  expire(now: number): void {
    for (const forward of this.#active) forward.expire(now)
  }

  /**
   * Resolves when nothing waits and nothing is in flight, or at the deadline: what waits then is dropped, what is in
   * flight aborted. Connections are closed.
   */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true
    if (this.#connectFailures > 0) this.dropWaiting('dropped.shutdown')
    if (this.#active.size > 0 || this.#queue.length > 0) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
        timer = setTimeout(resolve, deadlineMs)
        this.#pump()
      })
      clearTimeout(timer)
      this.dropWaiting('dropped.shutdown')
    }
    this.#givingUp = true
    await this.#pool.destroy()
  }

  onStarted(_forward: Forward): void {
    this.#counters.waiting--
    this.#counters.forwarded++
    this.#counters.inFlight++
    this.#connectFailures = 0
  }

  onFinished(forward: Forward, result: ShadowResult): void {
    this.#active.delete(forward)
    if (!forward.isStarted && this.#givingUp) {
      this.#refuseWaiting(forward, 'dropped.shutdown')
      return
    }
    if (!forward.isStarted) {
      this.#counters.waiting--
      this.#counters.forwarded++
    } else this.#counters.inFlight--
    this.#counters.shadow[result]++
    if (forward.capped) this.#counters.capped++
    if (forward.firstByteAt > 0)
      countDuration(this.durations, (forward.firstByteAt - forward.startedAt) / 1000)
    this.#options.onFinished?.(forward, result)
    if (result === 'failed_connect') this.#onConnectFailure()
    if (this.#queue.length > 0) this.#schedulePump()
    else if (this.#active.size === 0) this.#onIdle?.()
  }

  #mayDispatch(): boolean {
    if (this.#pause !== null) return false
    return this.#active.size < (this.#connectFailures > 0 ? 1 : this.#limits.connections)
  }

  #dispatch(forward: Forward): void {
    this.#active.add(forward)
    this.#pool.dispatch(forward, forward)
  }

  #onConnectFailure(): void {
    this.#connectFailures++
    if (this.#stopping) this.dropWaiting('dropped.shutdown')
    if (this.#pause !== null) return
    const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_FIRST * 2 ** (this.#connectFailures - 1))
    this.#pause = setTimeout(() => {
      this.#pause = null
      this.#pump()
    }, pauseMs)
    this.#pause.unref()
  }

  /** undici frees a connection in the check phase after its answer: one turn later the pool has room again. */
  #schedulePump(): void {
    if (this.#pumpScheduled) return
    this.#pumpScheduled = true
    queueMicrotask(() => setImmediate(this.#onPump))
  }

  readonly #onPump = (): void => {
    this.#pumpScheduled = false
    this.#pump()
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#mayDispatch()) this.#dispatch(this.#queue.shift() as Forward)
  }

  #refuseWaiting(_forward: Forward, reason: RequestReason): void {
    this.#counters.waiting--
    this.#counters.refused[reason]++
    if (this.#queue.length === 0 && this.#active.size === 0) this.#onIdle?.()
  }
}
