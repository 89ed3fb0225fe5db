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
const NO_BODY = Buffer.alloc(0)

/** What is kept of an answer that is to be compared. */
export type Kept = {
  /** Name, value, name, value ...; names in lower case, trailers behind the headers. */
  readonly headers: string[]
  /** Empty when it was longer than what is kept. */
  body: Buffer
}

/** Gives up what a connection is doing; the forward then fails with this error. */
export type Control = { abort(error: Error): void }

/**
 * One request on its way to the shadow, and what comes of it: what to send and whom to tell in one object, so that a request
 * costs one allocation and no closures. Times are of the monotonic clock, in milliseconds.
 */
export class Forward {
  readonly request: Request
  readonly method: string
  readonly path: string
  readonly headers: string[]
  readonly body: Buffer | null
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
  /** Length of its answer's body, without chunk framing. */
  responseBytes = 0
  capped = false
  /** Its answer was read to its end. */
  isWhole = false
  /** Null when nothing of the answer is kept. */
  readonly kept: Kept | null

  readonly #events: ForwardEvents
  #heardAt = 0
  #heardBytes = 0
  #control: Control | null = null
  #expired = false

  /** @param isKept keeps the answer's headers and what its connection keeps of its body */
  constructor(request: Request, prepared: Prepared, events: ForwardEvents, isKept = false) {
    this.request = request
    this.method = request.method
    this.path = prepared.path
    this.headers = prepared.headers
    this.body = request.body.length > 0 ? request.body : null
    this.isHttp2 = prepared.isHttp2
    this.trailers = prepared.isHttp2 ? request.trailers : NO_TRAILERS
    this.size = prepared.size + request.body.length
    this.#events = events
    this.kept = isKept ? { headers: [], body: NO_BODY } : null
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
    this.#control?.abort(new Error('given up'))
  }

  /** It is being written to a connection. */
  begin(control: Control): void {
    this.#control = control
    this.startedAt = performance.now()
    this.#events.onStarted(this)
  }

  /** The head of its final answer. */
  head(status: number, headers: RawHeaders): void {
    this.status = status
    this.firstByteAt = performance.now()
    this.#heardAt = this.firstByteAt
    if (this.kept !== null) addHeaders(this.kept.headers, headers)
  }

  /** So many bytes more of its answer came. */
  data(bytes: number): void {
    this.#heardBytes += bytes
    if (this.status > 0) this.#heardAt = performance.now()
    if (this.#heardBytes <= RESPONSE_BYTES_MAX || this.capped) return
    this.capped = true
    this.responseBytes = this.#heardBytes
    this.abort()
  }

  /** Its answer has ended as it should. @param body what was kept of it */
  end(body: Buffer, bodyLength: number, trailers: RawHeaders): void {
    this.isWhole = true
    this.responseBytes = bodyLength
    if (this.kept !== null) {
      this.kept.body = body
      addHeaders(this.kept.headers, trailers)
    }
    this.#finish(answeredResult(this.status))
  }

  fail(error: Error): void {
    if (this.capped && this.status > 0) this.#finish(answeredResult(this.status))
    else if (this.#expired) this.#finish('failed_timeout')
    else this.#finish(failedResult(error, this.isStarted))
  }

  #finish(result: ShadowResult): void {
    this.#control = null
    this.endedAt = performance.now()
    this.#events.onFinished(this, result)
  }
}

const addHeaders = (list: string[], headers: RawHeaders): void => {
  for (let i = 0; i < headers.length; i += 2)
    list.push((headers[i] as string).toLowerCase(), headers[i + 1] as string)
}
