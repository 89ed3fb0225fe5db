import { createHash } from 'node:crypto'

/** One request as a client sends it through the tap. */
export type PlannedRequest = {
  id: number
  method: string
  target: string
  /** Name, value, name, value ... without the ones that frame the message. */
  headers: string[]
  body: Buffer
  /** Sent in pieces of unknown number instead of with a length. */
  chunked: boolean
}

/** The requests of one connection, in order; on a pipelined one none waits for an answer. */
export type PlannedConnection = { way: 'one-by-one' | 'pipelined'; requests: PlannedRequest[] }

const KEEP_ALIVE_CONNECTIONS = 6
const KEEP_ALIVE_REQUESTS = 20
const PIPELINED_CONNECTIONS = 10
const PIPELINED_REQUESTS = 7
const CHUNKED_CONNECTIONS = 5
const CHUNKED_REQUESTS = 6
const SHORT_CONNECTIONS = 60
const LARGE_REQUESTS = 6

/** Every way of talking that production connections have, the same for every call. */
export const plannedConnections = (): PlannedConnection[] => {
  let id = 0
  const connection = (
    way: PlannedConnection['way'],
    count: number,
    request: (id: number) => PlannedRequest,
  ): PlannedConnection => ({ way, requests: Array.from({ length: count }, () => request(++id)) })
  const many = (count: number, make: () => PlannedConnection) => Array.from({ length: count }, make)

  return [
    ...many(KEEP_ALIVE_CONNECTIONS, () => connection('one-by-one', KEEP_ALIVE_REQUESTS, small)),
    ...many(PIPELINED_CONNECTIONS, () => connection('pipelined', PIPELINED_REQUESTS, small)),
    ...many(CHUNKED_CONNECTIONS, () => connection('one-by-one', CHUNKED_REQUESTS, inChunks)),
    ...many(SHORT_CONNECTIONS, () => connection('one-by-one', 1, small)),
    connection('one-by-one', LARGE_REQUESTS, large),
  ]
}

const small = (id: number): PlannedRequest =>
  id % 3 === 0 ? request(id, 'POST', body(id, 700 + id)) : request(id, 'GET', Buffer.alloc(0))

const inChunks = (id: number): PlannedRequest => ({
  ...request(id, 'PUT', body(id, 4_000 + id * 7)),
  chunked: true,
})

const large = (id: number): PlannedRequest => request(id, 'POST', body(id, 150_000 + id), 200_000)

const request = (id: number, method: string, content: Buffer, answerBytes = id * 11): PlannedRequest => ({
  id,
  method,
  target: `/things/${id}?answer=${answerBytes}&name=%C3%A9t%C3%A9`,
  headers: ['Host', 'shop.example:8080', 'x-request', String(id), ...unusual(id)],
  body: content,
  chunked: false,
})

/** Case, repetition, commas and Latin-1: what must come through as it is. */
const unusual = (id: number): string[] => [
  'X-CaSe',
  `Zoë, ${id}`,
  'x-twice',
  'one',
  'x-twice',
  'two, and  spaces',
]

/** Bytes of every value; no two requests have the same. */
const body = (id: number, length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(length)
  let state = Math.imul(id, 0x9e3779b1) | 1
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 0x41c64e6d) + 12_345) | 0
    bytes[at] = state >>> 16
  }
  return bytes
}

/** A request as the shadow saw it, to be compared with the one that was sent. */
export type RecordedRequest = {
  method: string
  target: string
  headers: string[]
  bodyLength: number
  bodySha256: string
}

/** What the shadow must see of a planned request. */
export const expectedRecord = ({ method, target, headers, body }: PlannedRequest): RecordedRequest =>
  record(method, target, headers, body)

/** Leaves out the headers that belong to one connection and the ones that the gateway adds. */
export const record = (
  method: string,
  target: string,
  headers: readonly string[],
  content: Buffer,
): RecordedRequest => ({
  method,
  target,
  headers: headers.flatMap((name, index) =>
    index % 2 === 0 && !NOT_COMPARED.test(name) ? [spelling(name), headers[index + 1] as string] : [],
  ),
  bodyLength: content.length,
  bodySha256: createHash('sha256').update(content).digest('hex'),
})

/** HTTP clients write the Host header their own way. */
const spelling = (name: string): string => (name.toLowerCase() === 'host' ? 'Host' : name)

const NOT_COMPARED = /^(connection|keep-alive|content-length|transfer-encoding|x-shadow.*|baggage)$/i
