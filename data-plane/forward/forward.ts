import type { Dispatcher } from 'undici'
import type { ShadowResult } from '../../contract/traffic.ts'
import type { RawHeaders, Request } from '../http/exchange.ts'
import type { Prepared } from './prepare.ts'
import { answeredResult, failedResult } from './shadow-result.ts'

/** What happens to a forwarded request, told to whoever sent it. Called at most once each, in this order. */
export type ForwardEvents = {
  /** Written to a connection: from here on it counts as forwarded. */
  onStarted(forward: Forward): void
  onFinished(forward: Forward, result: ShadowResult): void
}

/** More of an answer is not read: an endless one would hold its connection for ever. */
export const RESPONSE_BYTES_MAX = 16 * 1024 * 1024

const NO_TRAILERS: RawHeaders = []

/**
 * One request on its way to the shadow. It is undici's dispatch options and handler in one object, so that a request
 * costs one allocation and no closures. Times are of the monotonic clock, in milliseconds.
 */
export class Forward implements Dispatcher.DispatchHandler {
  readonly request: Request
  readonly method: Dispatcher.HttpMethod
  readonly path: string
  readonly headers: string[]
  readonly body: Buffer | null
  readonly servername: string | undefined
  /** For HTTP/2: `headers` begin with the pseudo-header fields. */
  readonly isHttp2: boolean
  readonly trailers: RawHeaders
  /** Bytes it holds while it waits. */
  readonly size: number

  /** The breaker's when it was let through. */
  epoch = 0
  startedAt = 0
  /** The shadow's status; 0 before its head has come. */
  status = 0
  firstByteAt = 0
  endedAt = 0
  responseBytes = 0
  capped = false

  readonly #events: ForwardEvents
  #controller: Dispatcher.DispatchController | null = null
  #expired = false

  constructor(request: Request, prepared: Prepared, servername: string | undefined, events: ForwardEvents) {
    this.request = request
    this.method = request.method as Dispatcher.HttpMethod
    this.path = prepared.path
    this.headers = prepared.headers
    this.body = request.body.length > 0 ? request.body : null
    this.servername = servername
    this.isHttp2 = prepared.isHttp2
    this.trailers = prepared.isHttp2 ? request.trailers : NO_TRAILERS
    this.size = prepared.size + request.body.length
    this.#events = events
  }

  get isStarted(): boolean {
    return this.startedAt > 0
  }

  /** Gives it up when it has been under way for longer than `ms`. */
  expire(now: number, ms: number): void {
    if (this.startedAt === 0 || now - this.startedAt < ms) return
    this.#expired = true
    this.abort()
  }

  abort(): void {
    this.#controller?.abort(new Error('given up'))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.startedAt = performance.now()
    this.#events.onStarted(this)
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return
    this.status = status
    this.firstByteAt = performance.now()
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.responseBytes += chunk.length
    if (this.responseBytes <= RESPONSE_BYTES_MAX || this.capped) return
    this.capped = true
    this.abort()
  }

  onResponseEnd(): void {
    this.#finish(answeredResult(this.status))
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.capped) this.#finish(answeredResult(this.status))
    else if (this.#expired) this.#finish('failed_timeout')
    else this.#finish(failedResult(error, this.isStarted))
  }

  #finish(result: ShadowResult): void {
    this.#controller = null
    this.endedAt = performance.now()
    this.#events.onFinished(this, result)
  }
}
