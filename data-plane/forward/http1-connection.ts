import type { Socket } from 'node:net'
import { errors } from 'undici'
import type { BodyBudget } from '../http/body.ts'
import { type Framing, NO_BODY, parseResponseHead, type ResponseHead, responseFraming } from '../http/head.ts'
import { mayBeResponse } from '../http/protocol.ts'
import { MessageReader, type ReadOutcome } from '../http/reader.ts'
import type { Forward } from './forward.ts'

/** What a socket reads into, and who is told how much came; the bytes are there until the call returns. */
export type OnRead = { buffer: Buffer; callback: (bytes: number) => boolean }

/** Makes a socket to the shadow that reads so. */
export type OpenReadingSocket = (
  onread: OnRead,
  done: (error: Error | null, socket: Socket | null) => void,
) => void

/** What becomes of a connection. */
export type Http1Events = {
  /** Its answer was read whole, and nothing came behind it. */
  onFree(connection: Http1Connection): void
  onClosed(connection: Http1Connection): void
}

const HEAD_BYTES_MAX = 64 * 1024
/** Up to here a request is one text, which Node writes without memory of its own. */
const TEXT_LENGTH_MAX = 16 * 1024
/** A shadow that says how long it keeps a connection may close it that much earlier. */
const KEEP_ALIVE_MARGIN_MS = 1_000
/** A body is announced even when it is empty (RFC 9110 8.6). */
const METHODS_WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])
/** Connections have their own limits: of body bytes kept, and of how many there are. */
const NO_BUDGET: BodyBudget = { used: 0, limit: Number.POSITIVE_INFINITY }

/** All connections of a thread read into it: what was read is handled before the next one reads. */
const received = Buffer.allocUnsafeSlow(64 * 1024)

/**
 * One HTTP/1.1 connection to a shadow, one request at a time. It writes a request in one call and reads the answer where the
 * kernel puts it, with the reader of captured messages, which costs half of what a general client does. An answer that two
 * readers could understand differently is a failure, and bytes that nothing asked for end the connection.
 */
export class Http1Connection {
  /** Takes no further request. */
  isClosed = false
  /** When it was last used, of the monotonic clock in milliseconds, and how long it may carry nothing. */
  usedAt = 0
  idleMs: number
  readonly #reader: MessageReader
  readonly #events: Http1Events
  #socket: Socket | null = null
  /** Waits for the connection or for its answer. */
  #forward: Forward | null = null
  #isInterim = false
  #isLast = false
  /** The whole answer, while what came with it is read. */
  #answer: ReadOutcome | null = null
  #error: Error | null = null

