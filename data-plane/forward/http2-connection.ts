import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'
import type { Socket } from 'node:net'
import { errors } from 'undici'
import { type BodyBudget, BodyCollector } from '../http/body.ts'
import type { Control, Forward } from './forward.ts'
import type { ShadowTimeouts } from './shadow.ts'

/** Makes a socket to the shadow; over TLS `alpnProtocol` says what was agreed. */
export type OpenSocket = (done: (error: Error | null, socket: Socket | null) => void) => void

/** The other side spoke, and not HTTP/2. */
export class NotHttp2Error extends Error {
  readonly code = 'NOT_HTTP2'
}

/** What RFC 9113 5.1.2 recommends a server to allow at least. */
const STREAMS_MAX = 100
/** Credit for the shadow's answers, so that none waits for another's reader. */
const STREAM_WINDOW = 1 << 20
const CONNECTION_WINDOW = 16 << 20
/** Connections have their own limits: of body bytes kept, and of how many streams there are. */
const NO_BUDGET: BodyBudget = { used: 0, limit: Number.POSITIVE_INFINITY }
/** Megabytes that node lets a session hold: many large bodies may wait for the shadow's credit. */
const SESSION_MEMORY_MB = 512

/**
 * One HTTP/2 connection to a shadow: by prior knowledge in clear, by ALPN over TLS (RFC 9113 3.3, 3.2). Requests wait until
 * the shadow's SETTINGS have come, which prove that it speaks HTTP/2; then each is a stream of its own.
 */
export class Http2Connection {
  /** Takes no further request. */
  isClosed = false
  readonly #timeouts: ShadowTimeouts
  readonly #keepBytes: number
  readonly #onClosed: (error: Error | null) => void
  /** Handed over before the connection stood. */
  readonly #waiting: Forward[] = []
  #session: ClientHttp2Session | null = null
  #socket: Socket | null = null
  #isReady = false
  #streams = 0
  #streamsMax = STREAMS_MAX
  #error: Error | null = null

  /** `onClosed` gets an error when the connection never came to stand. */
  constructor(
    origin: string,
    openSocket: OpenSocket,
    idleMs: number,
    timeouts: ShadowTimeouts,
    keepBytes: number,
    onClosed: (error: Error | null) => void,
  ) {
    this.#timeouts = timeouts
    this.#keepBytes = keepBytes
    this.#onClosed = onClosed
    openSocket((error, socket) => {
      if (error !== null || socket === null) this.#close(error ?? new errors.ConnectTimeoutError())
      else if (this.isClosed) socket.destroy()
      else this.#begin(origin, socket, idleMs)
    })
  }

  get hasRoom(): boolean {
    return !this.isClosed && this.#streams + this.#waiting.length < this.#streamsMax
  }

