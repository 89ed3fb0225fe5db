import type { IncomingHttpHeaders } from 'node:http'
import type { Client, Dispatcher } from 'undici'
import type { ShadowResult } from '../../contract/traffic.ts'
import type { RawHeaders, Request } from '../http/exchange.ts'
import type { Prepared } from './prepare.ts'
import type { ShadowTimeouts } from './shadow.ts'
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

/** What is kept of an answer that is to be compared. */
export type Kept = {
  /** Name, value, name, value ...; names in lower case, trailers behind the headers. */
  readonly headers: string[]
  readonly chunks: Buffer[]
}

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

  /** Its place among those under way. */
  place = 0
  /** The breaker's when it was let through. */
  epoch = 0
  startedAt = 0
  /** The shadow's status; 0 before its head has come. */
  status = 0
  firstByteAt = 0
  endedAt = 0
  responseBytes = 0
  capped = false
  /** Its answer was read to its end. */
  isWhole = false
  /** What it is sent on, in HTTP/1.1. */
  client: Client | null = null
  /** Null when nothing of the answer is kept; without its chunks once its body is longer than `keepBytes`. */
  readonly kept: Kept | null

  readonly #events: ForwardEvents
  readonly #keepBytes: number
  #heardAt = 0
  #controller: Dispatcher.DispatchController | null = null
  #expired = false

  /** @param keepBytes keeps the answer's headers and up to so many bytes of its body; 0 keeps nothing */
  constructor(
    request: Request,
    prepared: Prepared,
    servername: string | undefined,
    events: ForwardEvents,
    keepBytes = 0,
  ) {
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
    this.#keepBytes = keepBytes
    this.kept = keepBytes > 0 ? { headers: [], chunks: [] } : null
  }

  get isStarted(): boolean {
    return this.startedAt > 0
  }

  /** Gives it up when it has been under way, or has heard nothing, for too long. */
  expire(now: number, { totalMs, headersMs, bodyMs }: ShadowTimeouts): void {
    if (this.startedAt === 0) return
    const isSilent = this.status === 0 ? now - this.startedAt >= headersMs : now - this.#heardAt >= bodyMs
    if (!isSilent && now - this.startedAt < totalMs) return
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

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return
    this.status = status
    this.firstByteAt = performance.now()
    this.#heardAt = this.firstByteAt
    if (this.kept !== null) addHeaders(this.kept.headers, headers)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.responseBytes += chunk.length
    this.#heardAt = performance.now()
    // A chunk is a view of a larger buffer, which it would keep.
    if (this.responseBytes <= this.#keepBytes) this.kept?.chunks.push(Buffer.from(chunk))
    else this.kept?.chunks.splice(0)
    if (this.responseBytes <= RESPONSE_BYTES_MAX || this.capped) return
    this.capped = true
    this.abort()
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    this.isWhole = true
    if (this.kept !== null) addHeaders(this.kept.headers, trailers)
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

/** Without HTTP/2's pseudo-headers. */
const addHeaders = (list: string[], headers: IncomingHttpHeaders): void => {
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':') || value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) list.push(name, String(one))
  }
}