  /** @param keepBytes so much of each answer's body is kept */
  constructor(openSocket: OpenReadingSocket, idleMs: number, keepBytes: number, events: Http1Events) {
    this.idleMs = idleMs
    this.#events = events
    this.#reader = new MessageReader(
      {
        begin: (b, start, end) =>
          this.#forward !== null && this.#answer === null && mayBeResponse(b, start, end),
        head: (text) => this.#head(text),
        end: (outcome) => this.#ends(outcome),
      },
      false,
      HEAD_BYTES_MAX,
      keepBytes,
      NO_BUDGET,
    )
    this.#reader.restart()
    openSocket({ buffer: received, callback: (bytes) => this.#read(bytes) }, (error, socket) => {
      if (error !== null || socket === null) this.#fail(error ?? new errors.ConnectTimeoutError())
      else if (this.isClosed) socket.destroy()
      else this.#begin(socket)
    })
  }

  send(forward: Forward): void {
    this.#forward = forward
    if (this.#socket !== null) this.#write(this.#socket, forward)
  }

  /** Gives up what is under way. */
  abort(error: Error): void {
    this.#fail(error)
  }

  #begin(socket: Socket): void {
    this.#socket = socket
    socket.on('error', (error) => {
      this.#error = error
    })
    socket.once('end', () => this.#end())
    socket.once('close', () => this.#fail(this.#error ?? new errors.SocketError('other side closed')))
    if (this.#forward !== null) this.#write(socket, this.#forward)
  }

  #write(socket: Socket, forward: Forward): void {
    const { body } = forward
    this.#isLast = false
    forward.begin(this)
    const head = headText(forward)
    if (body === null) socket.write(head, 'latin1')
    else if (head.length + body.length <= TEXT_LENGTH_MAX)
      socket.write(head + body.toString('latin1'), 'latin1')
    else {
      socket.cork()
      socket.write(head, 'latin1')
      socket.write(body)
      socket.uncork()
    }
  }

  /** False would stop reading: a connection that is closed has nothing to stop. */
  #read(bytes: number): boolean {
    if (this.isClosed) return true
    const forward = this.#forward
    forward?.data(bytes)
    if (this.isClosed) return true
    const reader = this.#reader
    reader.feed(received, 0, bytes, 0, 0, 0)
    if (this.#answer !== null) this.#finish(this.#answer, reader.isBetween)
    else if (!reader.isInMessage && !reader.isBetween)
      this.#fail(new Error(forward === null ? 'bytes that nothing asked for' : 'not an HTTP/1.1 answer'))
    return true
  }

  #head(text: string): Framing | 'stop' {
    const forward = this.#forward
    const head = parseResponseHead(text)
    if (forward === null || head === null || head.fields.ambiguous || head.status === 101) return this.#stop()
    this.#isInterim = head.status < 200
    if (this.#isInterim) return NO_BODY
    const framing = responseFraming(head, forward.method)
    if (framing === 'ambiguous') return this.#stop()
    this.#isLast = framing.mode === 'close' || head.version !== '1.1'
    this.#readConnection(head)
    forward.head(head.status, head.fields.headers)
    return framing
  }

  #stop(): 'stop' {
    this.#reader.abandon('lost')
    return 'stop'
  }

  /** What the shadow says about the connection (RFC 9112 9.3, 9.6). */
  #readConnection({ fields: { headers } }: ResponseHead): void {
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string
      if (name.length !== 10) continue
      const value = headers[i + 1] as string
      if (name.toLowerCase() === 'connection') this.#isLast ||= /(?:^|,)\s*close\s*(?:,|$)/i.test(value)
      else if (name.toLowerCase() === 'keep-alive') {
        const seconds = /(?:^|,)\s*timeout\s*=\s*"?(\d{1,6})/i.exec(value)?.[1]
        if (seconds !== undefined)
          this.idleMs = Math.min(this.idleMs, Math.max(0, Number(seconds) * 1000 - KEEP_ALIVE_MARGIN_MS))
      }
    }
  }

  #ends(outcome: ReadOutcome): void {
    if (this.#isInterim) this.#isInterim = false
    else if (this.#forward !== null && this.#forward.status > 0 && outcome.failure !== 'ambiguous')
      this.#answer = outcome
  }

  /** The shadow sends no more: an answer without a length is whole. */
  #end(): void {
    if (this.isClosed) return
    this.#reader.finishAtClose(0, 0)
    if (this.#answer !== null) this.#finish(this.#answer, false)
    else this.#fail(new errors.SocketError('other side closed'))
  }

  /** @param isAlone nothing came behind the answer */
  #finish(answer: ReadOutcome, isAlone: boolean): void {
    const forward = this.#forward
    this.#forward = null
    this.#answer = null
    if (this.#isLast || !isAlone || this.idleMs === 0) this.#close()
    else {
      this.usedAt = performance.now()
      this.#events.onFree(this)
    }
    forward?.end(answer.body, answer.bodyLength, answer.trailers)
  }

  #fail(error: Error): void {
    if (this.isClosed) return
    this.#close()
    const forward = this.#forward
    this.#forward = null
    forward?.fail(error)
  }

  #close(): void {
    this.isClosed = true
    this.#reader.abandon('stopped')
    this.#socket?.destroy()
    this.#events.onClosed(this)
  }
}

const headText = ({ method, path, headers, body }: Forward): string => {
  let text = `${method} ${path} HTTP/1.1\r\n`
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`
  if (body !== null || METHODS_WITH_BODY.has(method)) text += `Content-Length: ${body?.length ?? 0}\r\n`
  return `${text}\r\n`
}
