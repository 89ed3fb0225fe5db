import type { Counters } from '../counters.ts'
import { type BodyBudget, BodyCollector } from './body.ts'
import type { ConnectionInfo, ExchangeHandler, IncompleteReason, Request, Response } from './exchange.ts'
import { HpackDecoder } from './hpack.ts'
import { isLengthRight, isMessage, pseudo, withoutPseudo } from './http2-fields.ts'
import {
  CONTINUATION,
  END_HEADERS,
  END_STREAM,
  FrameReader,
  HEADERS,
  PADDED,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
} from './http2-frames.ts'
import type { HttpLimits } from './limits.ts'

/** RFC 9113 3.4. The first 18 bytes look like the head of an HTTP/1 request. */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
export const PREFACE_HEAD = 18

const MAX_STREAMS = 4096
/** Frames of a stream may cross its end (RFC 9113 5.1): so many that are over are remembered. */
const MAX_FINISHED = 1024

export type Http2Context = {
  readonly handler: ExchangeHandler
  readonly limits: HttpLimits
  readonly counters: Counters
  readonly budget: BodyBudget
}

type Half<M> = { message: M | null; body: BodyCollector; failure: IncompleteReason | null; ended: boolean }
type Stream = {
  id: number
  request: Half<Request>
  response: Half<Response>
  interim: number[]
  /** The request came as HTTP/1 and was handed on already. */
  upgraded: boolean
}

/**
 * An HTTP/2 connection followed from its preface (RFC 9113), gRPC included. Header compression has state: when a half loses
 * bytes outside a DATA frame, all its later messages are unreadable and its open ones incomplete.
 */
export class Http2Connection {
  readonly #info: ConnectionInfo
  readonly #x: Http2Context
  readonly #streams = new Map<number, Stream>()
  readonly #finished = new Set<number>()
  readonly #readers: readonly [FrameReader, FrameReader]
  readonly #decoders = [new HpackDecoder(), new HpackDecoder()] as const
  /** A header block that goes on in CONTINUATION frames, per half. */
  readonly #blocks: [Block | null, Block | null] = [null, null]
  readonly #ended: [IncompleteReason | null, IncompleteReason | null] = [null, null]

  /** `seen` bytes of the client's preface have been read already. */
  constructor(info: ConnectionInfo, context: Http2Context, seen: number) {
    this.#info = info
    this.#x = context
    this.#readers = [this.#reader(0, PREFACE.slice(seen)), this.#reader(1, '')]
  }

  /** The request that asked for the upgrade is stream 1 (RFC 7540 3.2). */
  upgradedFrom(request: Request, switched: Response): void {
    const stream = this.#open(1)
    if (stream === null) return
    stream.upgraded = true
    stream.request.message = request
    stream.request.ended = true
    stream.interim.push(switched.status)
  }

  /** Half 0 is the client's. */
  data(half: 0 | 1, b: Buffer, start: number, end: number, at: number): void {
    const reader = this.#readers[half]
    if (reader.dead) return
    reader.feed(b, start, end, at)
    if (reader.dead) this.#loseHalf(half, 'protocol', at)
  }

  gap(half: 0 | 1, bytes: number, at: number): void {
    const reader = this.#readers[half]
    if (reader.dead) return
    reader.gap(bytes, at)
    if (reader.dead) this.#loseHalf(half, 'gap', at)
  }

  end(half: 0 | 1, reason: IncompleteReason, at: number): void {
    this.#loseHalf(half, reason, at)
  }

  close(at: number): void {
    this.#loseHalf(0, 'closed', at)
    this.#loseHalf(1, 'closed', at)
    for (const stream of [...this.#streams.values()]) this.#finish(stream)
  }

  #reader(half: 0 | 1, preface: string): FrameReader {
    return new FrameReader(
      {
        data: (id, flags, b, start, end, last, at) => this.#data(half, id, flags, b, start, end, last, at),
        missing: (id) => {
          const stream = this.#streams.get(id)
          if (stream !== undefined) sideOf(stream, half).failure ??= 'gap'
        },
        frame: (type, flags, id, payload, at) => this.#frame(half, type, flags, id, payload, at),
      },
      preface,
    )
  }

  #data(
    half: 0 | 1,
    id: number,
    flags: number,
    b: Buffer,
    start: number,
    end: number,
    last: boolean,
    at: number,
  ): void {
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    const side = sideOf(stream, half)
    if (side.message === null || side.ended) return
    if (end > start) side.body.add(b, start, end)
    side.message.lastAt = at
    if (last && (flags & END_STREAM) !== 0) this.#endSide(stream, half, null, at)
  }

