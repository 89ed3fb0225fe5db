import { add } from '../tcp/sequence.ts'
import { type BodyBudget, BodyCollector } from './body.ts'
import { type Framing, findHeadEnd, parseFields } from './head.ts'

/** What the owner of a reader learns. Sequence numbers are of the half that is read. */
export type ReaderEvents = {
  /** First byte of a message. False: these bytes start none; the reader is lost. */
  begin(b: Buffer, start: number, end: number, sequence: number, acknowledgement: number, at: number): boolean
  /** A whole head. Says how its body is framed, or leaves the reader with `stop`. */
  head(text: string, sequenceAfter: number, at: number): Framing | 'stop'
  /** The message is over; `failure` says why it is not whole. */
  end(outcome: ReadOutcome): void
}

export type ReadFailure = 'gap' | 'too_large' | 'ambiguous'

export type ReadOutcome = {
  failure: ReadFailure | null
  body: Buffer
  bodyLength: number
  trailers: string[]
  /** Sequence number after its last byte. */
  sequence: number
  at: number
  /** The head had been read. */
  hasHead: boolean
}

/**
 * - `start`: between messages
 * - `lost`: where messages start is not known; bytes are skipped until the owner calls `restart`
 * - `stopped`: the rest of the half is not HTTP/1
 */
type State =
  | 'start'
  | 'head'
  | 'length'
  | 'chunk_size'
  | 'chunk_data'
  | 'chunk_end'
  | 'trailers'
  | 'close'
  | 'lost'
  | 'stopped'

const CR = 13
const LF = 10
/** A chunk size with its extensions; more is no HTTP (RFC 9112 7.1.1 asks for a limit). */
const MAX_CHUNK_LINE = 4096
const NO_TRAILERS: string[] = []
const NO_BODY = Buffer.alloc(0)

/** Cuts one half of a connection into HTTP/1 messages, fed in pieces of any size. */
export class MessageReader {
  state: State = 'lost'
  /** Up to where the last piece was read: what follows, when the reader is stopped, is not HTTP/1. */
  rest = 0
  /** For requests: bare line feeds in chunk framing are refused, because readers disagree about them. */
  readonly #strict: boolean
  readonly #events: ReaderEvents
  readonly #headLimit: number
  readonly #bodyLimit: number
  readonly #budget: BodyBudget
  #remaining = 0
  #body: BodyCollector | null = null
  #failure: ReadFailure | null = null
  #line: Buffer | null = null
  #lineLength = 0
  #trailers = NO_TRAILERS
  #trailerBytes = 0
  #next = 0
  #hasHead = false

  constructor(
    events: ReaderEvents,
    strict: boolean,
    headLimit: number,
    bodyLimit: number,
    budget: BodyBudget,
  ) {
    this.#events = events
    this.#strict = strict
    this.#headLimit = headLimit
    this.#bodyLimit = bodyLimit
    this.#budget = budget
  }

  get isBetween(): boolean {
    return this.state === 'start'
  }

  get isInMessage(): boolean {
    return this.state !== 'start' && this.state !== 'lost' && this.state !== 'stopped'
  }

  /** The next byte starts a message. */
  restart(): void {
    this.state = 'start'
  }

  /** Leaves the message being read without an event. */
  abandon(state: 'lost' | 'stopped'): void {
    this.#reset()
    this.state = state
  }

