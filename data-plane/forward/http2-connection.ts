import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'
import type { Socket } from 'node:net'
import { type Dispatcher, errors } from 'undici'
import type { Forward } from './forward.ts'
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
    onClosed: (error: Error | null) => void,
  ) {
    this.#timeouts = timeouts
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
    for (const forward of this.#waiting.splice(0)) forward.onResponseError(NO_CONTROL, why)
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
      forward.onResponseError(NO_CONTROL, error as Error)
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
    const control = new StreamControl(stream)
    let hasHead = false
    let trailers: IncomingHttpHeaders = {}
    let failure: Error | null = null
    const handler: Dispatcher.DispatchHandler = forward
    forward.onRequestStart(control)
    stream.setTimeout(headersMs, () => {
      control.abort(hasHead ? new errors.BodyTimeoutError() : new errors.HeadersTimeoutError())
    })
    stream.on('response', (headers) => {
      hasHead = true
      stream.setTimeout(bodyMs)
      handler.onResponseStart?.(control, headers[':status'] ?? 0, headers)
    })
    stream.on('data', (chunk: Buffer) => forward.onResponseData(control, chunk))
    stream.on('trailers', (headers) => {
      trailers = headers
    })
    stream.on('error', (error) => {
      failure = error
    })
    stream.once('close', () => {
      if (--this.#streams === 0 && this.isClosed) this.#socket?.destroy()
      const error = control.reason ?? failure
      if (error !== null) forward.onResponseError(control, error)
      else if (hasHead && stream.rstCode === 0 && !stream.aborted) handler.onResponseEnd?.(control, trailers)
      else forward.onResponseError(control, new errors.SocketError('the stream was reset'))
    })
  }
}

/** What undici gives its handlers to end an answer with. */
class StreamControl implements Dispatcher.DispatchController {
  aborted = false
  paused = false
  reason: Error | null = null
  readonly #stream: ClientHttp2Stream | null

  constructor(stream: ClientHttp2Stream | null) {
    this.#stream = stream
  }

  abort(reason: Error): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    this.#stream?.destroy()
  }

  pause(): void {
    this.paused = true
    this.#stream?.pause()
  }

  resume(): void {
    this.paused = false
    this.#stream?.resume()
  }
}

const NO_CONTROL = new StreamControl(null)

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
