import type { RequestReason, ShadowResult } from '../../contract/traffic.ts'
import type { Request } from '../http/exchange.ts'
import { countDuration } from '../telemetry/durations.ts'
import type { RequestCounters } from '../telemetry/request-counters.ts'
import type { ShadowTally } from '../telemetry/shadow-tally.ts'
import { ActiveForwards } from './active-forwards.ts'
import { BREAKER_LIMITS, Breaker, type BreakerLimits } from './breaker.ts'
import { Forward, type ForwardEvents } from './forward.ts'
import type { Line } from './line.ts'
import { Minting } from './minting.ts'
import { PooledLine } from './pooled-line.ts'
import { type Preparation, prepare } from './prepare.ts'
import { compileRewrite } from './rewrite.ts'
import type { ShadowSettings } from './settings.ts'
import {
  type IsProduction,
  openConnections,
  parseShadow,
  SHADOW_TIMEOUTS,
  type Shadow,
  type ShadowTimeouts,
} from './shadow.ts'
import { SIGNED_HEADERS, type Sign } from './sign.ts'
import { SourceLines } from './source-lines.ts'

export type ForwarderLimits = {
  /** Requests under way at once, each on its own connection. */
  connections: number
  queueRequests: number
  queueBytes: number
}

/** A connection for every source connection needs more of them, most idle. */
const CONNECTIONS = { pooled: 64, 'per-source': 1_000 }

export const FORWARDER_LIMITS = { queueRequests: 10_000, queueBytes: 64 * 1024 * 1024 }

export type ForwarderOptions = {
  settings: ShadowSettings
  experiment: string
  tally: ShadowTally
  /** Needed for a shadow with SigV4. */
  sign?: Sign
  isProduction?: IsProduction
  limits?: Partial<ForwarderLimits>
  timeouts?: Partial<ShadowTimeouts>
  /** Told about every finished forward: status, times and bytes are its fields. */
  onFinished?: (forward: Forward, result: ShadowResult) => void
  /** Told about every request that was taken and then not sent, or not taken. */
  onRefused?: (request: Request) => void
  /** So much of each answer's body, and its headers, is kept for `onFinished`; 0 when left out. */
  keepBytes?: number
}

/** While no connection can be made one request at a time tries, after a pause that doubles up to this. */
const PAUSE_MS_FIRST = 50
const PAUSE_MS_MAX = 1_000
/** A wall clock that is further off than this from the monotonic one has been set. */
const CLOCK_STEP_MS = 5

/**
 * Sends an experiment's requests to one shadow. Nothing here waits for the shadow: what cannot be sent now waits in a
 * bounded queue, what that cannot hold is dropped, oldest first, and nothing is sent while the breaker is open; all of it
 * is counted.
 */
export class Forwarder implements ForwardEvents {
  readonly #options: ForwarderOptions
  readonly #tally: ShadowTally
  readonly #counters: RequestCounters
  readonly #preparation: Preparation
  readonly #timeouts: ShadowTimeouts
  readonly #breaker: Breaker | null
  readonly #serverErrors: boolean
  readonly #sign: Sign | null
  readonly #minting: Minting | null
  readonly #lacksSecret: boolean
  readonly #keepBytes: number
  readonly #line: Line
  /** Handed to a connection, or being signed, and not finished. */
  readonly #active = new ActiveForwards()
  #wallClock = performance.timeOrigin
  #pumpScheduled = false
  #isPumping = false
  #connectFailures = 0
  #pause: NodeJS.Timeout | null = null
  #stopping = false
  /** Connections are being destroyed: what has not been written will not be. */
  #givingUp = false
  #onIdle: (() => void) | null = null

