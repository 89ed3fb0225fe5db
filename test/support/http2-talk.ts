import { seeded } from './faults.ts'
import { HpackEncoder } from './hpack-encoder.ts'

/** One request and its response as two HTTP/2 peers mean them. */
export type Http2Exchange = {
  target: string
  method: string
  requestBody: Buffer
  requestTrailers: string[]
  status: number
  responseBody: Buffer
  responseTrailers: string[]
  /** The client took it back. */
  isReset: boolean
}

/** What one side sends at a time: some frames, and which exchange's half they end. */
export type Http2Step = { from: 'client' | 'server'; bytes: Buffer; ends: number | null }

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const END_STREAM = 1
const END_HEADERS = 4
const PADDED = 8
const PRIORITY = 32

/** A connection with `count` exchanges at once: frames of all of them take turns, in every form that RFC 9113 allows. */
export function http2Talk(
  seed: number,
  count: number,
  options: { resets?: boolean } = {},
): { steps: Http2Step[]; exchanges: Http2Exchange[] } {
  const random = seeded(seed)
  const pick = (below: number): number => Math.floor(random() * below)
  const chance = (p: number): boolean => random() < p
  const encoders = { client: new HpackEncoder(random), server: new HpackEncoder(random) }
  const bytesOf = (id: number): Buffer => Buffer.alloc(pick(4) === 0 ? 0 : pick(3000), `${id}body `)

  const exchanges = Array.from({ length: count }, (_, id): Http2Exchange => {
    const method = ['GET', 'POST', 'PUT', 'HEAD'][pick(4)] as string
    const status = [200, 200, 201, 404, 503][pick(5)] as number
    const isWrite = method === 'POST' || method === 'PUT'
    return {
      target: `/${id}`,
      method,
      requestBody: isWrite ? bytesOf(id) : Buffer.alloc(0),
      requestTrailers: isWrite && chance(0.3) ? ['x-check', `${id}`] : [],
      status,
      responseBody: method === 'HEAD' ? Buffer.alloc(0) : bytesOf(id),
      responseTrailers: method !== 'HEAD' && chance(0.3) ? ['grpc-status', '0', 'x-id-again', `${id}`] : [],
      isReset: (options.resets ?? false) && chance(0.2),
    }
  })

  /** HEADERS, perhaps with padding and priority, perhaps going on in CONTINUATION frames. */
  const headers = (from: 'client' | 'server', stream: number, fields: string[], end: boolean): Buffer => {
    const block = encoders[from].encode(fields)
    const cuts = chance(0.3) ? [pick(block.length + 1), pick(block.length + 1)].sort((a, b) => a - b) : []
    const parts = [0, ...cuts].map((start, i) => block.subarray(start, cuts[i] ?? block.length))
    return Buffer.concat(
      parts.map((part, i) => {
        const isLast = i === parts.length - 1
        const last = isLast ? END_HEADERS : 0
        if (i > 0) return frame(9, last, stream, part)
        const isPadded = chance(0.3)
        const hasPriority = from === 'client' && chance(0.3)
        const flags = last | (end ? END_STREAM : 0) | (isPadded ? PADDED : 0) | (hasPriority ? PRIORITY : 0)
        const padding = pick(40)
        return frame(
          1,
          flags,
          stream,
          Buffer.concat([
            Buffer.from(isPadded ? [padding] : []),
            Buffer.from(hasPriority ? [0, 0, 0, 0, 15] : []),
            part,
            Buffer.alloc(isPadded ? padding : 0),
          ]),
        )
      }),
    )
  }

  const data = (stream: number, body: Buffer, end: boolean): Buffer => {
    const isPadded = chance(0.3)
    const padding = pick(200)
    return frame(
      0,
      (end ? END_STREAM : 0) | (isPadded ? PADDED : 0),
      stream,
      isPadded ? Buffer.concat([Buffer.from([padding]), body, Buffer.alloc(padding)]) : body,
    )
  }

  /** The frames of one half of one stream. */
  const message = (
    from: 'client' | 'server',
    id: number,
    first: string[],
    body: Buffer,
    trailers: string[],
  ): (() => Http2Step)[] => {
    const stream = id * 2 + 1
    const pieces: Buffer[] = []
    for (let at = 0; at < body.length; ) {
      const size = 1 + pick(1200)
      pieces.push(body.subarray(at, at + size))
      at += size
    }
    if (pieces.length > 0 && trailers.length === 0 && chance(0.3)) pieces.push(Buffer.alloc(0))
    const total = 1 + pieces.length + (trailers.length > 0 ? 1 : 0)
    return Array.from({ length: total }, (_, i) => (): Http2Step => {
      const isEnd = i === total - 1
      const piece = pieces[i - 1]
      const bytes =
        i === 0
          ? headers(from, stream, first, isEnd)
          : piece !== undefined
            ? data(stream, piece, isEnd)
            : headers(from, stream, trailers, isEnd)
      return { from, bytes, ends: isEnd ? id : null }
    })
  }

  const noise = (): Buffer => {
    const kind = pick(5)
    if (kind === 0) return frame(6, 0, 0, Buffer.alloc(8, 1))
    if (kind === 1) return frame(8, 0, 0, Buffer.from([0, 0, 4, 0]))
    if (kind === 2) return frame(4, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100]))
    if (kind === 3) return frame(2, 0, 1, Buffer.from([0, 0, 0, 0, 7]))
    return frame(0xbe, pick(256), 0, Buffer.alloc(pick(50), 'GET / HTTP/1.1\r\n'))
  }

  const steps: Http2Step[] = [
    {
      from: 'client',
      bytes: Buffer.concat([Buffer.from(PREFACE), frame(4, 0, 0, Buffer.alloc(0))]),
      ends: null,
    },
    { from: 'server', bytes: frame(4, 0, 0, Buffer.alloc(0)), ends: null },
  ]
  const open: { asks: (() => Http2Step)[]; answers: (() => Http2Step)[]; id: number; asked: boolean }[] = []
  let next = 0
  while (next < count || open.length > 0) {
    if (next < count && (open.length === 0 || (open.length < 8 && chance(0.4)))) {
      const id = next++
      const one = exchanges[id] as Http2Exchange
      const length =
        one.requestBody.length > 0 && chance(0.5) ? ['content-length', `${one.requestBody.length}`] : []
      const asks = message(
        'client',
        id,
        [
          ...[':method', one.method, ':scheme', 'http', ':authority', 'shop.example', ':path', one.target],
          ...['user-agent', 'talk', 'x-big', 'v'.repeat(pick(300)), ...length],
        ],
        one.requestBody,
        one.requestTrailers,
      )
      const answers = message(
        'server',
        id,
        [':status', `${one.status}`, 'x-id', `${id}`, 'server', 'talk'],
        one.responseBody,
        one.responseTrailers,
      )
      if (chance(0.2))
        answers.unshift(() => ({
          from: 'server',
          bytes: headers('server', id * 2 + 1, [':status', '103', 'link', '</a>'], false),
          ends: null,
        }))
      // Streams open in the order of their numbers.
      steps.push((asks.shift() as () => Http2Step)())
      open.push({ asks, answers, id, asked: false })
    }
    if (chance(0.15)) steps.push({ from: chance(0.5) ? 'client' : 'server', bytes: noise(), ends: null })
    const at = pick(open.length)
    const stream = open[at]
    if (stream === undefined) continue
    if (exchanges[stream.id]?.isReset && !stream.asked && stream.answers.length > 0 && chance(0.5)) {
      stream.asked = true
      stream.asks = []
      steps.push({
        from: 'client',
        bytes: frame(3, 0, stream.id * 2 + 1, Buffer.from([0, 0, 0, 8])),
        ends: null,
      })
    }
    const from =
      stream.asks.length > 0 && (stream.answers.length === 0 || chance(0.6)) ? stream.asks : stream.answers
    const step = from.shift()
    if (step) steps.push(step())
    if (stream.asks.length + stream.answers.length === 0) open.splice(at, 1)
  }
  steps.push({ from: 'server', bytes: frame(7, 0, 0, Buffer.alloc(8)), ends: null })
  return { steps, exchanges }
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9)
  header.writeUIntBE(payload.length, 0, 3)
  header[3] = type
  header[4] = flags
  header.writeUInt32BE(stream, 5)
  return Buffer.concat([header, payload])
}
