import type { ConnectionInfo, IncompleteReason, Request, Response, StartProof } from './exchange.ts'
import type { RequestHead, ResponseHead } from './head.ts'
import type { ReadOutcome } from './reader.ts'

/** Where a message begins: sequence number of its first byte and what its sender had acknowledged by then. */
export type MessageStart = { sequence: number; acknowledgement: number; at: number }

/** A request and the response that belongs to it, while they are read. */
export type Slot = {
  readonly request: Request
  readonly start: MessageStart
  readonly expectsContinue: boolean
  /** Its framing is ambiguous: it keeps its place in the order but is never handed on. */
  hidden: boolean
  requestEnded: boolean
  /** Sequence number after its last byte, once it ended. */
  endSequence: number
  response: Response | null
  responseEnded: boolean
  /** Its request was handed on alone; a response that still comes is handed on alone too. */
  detached: boolean
}

const NOTHING: readonly string[] = []
const EMPTY = Buffer.alloc(0)

export function newSlot(
  connection: ConnectionInfo,
  head: RequestHead,
  start: MessageStart,
  proof: StartProof,
): Slot {
  const { fields } = head
  const request: Request = {
    connection,
    kind: 'http1',
    stream: 0,
    version: head.version,
    method: head.method,
    target: head.target,
    host: fields.host,
    upgrade: head.method === 'CONNECT' ? 'CONNECT' : fields.upgrade,
    headers: fields.headers,
    trailers: NOTHING,
    body: EMPTY,
    bodyLength: 0,
    complete: false,
    incomplete: null,
    start: proof,
    firstAt: start.at,
    lastAt: start.at,
  }
  return {
    request,
    start,
    expectsContinue: fields.expectsContinue,
    hidden: false,
    requestEnded: false,
    endSequence: start.sequence,
    response: null,
    responseEnded: false,
    detached: false,
  }
}

export function newResponse(
  connection: ConnectionInfo,
  head: ResponseHead,
  start: MessageStart,
  proof: StartProof,
  interim: readonly number[],
  tunnel: boolean,
): Response {
  return {
    connection,
    kind: 'http1',
    stream: 0,
    version: head.version,
    status: head.status,
    reason: head.reason,
    interim,
    tunnel,
    headers: head.fields.headers,
    trailers: NOTHING,
    body: EMPTY,
    bodyLength: 0,
    complete: false,
    incomplete: null,
    start: proof,
    firstAt: start.at,
    lastAt: start.at,
  }
}

/** Fills in what is only known at the end. */
export function complete(
  message: Request | Response,
  outcome: ReadOutcome,
  incomplete: IncompleteReason | null,
): void {
  message.body = outcome.body
  message.bodyLength = outcome.bodyLength
  message.trailers = outcome.trailers
  message.lastAt = outcome.at
  message.incomplete = incomplete
  message.complete = incomplete === null
}