  constructor(options: ForwarderOptions) {
    const { target, credentials, minted } = options.settings
    const shadow = parseShadow(target.url)
    this.#options = options
    this.#keepBytes = options.keepBytes ?? 0
    this.#tally = options.tally
    this.#counters = options.tally.requests
    this.#timeouts = { ...SHADOW_TIMEOUTS, ...options.timeouts, ...target.timeouts }
    this.#preparation = preparation(options, shadow)
    const breaker: BreakerLimits | null =
      target.breaker === 'off' ? null : { ...BREAKER_LIMITS, ...target.breaker }
    this.#breaker = breaker && new Breaker(breaker)
    this.#serverErrors = breaker?.serverErrors ?? false
    this.#sign = credentials?.by === 'sigv4' ? (options.sign ?? null) : null
    this.#lacksSecret = [credentials, ...minted].some((one) => one?.by === 'missing')
    this.#minting = minted.length > 0 ? new Minting(minted, Date.now) : null
    this.#line = this.#openLine(shadow)
  }

  /** Takes a request that the rules let through; returns at once. */
  submit(request: Request): void {
    this.#counters.seen++
    const reason = this.#offer(request)
    if (reason === null) return
    this.#counters.refused[reason]++
    this.#options.onRefused?.(request)
  }

  get queueBytes(): number {
    return this.#line.bytes
  }

