import type { ShadowResult } from '../../contract/traffic.ts'
import { heldBytes } from '../compare/held-bytes.ts'
import type { Forward } from '../forward/forward.ts'
import type { Exchange, Request } from '../http/exchange.ts'
import type { Redactor } from '../redact/redactor.ts'
import { exchangeLine } from './native.ts'
import type { Recorded, RecordedAnswer } from './recorded.ts'
import { redactAnswers } from './redact-answers.ts'

/** What one worker may write. */
export type RecordLimits = {
  bytes: number
  /** Milliseconds since the epoch; requests from then on are not recorded. */
  until: number
  /** Requests with a longer body are not recorded; all are when left out. */
  requestBytes?: number
}

/** Why forwarded requests are not in a record: `memory` held too many that wait for an answer, `body` is too long. */
export type Unrecorded = 'size' | 'time' | 'memory' | 'body'

/** More of an answer's body is not kept. */
export const RECORDED_BYTES_MAX = 1024 * 1024
/** Longer than a forward may take, and than most answers of production's. */
const WAIT_MS = 75_000
const PENDING_MAX = 10_000
const PENDING_BYTES_MAX = 64 * 1024 * 1024
/** Lines are handed on together. */
const CHUNK_LENGTH = 256 * 1024
/** How long exchanges are written before packets are looked at again. */
const SLICE_MS = 2

/** Undefined: it may still come. */
type Pending = {
  since: number
  production: RecordedAnswer | null | undefined
  shadow: Recorded['shadow'] | undefined
  bytes: number
}

/**
 * Writes down what is forwarded: the request as it was redacted, and both answers, redacted alike, as soon as both are
 * known. What is held meanwhile is bounded; what is not recorded is counted.
 */
export class Recorder {
  /** Lines and bytes written, and forwarded requests that are not, as `missed.size`. */
  readonly counts: Record<string, number> = { exchanges: 0, bytes: 0 }
  readonly #limits: RecordLimits
  readonly #redactor: () => Redactor
  readonly #write: (lines: Buffer) => void
  /** Oldest first. */
  readonly #pending = new Map<Request, Pending>()
  readonly #ready: Request[] = []
  #bytes = 0
  #written = 0
  #lines = ''
  #isFull = false
  #now = 0
  #isScheduled = false

  /** @param write gets whole lines */
  constructor(limits: RecordLimits, redactor: () => Redactor, write: (lines: Buffer) => void) {
    this.#limits = limits
    this.#redactor = redactor
    this.#write = write
  }

  /** The request, redacted, is on its way to the shadow. */
  expect(request: Request): void {
    const missed = this.#reasonToMiss(request)
    if (missed !== null) {
      this.#miss(missed)
      return
    }
    const bytes = heldBytes(request.headers, request.body)
    this.#pending.set(request, { since: this.#now, production: undefined, shadow: undefined, bytes })
    this.#hold(bytes)
  }

  /** It was not sent after all. */
  notSent(request: Request): void {
    this.#remove(request)
  }

  /** Production’s side, or that there will be none. */
  production({ request, response }: Exchange): void {
    const pending = request === null ? undefined : this.#pending.get(request)
    if (request === null || pending === undefined || pending.production !== undefined) return
    pending.production = response?.complete ? kept(response) : null
    this.#answered(request, pending, pending.production)
  }

  shadow(forward: Forward, result: ShadowResult): void {
    const pending = this.#pending.get(forward.request)
    if (pending === undefined || pending.shadow !== undefined) return
    const answer = answerOf(forward, result)
    const sentAt = forward.startedAt === 0 ? forward.endedAt : forward.startedAt
    pending.shadow = { result, sentAt: performance.timeOrigin + sentAt, answer }
    this.#answered(forward.request, pending, answer)
  }

  /** @param now milliseconds since the epoch */
  tick(now: number): void {
    if (this.#now === 0) for (const pending of this.#pending.values()) pending.since = now
    this.#now = now
    for (const [request, { since }] of this.#pending) {
      if (now - since < WAIT_MS) break
      this.#record(request)
    }
    this.#handOn()
  }

  /** Writes what is there: what has no answer now will not get one. */
  close(): void {
    for (const request of [...this.#pending.keys()]) this.#record(request)
    this.#handOn()
  }

  #reasonToMiss({ lastAt, body }: Request): Unrecorded | null {
    const { until, requestBytes = Number.POSITIVE_INFINITY } = this.#limits
    if (lastAt >= until) return 'time'
    if (this.#isFull) return 'size'
    return body.length > requestBytes ? 'body' : null
  }

  #answered(request: Request, pending: Pending, answer: RecordedAnswer | null): void {
    if (answer !== null) {
      const bytes = heldBytes(answer.headers, answer.body)
      pending.bytes += bytes
      this.#hold(bytes)
    }
    if (pending.production === undefined || pending.shadow === undefined) return
    this.#ready.push(request)
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#onTurn)
  }

  readonly #onTurn = (): void => {
    this.#isScheduled = false
    const deadline = performance.now() + SLICE_MS
    let done = 0
    while (done < this.#ready.length && performance.now() < deadline)
      this.#record(this.#ready[done++] as Request)
    this.#ready.splice(0, done)
    if (this.#ready.length === 0) return
    this.#isScheduled = true
    setImmediate(this.#onTurn)
  }

  #record(request: Request): void {
    const pending = this.#pending.get(request)
    if (pending === undefined) return
    this.#remove(request)
    const line = this.#isFull ? '' : this.#lineOf(request, pending)
    const bytes = Buffer.byteLength(line)
    this.#isFull ||= this.#written + bytes > this.#limits.bytes
    if (this.#isFull) {
      this.#miss('size')
      return
    }
    this.#written += bytes
    this.counts.exchanges = (this.counts.exchanges as number) + 1
    this.counts.bytes = this.#written
    this.#lines += line
    if (this.#lines.length >= CHUNK_LENGTH) this.#handOn()
  }

  #lineOf(request: Request, { production = null, shadow = null }: Pending): string {
    return exchangeLine(redactAnswers(this.#redactor(), { request, production, shadow }))
  }

  #hold(bytes: number): void {
    this.#bytes += bytes
    for (const request of this.#pending.keys()) {
      if (this.#pending.size <= PENDING_MAX && this.#bytes <= PENDING_BYTES_MAX) return
      this.#remove(request)
      this.#miss('memory')
    }
  }

  #remove(request: Request): void {
    const pending = this.#pending.get(request)
    if (pending === undefined) return
    this.#bytes -= pending.bytes
    this.#pending.delete(request)
  }

  #miss(why: Unrecorded): void {
    this.counts[`missed.${why}`] = (this.counts[`missed.${why}`] ?? 0) + 1
  }

  #handOn(): void {
    if (this.#lines === '') return
    const lines = Buffer.from(this.#lines)
    this.#lines = ''
    this.#write(lines)
  }
}

const NO_BODY = Buffer.alloc(0)

const kept = (answer: RecordedAnswer): RecordedAnswer =>
  answer.body.length <= RECORDED_BYTES_MAX ? answer : { ...answer, body: NO_BODY }

/** Null when the shadow gave none, or broke it off. */
const answerOf = (forward: Forward, result: ShadowResult): RecordedAnswer | null => {
  const { status, kept, responseBytes, firstByteAt, endedAt } = forward
  if (kept === null || result.startsWith('failed')) return null
  return {
    status,
    reason: '',
    headers: kept.headers,
    trailers: [],
    body: kept.body,
    bodyLength: responseBytes,
    firstAt: performance.timeOrigin + firstByteAt,
    lastAt: performance.timeOrigin + endedAt,
  }
}