  feed(b: Buffer, start: number, end: number, sequence: number, acknowledgement: number, at: number): void {
    let i = start
    while (i < end) {
      switch (this.state) {
        case 'start':
          // Empty lines before a message are ignored (RFC 9112 2.2).
          while (i < end && (b[i] === CR || b[i] === LF)) i++
          if (i >= end) return
          if (!this.#events.begin(b, i, end, add(sequence, i - start), acknowledgement, at)) {
            if (this.state === 'start') this.state = 'lost'
            return
          }
          this.state = 'head'
          break
        case 'head':
          i = this.#readHead(b, i, end, sequence - start, at)
          break
        case 'length': {
          const take = Math.min(this.#remaining, end - i)
          this.#body?.add(b, i, i + take)
          i += take
          this.#remaining -= take
          if (this.#remaining === 0) this.#finish(add(sequence, i - start), at)
          break
        }
        case 'chunk_size':
          i = this.#readChunkSize(b, i, end, sequence - start, at)
          break
        case 'chunk_data': {
          const take = Math.min(this.#remaining, end - i)
          this.#body?.add(b, i, i + take)
          i += take
          this.#remaining -= take
          if (this.#remaining === 0) this.state = 'chunk_end'
          break
        }
        case 'chunk_end':
          i = this.#readChunkEnd(b, i, sequence - start, at)
          break
        case 'trailers':
          i = this.#readTrailers(b, i, end, sequence - start, at)
          break
        case 'close':
          this.#body?.add(b, i, end)
          return
        default:
          this.rest = i
          return
      }
    }
    this.rest = i
  }

  /** Bytes are missing. Where messages end stays known only when all of them belong to a body of known length. */
  gap(bytes: number, sequence: number, at: number): void {
    if (this.state === 'lost' || this.state === 'stopped') return
    if (this.state === 'start') {
      this.state = 'lost'
      return
    }
    this.#failure ??= 'gap'
    if (this.state === 'close') return
    const counted = this.state === 'length' || this.state === 'chunk_data'
    if (counted && bytes <= this.#remaining) {
      this.#remaining -= bytes
      if (this.#remaining > 0) return
      if (this.state === 'chunk_data') this.state = 'chunk_end'
      else this.#finish(sequence, at)
      return
    }
    this.#fail('gap', sequence, at)
  }

  /**
   * The half has ended. A body that ends with the connection is whole when it ended in order; anything else that is
   * open is given to `end` with failure null and the caller's knowledge why.
   */
  finishAtClose(sequence: number, at: number): 'whole' | 'open' | 'none' {
    if (this.state === 'close') {
      this.#finish(sequence, at)
      return 'whole'
    }
    return this.isInMessage ? 'open' : 'none'
  }

  /** Ends the message being read as it is. */
  cut(sequence: number, at: number): void {
    if (this.isInMessage) this.#fail(this.#failure, sequence, at)
  }

  #readHead(b: Buffer, from: number, end: number, base: number, at: number): number {
    let text: string
    let next: number
    if (this.#line === null) {
      text = b.toString('latin1', from, end)
      const headEnd = findHeadEnd(text)
      if (headEnd < 0) return this.#collect(b, from, end, this.#headLimit, base, at)
      next = from + headEnd
      // Of its own, so that what is kept of the head does not keep the body behind it.
      if (next < end) text = b.toString('latin1', from, next)
    } else {
      const searched = Math.max(0, this.#lineLength - 3)
      const before = this.#lineLength
      if (this.#collect(b, from, end, this.#headLimit, base, at) < 0 || this.#line === null) return end
      const found = findHeadEnd(this.#line.toString('latin1', searched, this.#lineLength))
      if (found < 0) return end
      const headEnd = searched + found
      text = this.#line.toString('latin1', 0, headEnd)
      next = from + (headEnd - before)
      this.#line = null
      this.#lineLength = 0
    }
    this.#hasHead = true
    if (text.length > this.#headLimit) {
      this.#fail('too_large', (base + next) | 0, at)
      return end
    }
    const framing = this.#events.head(text, (base + next) | 0, at)
    if (framing === 'stop') return next
    this.#begin(framing)
    if (framing.mode === 'none') this.#finish((base + next) | 0, at)
    return next
  }

  #begin(framing: Framing): void {
    switch (framing.mode) {
      case 'none':
        return
      case 'length':
        this.#body = new BodyCollector(this.#bodyLimit, this.#budget, framing.length)
        this.#remaining = framing.length
        this.state = 'length'
        return
      case 'chunked':
        this.#body = new BodyCollector(this.#bodyLimit, this.#budget, 0)
        this.state = 'chunk_size'
        return
      case 'close':
        this.#body = new BodyCollector(this.#bodyLimit, this.#budget, 0)
        this.state = 'close'
    }
  }

  /** Keeps bytes of a line or head that goes on in the next piece. Returns `end`, or -1 when the limit is passed. */
  #collect(b: Buffer, from: number, end: number, limit: number, base: number, at: number): number {
    const size = end - from
    if (this.#lineLength + size > limit + MAX_CHUNK_LINE) {
      this.#fail('too_large', (base + end) | 0, at)
      return -1
    }
    if (this.#line === null || this.#lineLength + size > this.#line.length) {
      const bigger = Buffer.allocUnsafe(Math.max(1024, (this.#lineLength + size) * 2))
      this.#line?.copy(bigger, 0, 0, this.#lineLength)
      this.#line = bigger
    }
    b.copy(this.#line, this.#lineLength, from, end)
    this.#lineLength += size
    return end
  }

  /**
   * A line up to LF, without its line end, and `#next` after it. Null while it is not whole (it is kept) or when the
   * reader failed.
   */
  #readLine(b: Buffer, from: number, end: number, base: number, at: number): string | null {
    let stop = from
    while (stop < end && b[stop] !== LF) stop++
    const isWhole = stop < end
    if (isWhole) stop++
    this.#next = stop
    if (this.#lineLength + stop - from > MAX_CHUNK_LINE) {
      this.#fail('ambiguous', (base + stop) | 0, at)
      return null
    }
    if (this.#line === null && isWhole) return this.#withoutLineEnd(b, from, stop, base, at)
    if (this.#collect(b, from, stop, MAX_CHUNK_LINE, base, at) < 0 || !isWhole) return null
    const line: Buffer = this.#line ?? NO_BODY
    const length = this.#lineLength
    this.#line = null
    this.#lineLength = 0
    return this.#withoutLineEnd(line, 0, length, base + stop - length, at)
  }

  #withoutLineEnd(b: Buffer, from: number, stop: number, base: number, at: number): string | null {
    const hasCr = stop - from >= 2 && b[stop - 2] === CR
    if (!hasCr && this.#strict) {
      this.#fail('ambiguous', (base + stop) | 0, at)
      return null
    }
    return b.toString('latin1', from, hasCr ? stop - 2 : stop - 1)
  }

  #readChunkSize(b: Buffer, from: number, end: number, base: number, at: number): number {
    const line = this.#readLine(b, from, end, base, at)
    if (line === null) return end
    const match = /^([0-9A-Fa-f]{1,13})[\t ]*(?:;.*)?$/.exec(line)
    if (match === null || line.includes('\r')) {
      this.#fail('ambiguous', (base + this.#next) | 0, at)
      return end
    }
    this.#remaining = Number.parseInt(match[1] ?? '', 16)
    this.state = this.#remaining === 0 ? 'trailers' : 'chunk_data'
    return this.#next
  }

  /** The CRLF after a chunk's data. */
  #readChunkEnd(b: Buffer, from: number, base: number, at: number): number {
    const byte = b[from]
    if (byte === CR && this.#lineLength === 0) {
      this.#lineLength = 1
      return from + 1
    }
    if (byte === LF && (this.#lineLength === 1 || !this.#strict)) {
      this.#lineLength = 0
      this.state = 'chunk_size'
      return from + 1
    }
    this.#fail('ambiguous', (base + from) | 0, at)
    return Number.POSITIVE_INFINITY
  }

  #readTrailers(b: Buffer, from: number, end: number, base: number, at: number): number {
    const line = this.#readLine(b, from, end, base, at)
    if (line === null) return end
    const next = this.#next
    if (line === '') {
      this.#finish((base + next) | 0, at)
      return next
    }
    this.#trailerBytes += line.length
    const last = this.#trailers.length - 1
    if (last > 0 && /^[ \t]/.test(line) && this.#trailerBytes <= this.#headLimit) {
      // Obsolete folding, as in a head.
      this.#trailers[last] = `${this.#trailers[last]} ${line.trim()}`
      return next
    }
    const { headers, ambiguous } = parseFields(`${line}\r\n`, 0)
    if (ambiguous || this.#trailerBytes > this.#headLimit) {
      this.#fail('ambiguous', (base + next) | 0, at)
      return end
    }
    this.#trailers = this.#trailers.concat(headers)
    return next
  }

  #finish(sequence: number, at: number): void {
    const failure = this.#failure ?? (this.#body?.overflowed ? 'too_large' : null)
    const outcome = this.#outcome(failure, sequence, at)
    this.state = 'start'
    this.#events.end(outcome)
  }

  #fail(failure: ReadFailure | null, sequence: number, at: number): void {
    const outcome = this.#outcome(failure, sequence, at)
    this.state = 'lost'
    this.#events.end(outcome)
  }

  #outcome(failure: ReadFailure | null, sequence: number, at: number): ReadOutcome {
    const outcome: ReadOutcome = {
      failure,
      body: this.#body === null ? NO_BODY : this.#body.take(),
      bodyLength: this.#body === null ? 0 : this.#body.length,
      trailers: this.#trailers,
      sequence,
      at,
      hasHead: this.#hasHead,
    }
    this.#reset()
    return outcome
  }

  #reset(): void {
    this.#body?.release()
    this.#body = null
    this.#failure = null
    this.#line = null
    this.#lineLength = 0
    this.#trailers = NO_TRAILERS
    this.#trailerBytes = 0
    this.#hasHead = false
    this.#remaining = 0
  }
}