  /** Drops everything that waits in the queue. */
  dropWaiting(reason: RequestReason): void {
    for (let forward = this.#line.shift(); forward; forward = this.#line.shift())
      this.#refuseWaiting(forward, reason)
  }

  /** Gives up what has been under way for too long. */
  expire(now: number): void {
    this.#active.expire(now, this.#timeouts)
    this.#line.expire(now)
    if (Math.abs(Date.now() - now - this.#wallClock) > CLOCK_STEP_MS) this.#wallClock = Date.now() - now
  }

  /**
   * Resolves when nothing waits and nothing is in flight, or at the deadline: what waits then is dropped, what is in
   * flight aborted. Connections are closed.
   */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true
    if (this.#connectFailures > 0) this.dropWaiting('dropped.shutdown')
    if (this.#active.size > 0 || this.#line.length > 0) {
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
    this.#line.destroy()
    this.#tally.breakerOpen = false
  }

  onStarted(forward: Forward): void {
    this.#counters.waiting--
    this.#counters.forwarded++
    this.#counters.inFlight++
    this.#connectFailures = 0
    this.#tally.lag.count((this.#wallClock + forward.startedAt - forward.request.lastAt) / 1000)
  }

  onFinished(forward: Forward, result: ShadowResult): void {
    this.#active.delete(forward)
    this.#line.release(forward)
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
    if (forward.firstByteAt > 0) {
      const seconds = (forward.firstByteAt - forward.startedAt) / 1000
      countDuration(this.#tally.durations, seconds)
      this.#tally.latency.count(seconds)
    }
    this.#options.onFinished?.(forward, result)
    this.#tellBreaker(forward, result)
    if (result === 'failed_connect') this.#onConnectFailure()
    // A connection whose answer was read whole takes the next request at once.
    if (forward.isWhole && !forward.isHttp2) this.#pump()
    this.#goOn()
  }

  /** Why the request is not taken; null when it waits or is on its way. */
  #offer(request: Request): RequestReason | null {
    if (this.#lacksSecret) return 'held_back.no_credentials'
    const prepared = prepare(request, this.#preparation, this.#tally.headerChanges)
    if (prepared === null) return 'held_back.not_forwardable'
    if (this.#minting?.apply(prepared, request.capturedAt ?? request.lastAt, request.unsigned) === false)
      return 'held_back.no_credentials'
    const breaker = this.#breaker
    if (breaker !== null && breaker.state !== 'closed' && !breaker.admits(performance.now()))
      return 'dropped.breaker_open'
    const forward = new Forward(request, prepared, this, this.#keepBytes > 0)
    if (breaker !== null) forward.epoch = breaker.epoch
    this.#counters.waiting++
    if (this.#mayDispatch() && this.#line.isFree(forward)) this.#dispatch(forward)
    else this.#line.push(forward)
    return null
  }

  #mayDispatch(): boolean {
    return this.#pause === null && (this.#connectFailures === 0 || this.#active.size === 0)
  }

  #dispatch(forward: Forward): void {
    this.#active.add(forward)
    this.#line.take(forward)
    if (this.#sign === null) this.#line.send(forward)
    else void this.#signAndSend(forward, this.#sign)
  }

  async #signAndSend(forward: Forward, sign: Sign): Promise<void> {
    const { method, path, headers, body } = forward
    try {
      const host =
        firstValue(headers, forward.isHttp2 ? ':authority' : 'host') ??
        new URL(this.#options.settings.target.url).host
      const contentType = firstValue(headers, 'content-type')
      headers.push(...(await sign({ method, path, host, contentType, body })))
    } catch {
      this.#withdraw(forward, 'held_back.no_credentials')
      return
    }
    if (this.#givingUp) this.#withdraw(forward, 'dropped.shutdown')
    else this.#line.send(forward)
  }

  /** Takes back what was to be sent and has not been. */
  #withdraw(forward: Forward, reason: RequestReason): void {
    this.#active.delete(forward)
    this.#line.release(forward)
    this.#refuseWaiting(forward, reason)
    this.#goOn()
  }

  #goOn(): void {
    if (this.#line.length > 0) this.#schedulePump()
    else if (this.#active.size === 0) this.#onIdle?.()
  }

  #tellBreaker(forward: Forward, result: ShadowResult): void {
    const breaker = this.#breaker
    if (breaker === null) return
    if (result === 'failed_protocol') {
      breaker.withdrawn(forward.epoch)
      return
    }
    const failed = result.startsWith('failed') || (this.#serverErrors && result === 'answered_5xx')
    if (breaker.finished(forward.epoch, failed, forward.endedAt)) {
      this.#tally.breakerOpened++
      this.dropWaiting('dropped.breaker_open')
    }
    this.#tally.breakerOpen = breaker.state !== 'closed'
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

  /** After a failure: a turn of the loop later, so that many at once are not one within the other. */
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
    if (this.#isPumping) return
    this.#isPumping = true
    while (this.#line.length > 0 && this.#mayDispatch()) {
      const forward = this.#line.next()
      if (!forward) break
      this.#dispatch(forward)
    }
    this.#isPumping = false
  }

  #refuseWaiting(forward: Forward, reason: RequestReason): void {
    this.#counters.waiting--
    this.#counters.refused[reason]++
    this.#options.onRefused?.(forward.request)
    this.#breaker?.withdrawn(forward.epoch)
    if (this.#line.length === 0 && this.#active.size === 0) this.#onIdle?.()
  }

  #openLine(shadow: Shadow): Line {
    const { target } = this.#options.settings
    const isProduction = this.#options.isProduction ?? (() => false)
    const mode = target.connections ?? 'pooled'
    const limits = {
      ...FORWARDER_LIMITS,
      connections: target.maxConnections ?? CONNECTIONS[mode],
      ...this.#options.limits,
    }
    const { connections, queueRequests: requests, queueBytes: bytes } = limits
    const onDropped = (forward: Forward) => this.#refuseWaiting(forward, 'dropped.queue_full')
    const open = (isForSource: boolean) =>
      openConnections(shadow, this.#timeouts, isProduction, this.#keepBytes, isForSource)
    return mode === 'pooled'
      ? new PooledLine(open(false), connections, { requests, bytes }, onDropped)
      : new SourceLines(() => open(true), connections, { requests, bytes }, onDropped)
  }
}

const preparation = ({ settings, experiment }: ForwarderOptions, shadow: Shadow): Preparation => {
  const { target, credentials } = settings
  const shadowAuthority = new URL(target.url).host
  return {
    experiment,
    http2: target.protocol === 'http1' ? null : shadow.secure ? 'https' : 'http',
    basePath: shadow.basePath,
    authority: target.host === 'rewrite' ? shadowAuthority : null,
    shadowAuthority,
    forwardedFor: target.forwardedFor === 'keep' ? null : (target.forwardedFor ?? null),
    rewrite: compileRewrite(target),
    replaced:
      credentials === null ? null : credentials.by === 'sigv4' ? SIGNED_HEADERS : new Set(['authorization']),
    authorization: credentials?.by === 'header' ? credentials.value : null,
  }
}

const firstValue = (headers: readonly string[], name: string): string | null => {
  for (let i = 0; i < headers.length; i += 2)
    if ((headers[i] as string).toLowerCase() === name) return headers[i + 1] as string
  return null
}