  send(forward: Forward): void {
    if (this.#isReady && this.#session) this.#start(this.#session, forward)
    else this.#waiting.push(forward)
  }

  destroy(): void {
    this.#close(new errors.ClientDestroyedError())
    this.#session?.destroy()
    this.#socket?.destroy()
  }

  #begin(origin: string, socket: Socket & { alpnProtocol?: string | false | null }, idleMs: number): void {
    if (origin.startsWith('https:') && socket.alpnProtocol !== 'h2') {
      socket.destroy()
      this.#close(new NotHttp2Error('the shadow did not agree to HTTP/2'))
      return
    }
    const session = connect(origin, {
      createConnection: () => socket,
      maxSessionMemory: SESSION_MEMORY_MB,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
    })
    this.#session = session
    this.#socket = socket
    const silence = setTimeout(
      () => this.#fail(session, new NotHttp2Error('no SETTINGS came')),
      this.#timeouts.connectMs,
    )
    session.once('connect', () => session.setLocalWindowSize(CONNECTION_WINDOW))
    session.on('remoteSettings', ({ maxConcurrentStreams }) => {
      clearTimeout(silence)
      this.#streamsMax = Math.max(1, Math.min(STREAMS_MAX, maxConcurrentStreams ?? STREAMS_MAX))
      this.#isReady = true
      for (const forward of this.#waiting.splice(0)) this.#start(session, forward)
    })
    session.on('goaway', () => this.#retire())
    session.on('error', (error) => {
      this.#error = error
    })
    session.on('close', () => {
      clearTimeout(silence)
      this.#close(this.#isReady ? null : new NotHttp2Error('the shadow did not answer in HTTP/2'))
    })
    session.setTimeout(idleMs, () => {
      if (this.#streams === 0) this.#retire()
    })
  }

  #fail(session: ClientHttp2Session, error: Error): void {
    this.#close(error)
    session.destroy()
  }

  /** Ends with its last stream. Node leaves the socket of a session open that was said goodbye to. */
  #retire(): void {
    this.#close(null)
    if (this.#streams === 0) this.#socket?.destroy()
  }

  #close(error: Error | null): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#onClosed(error)
    const why = error ?? this.#error ?? new errors.SocketError('the connection was closed')
    for (const forward of this.#waiting.splice(0)) forward.fail(why)
  }

  #start(session: ClientHttp2Session, forward: Forward): void {
    const { body, headers, trailers } = forward
    const hasTrailers = trailers.length > 0
    const options: ClientSessionRequestOptions = {
      endStream: body === null && !hasTrailers,
      waitForTrailers: hasTrailers,
    }
    let stream: ClientHttp2Stream
    try {
      // Raw headers, so that order and repetition stay (node's types know only objects yet).
      stream = session.request(lowerCaseNames(headers) as unknown as OutgoingHttpHeaders, options)
    } catch (error) {
      forward.fail(error as Error)
      return
    }
    this.#streams++
    this.#follow(stream, forward)
    if (hasTrailers) stream.once('wantTrailers', () => stream.sendTrailers(trailerFields(trailers)))
    if (body !== null) stream.end(body)
    else if (hasTrailers) stream.end()
  }

  #follow(stream: ClientHttp2Stream, forward: Forward): void {
    const { headersMs, bodyMs } = this.#timeouts
    const body = new BodyCollector(this.#keepBytes, NO_BUDGET, 0)
    let hasHead = false
    let trailers: string[] = []
    let failure: Error | null = null
    const control: Control = {
      abort: (error) => {
        failure = error
        stream.destroy()
      },
    }
    forward.begin(control)
    stream.setTimeout(headersMs, () => {
      control.abort(hasHead ? new errors.BodyTimeoutError() : new errors.HeadersTimeoutError())
    })
    stream.on('response', (headers) => {
      hasHead = true
      stream.setTimeout(bodyMs)
      forward.head(headers[':status'] ?? 0, flat(headers))
    })
    stream.on('data', (chunk: Buffer) => {
      body.add(chunk, 0, chunk.length)
      forward.data(chunk.length)
    })
    stream.on('trailers', (headers) => {
      trailers = flat(headers)
    })
    stream.on('error', (error) => {
      failure ??= error
    })
    stream.once('close', () => {
      if (--this.#streams === 0 && this.isClosed) this.#socket?.destroy()
      if (failure !== null) forward.fail(failure)
      else if (hasHead && stream.rstCode === 0 && !stream.aborted)
        forward.end(body.take(), body.length, trailers)
      else forward.fail(new errors.SocketError('the stream was reset'))
    })
  }
}

/** Without pseudo-header fields. */
const flat = (headers: IncomingHttpHeaders): string[] => {
  const list: string[] = []
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':') || value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) list.push(name, String(one))
  }
  return list
}

/** RFC 9113 8.2: names are lower case on the wire; a rule may have set one that is not. */
const lowerCaseNames = (headers: readonly string[]): string[] =>
  headers.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text))

const trailerFields = (trailers: readonly string[]): OutgoingHttpHeaders => {
  const fields: Record<string, string[]> = {}
  for (let i = 0; i < trailers.length; i += 2) {
    const name = trailers[i] as string
    fields[name] = [...(fields[name] ?? []), trailers[i + 1] as string]
  }
  return fields
}