  #frame(half: 0 | 1, type: number, flags: number, id: number, payload: Buffer, at: number): boolean {
    const block = this.#blocks[half]
    if (block !== null && (type !== CONTINUATION || id !== block.id)) return false
    switch (type) {
      case HEADERS:
      case PUSH_PROMISE: {
        const fragment = headerFragment(type, flags, payload)
        if (fragment === null) return false
        return this.#block(half, { id, flags, parts: [fragment], isPush: type === PUSH_PROMISE, at }, flags)
      }
      case CONTINUATION:
        if (block === null) return false
        block.parts.push(payload)
        return this.#block(half, block, flags)
      case RST_STREAM: {
        const stream = this.#streams.get(id)
        if (stream === undefined) return true
        // Whatever is not whole on either half will never be.
        this.#endSide(stream, 0, 'reset', at)
        this.#endSide(stream, 1, 'reset', at)
        return true
      }
      default:
        return true
    }
  }

  #block(half: 0 | 1, block: Block, flags: number): boolean {
    let size = 0
    for (const part of block.parts) size += part.length
    if (size > this.#x.limits.headBytes) return false
    if ((flags & END_HEADERS) === 0) {
      this.#blocks[half] = block
      return true
    }
    this.#blocks[half] = null
    const joined = block.parts.length === 1 ? block.parts[0] : Buffer.concat(block.parts)
    const fields = this.#decoders[half].decode(joined ?? Buffer.alloc(0), this.#x.limits.headBytes)
    if (fields === null) return false
    if (!block.isPush) this.#headers(half, block, fields)
    return true
  }

  #headers(half: 0 | 1, block: Block, fields: string[]): void {
    const isEnd = (block.flags & END_STREAM) !== 0
    if (this.#finished.has(block.id)) return
    const stream = this.#streams.get(block.id) ?? this.#open(block.id)
    if (stream === null) return
    const side = sideOf(stream, half)
    if (side.ended) return
    if (side.message === null && !isMessage(half, fields)) {
      const counters = half === 0 ? this.#x.counters.requests : this.#x.counters.responses
      counters.malformed++
      this.#endSide(stream, half, null, block.at)
      return
    }
    if (side.message !== null) {
      side.message.trailers = fields
      side.message.lastAt = block.at
    } else if (half === 0) stream.request.message = this.#request(block, fields)
    else {
      const status = Number(pseudo(fields, ':status') ?? 0)
      if (status < 200 && !isEnd) {
        stream.interim.push(status)
        return
      }
      stream.response.message = this.#response(block, fields, status, stream.interim)
    }
    if (isEnd) this.#endSide(stream, half, null, block.at)
  }

  #open(id: number): Stream | null {
    if (this.#streams.size >= MAX_STREAMS) {
      this.#x.counters.requests.evicted++
      return null
    }
    const { limits, budget } = this.#x
    const stream: Stream = {
      id,
      request: {
        message: null,
        body: new BodyCollector(limits.requestBodyBytes, budget, 0),
        failure: null,
        ended: this.#ended[0] !== null,
      },
      response: {
        message: null,
        body: new BodyCollector(limits.responseBodyBytes, budget, 0),
        failure: null,
        ended: this.#ended[1] !== null,
      },
      interim: [],
      upgraded: false,
    }
    this.#streams.set(id, stream)
    return stream
  }

  #endSide(stream: Stream, half: 0 | 1, why: IncompleteReason | null, at: number): void {
    const side = sideOf(stream, half)
    if (side.ended) return
    side.ended = true
    const { message, body } = side
    if (message !== null) {
      const incomplete =
        why ??
        side.failure ??
        (body.overflowed ? 'too_large' : null) ??
        (isLengthRight(message, body.length, stream.request.message) ? null : 'protocol')
      message.bodyLength = body.length
      message.body = body.take()
      message.incomplete = incomplete
      message.complete = incomplete === null
      message.lastAt = at
      const counters = half === 0 ? this.#x.counters.requests : this.#x.counters.responses
      counters[incomplete ?? 'complete']++
      if (half === 0 && message.complete) this.#x.handler.onRequest(message as Request)
    }
    if (stream.request.ended && stream.response.ended) this.#finish(stream)
  }

  #loseHalf(half: 0 | 1, reason: IncompleteReason, at: number): void {
    if (this.#ended[half] !== null) return
    this.#ended[half] = reason
    for (const stream of [...this.#streams.values()]) this.#endSide(stream, half, reason, at)
  }

  #finish(stream: Stream): void {
    if (!this.#streams.delete(stream.id)) return
    this.#finished.add(stream.id)
    if (this.#finished.size > MAX_FINISHED)
      for (const oldest of this.#finished) {
        this.#finished.delete(oldest)
        break
      }
    stream.request.body.release()
    stream.response.body.release()
    const request = stream.request.message
    const response = stream.response.message
    if (request === null && response === null) return
    const { exchanges } = this.#x.counters
    if (request !== null && response !== null) exchanges.paired++
    else if (request !== null) exchanges.requestOnly++
    else exchanges.responseOnly++
    this.#x.handler.onExchange({ connection: this.#info, request, response })
  }

  #request(block: Block, fields: string[]): Request {
    const host = pseudo(fields, ':authority') ?? pseudo(fields, 'host')
    const method = pseudo(fields, ':method') ?? ''
    const target = pseudo(fields, ':path') ?? host ?? ''
    const protocol = pseudo(fields, ':protocol')
    const upgrade = method === 'CONNECT' ? (protocol ?? 'CONNECT') : null
    return { ...this.#message(block, fields), method, target, host, upgrade }
  }

  #response(block: Block, fields: string[], status: number, interim: readonly number[]): Response {
    return { ...this.#message(block, fields), status, reason: '', interim, tunnel: false }
  }

  #message(block: Block, fields: string[]) {
    return {
      connection: this.#info,
      kind: 'http2' as const,
      stream: block.id,
      version: '2',
      headers: withoutPseudo(fields),
      trailers: [] as readonly string[],
      body: Buffer.alloc(0),
      bodyLength: 0,
      complete: false,
      incomplete: null,
      start: 'framed' as const,
      firstAt: block.at,
      lastAt: block.at,
    }
  }
}

type Block = { id: number; flags: number; parts: Buffer[]; isPush: boolean; at: number }

const sideOf = (stream: Stream, half: 0 | 1): Half<Request> | Half<Response> =>
  half === 0 ? stream.request : stream.response

/** Takes padding, priority and the promised stream off. */
function headerFragment(type: number, flags: number, payload: Buffer): Buffer | null {
  let start = 0
  let end = payload.length
  if ((flags & PADDED) !== 0) {
    end -= payload[0] ?? 0
    start = 1
  }
  if (type === HEADERS && (flags & PRIORITY) !== 0) start += 5
  if (type === PUSH_PROMISE) start += 4
  return start > end ? null : payload.subarray(start, end)
}
