import type { Counters, MessageOutcome } from '../counters.ts'
import type { Connection, EndReason } from '../tcp/connection.ts'
import { add } from '../tcp/sequence.ts'
import type { BodyBudget } from './body.ts'
import { connectionInfo } from './connection-info.ts'
import type { ConnectionInfo, ExchangeHandler, IncompleteReason, Response, StartProof } from './exchange.ts'
import {
  type Framing,
  NO_BODY,
  parseRequestHead,
  parseResponseHead,
  requestFraming,
  responseFraming,
} from './head.ts'
import { Http2Connection, PREFACE, PREFACE_HEAD } from './http2.ts'
import { areFrames } from './http2-frames.ts'
import type { HttpLimits } from './limits.ts'
import { Pairing } from './pairing.ts'
import {
  hasKnownMethod,
  isInterimStart,
  isRequestStart,
  isResponseStart,
  isTls,
  mayBeRequest,
  mayBeResponse,
  type Protocol,
  type ProtocolCounts,
  recognise,
} from './protocol.ts'
import { MessageReader, type ReaderEvents, type ReadOutcome } from './reader.ts'
import { complete, newResponse, newSlot, type Slot } from './slot.ts'
import { isTurn, Track } from './turn.ts'

/** What all connections of a pipeline share. */
export type DialogueContext = {
  readonly handler: ExchangeHandler
  readonly limits: HttpLimits
  readonly counters: Counters
  readonly budget: BodyBudget
  readonly protocols: ProtocolCounts
  /** Drops everything that still comes on a connection. */
  ignore(c: Connection<Dialogue>): void
  /** Asks for a call of `quiet` once nothing has come for a while. */
  watch(dialogue: Dialogue): void
}

type Side = 0 | 1

/**
 * One HTTP/1 connection: who is the client, where messages start, what belongs together.
 *
 * A half that was not followed from its SYN, or lost its framing in a gap, is searched for a new start. A start is where a
 * segment begins like a message and a *turn* begins: the other side had spoken after acknowledging everything before it.
 * What is read from there is tentative until the other side's answer, the next turn or the end of the connection agrees;
 * until then nothing is handed on, and what contradicts drops it.
 */
export class Dialogue {
  readonly #c: Connection<Dialogue>
  readonly #x: DialogueContext
  readonly #tracks: readonly [Track, Track] = [new Track(), new Track()]
  readonly #requests: MessageReader
  readonly #responses: MessageReader
  #client: Side | -1
  #pairing: Pairing
  #info: ConnectionInfo | null = null
  /** The request being read, once its head is known. */
  #slot: Slot | null = null
  #response: Response | null = null
  #responseSlot: Slot | null = null
  #isInterim = false
  #interim: number[] = []
  /** Whole responses that wait for their half to be confirmed. */
  #unconfirmed: Response[] = []
  #hadMessage = false
  /** The last request asked to leave HTTP. */
  #asked: string | null = null
  #over = false
  /** What said who the client is turned out to be no message. */
  #doubtsRoles = false
  #http2: Http2Connection | null = null
  lastAt = 0

  constructor(c: Connection<Dialogue>, context: DialogueContext) {
    this.#c = c
    this.#x = context
    this.#client = c.opener
    const { limits, budget } = context
    const requestEvents: ReaderEvents = {
      begin: (b, start, end, sequence, acknowledgement, at) =>
        this.#requestBegins(b, start, end, sequence, acknowledgement, at),
      head: (text) => this.#requestHead(text),
      end: (outcome) => {
        this.#requestEnds(outcome)
        if (this.#requests.state === 'lost') this.#lose(this.#client as Side)
      },
    }
    const responseEvents: ReaderEvents = {
      begin: (b, start, end, sequence, acknowledgement, at) =>
        this.#responseBegins(b, start, end, sequence, acknowledgement, at),
      head: (text) => this.#responseHead(text),
      end: (outcome) => {
        this.#responseEnds(outcome)
        if (this.#responses.state === 'lost') this.#lose(this.#client === 0 ? 1 : 0)
      },
    }
    this.#requests = new MessageReader(requestEvents, true, limits.headBytes, limits.requestBodyBytes, budget)
    this.#responses = new MessageReader(
      responseEvents,
      false,
      limits.headBytes,
      limits.responseBodyBytes,
      budget,
    )
    const isFollowed = c.opener !== -1 && c.halves[c.opener].fromSyn
    this.#pairing = new Pairing(isFollowed, context.handler, context.counters)
  }

  data(
    side: Side,
    b: Buffer,
    start: number,
    end: number,
    sequence: number,
    acknowledgement: number,
    aligned: boolean,
    at: number,
  ): void {
    if (this.#over) return
    this.lastAt = at
    if (this.#http2 !== null) {
      this.#http2.data(side === this.#client ? 0 : 1, b, start, end, at)
      return
    }
    const track = this.#tracks[side]
    if (!track.touched) {
      if (this.#startsAtSyn(side, sequence)) this.#readerOf(side)?.restart()
      else this.#pairing.startUnknown()
    }
    if (this.#client < 0) this.#findRoles(side, b, start, end, aligned)
    if (this.#client === side) this.#requestData(track, b, start, end, sequence, acknowledgement, aligned, at)
    else if (this.#client >= 0)
      this.#responseData(track, b, start, end, sequence, acknowledgement, aligned, at)
    this.#feedRest(side, b, end, at)
    track.touched = true
    track.hasLast = true
    track.lastEnd = add(sequence, end - start)
    track.lastAck = acknowledgement
    if (this.#doubtsRoles && !this.#hadMessage && this.#http2 === null) {
      this.#client = -1
      for (const each of this.#tracks) each.tentative = false
      this.#requests.abandon('lost')
      this.#responses.abandon('lost')
    }
    this.#doubtsRoles = false
  }

  /** The connection may have turned to HTTP/2 inside these bytes. */
  #feedRest(side: Side, b: Buffer, end: number, at: number): void {
    if (this.#http2 === null) return
    const reader = side === this.#client ? this.#requests : this.#responses
    this.#http2.data(side === this.#client ? 0 : 1, b, reader.rest, end, at)
  }

  gap(side: Side, bytes: number, at: number): void {
    if (this.#over) return
    this.lastAt = at
    if (this.#http2 !== null) {
      this.#http2.gap(side === this.#client ? 0 : 1, bytes, at)
      return
    }
    const track = this.#tracks[side]
    track.touched = true
    track.hasLast = false
    const reader = this.#readerOf(side)
    if (reader === null || reader.state === 'stopped') return
    reader.gap(bytes, this.#c.halves[side].next, at)
    if ((reader.state as string) === 'lost') this.#lose(side)
    // A body of known length went on behind the gap, but a start that was never proven stays unproven.
    else if (track.tentative) this.#drop(side)
  }

  end(side: Side, reason: EndReason, at: number): void {
    if (this.#over) return
    if (this.#http2 !== null) {
      this.#http2.end(side === this.#client ? 0 : 1, incompleteReason(reason), at)
      return
    }
    const reader = this.#readerOf(side)
    if (reader === null) return
    const track = this.#tracks[side]
    const sequence = this.#c.halves[side].next
    this.#endReason = incompleteReason(reason)
    if (reason === 'fin') reader.finishAtClose(sequence, at)
    if (track.tentative) {
      if (reader.isBetween && this.#mayConfirmAtEnd(side)) this.#confirm(side, 'presumed')
      else this.#drop(side)
    }
    reader.cut(sequence, at)
    reader.abandon('stopped')
    if (side !== this.#client) this.#pairing.turnOver(null, false)
  }

  #endReason: IncompleteReason = 'closed'

  closed(): void {
    if (!this.#over && this.#client < 0 && (this.#tracks[0].touched || this.#tracks[1].touched)) {
      const info = this.#connection()
      this.#x.protocols.add('unknown', info.vni, info.server.address, info.server.port)
    }
    if (!this.#over) this.#pairing.close()
    this.#http2?.close(this.lastAt)
    this.#requests.abandon('stopped')
    this.#responses.abandon('stopped')
    this.#over = true
  }

  /** Nothing has come for a while: a request that nothing contradicts is taken as one. */
  quiet(): void {
    const side = this.#client
    if (this.#over || side === -1) return
    if (!this.#tracks[side].tentative || !this.#requests.isBetween) return
    if (this.#mayConfirmAtEnd(side)) this.#confirm(side, 'presumed')
  }

  #startsAtSyn(side: Side, sequence: number): boolean {
    const half = this.#c.halves[side]
    return half.fromSyn && sequence === add(half.initial, 1)
  }

  #readerOf(side: Side): MessageReader | null {
    if (this.#client < 0) return null
    return side === this.#client ? this.#requests : this.#responses
  }

  /** Joined in the middle: what the bytes are says who sent them. */
  #findRoles(side: Side, b: Buffer, start: number, end: number, aligned: boolean): void {
    if (!aligned) return
    const other: Side = side === 0 ? 1 : 0
    if (isRequestStart(b, start, end) && hasKnownMethod(b, start)) this.#client = side
    else if (isResponseStart(b, start, end)) this.#client = other
    else if (areFrames(b, start, end)) this.#leave('http2')
    else if (isTls(b, start, end)) {
      // The lower port number is nearly always the service's.
      this.#client = this.#portOf(side) < this.#portOf(other) ? other : side
      this.#leave('tls')
    }
  }

  #portOf = (side: Side): number => (side === 0 ? this.#c.aPort : this.#c.bPort)

  // Requests

  #requestData(
    track: Track,
    b: Buffer,
    start: number,
    end: number,
    sequence: number,
    acknowledgement: number,
    aligned: boolean,
    at: number,
  ): void {
    const reader = this.#requests
    if (reader.state === 'stopped') return
    const isNewTurn = track.hasLast && acknowledgement !== track.lastAck
    if (isNewTurn || !track.hasLast) {
      if (reader.isBetween || reader.state === 'lost') this.#turnOver(acknowledgement)
      if (track.tentative && reader.isInMessage && !this.#mayGoOn()) this.#drop(this.#client as Side)
    } else this.#pairing.spokeAgain()
    if (reader.state === 'lost') {
      if (!aligned || !isRequestStart(b, start, end)) {
        if (aligned && !this.#hadMessage && isTls(b, start, end)) this.#leave('tls')
        return
      }
      const other = this.#tracks[this.#client === 0 ? 1 : 0]
      const isFirst = !track.touched && !other.touched
      if (!(isFirst ? hasKnownMethod(b, start) : isTurn(track, other, sequence, acknowledgement))) return
      track.tentative = true
      reader.restart()
      this.#x.watch(this)
    }
    reader.feed(b, start, end, sequence, acknowledgement, at)
  }

  /** A client may send the rest of a request after a 1xx response. */
  #mayGoOn(): boolean {
    return this.#slot?.expectsContinue ?? false
  }

  #turnOver(acknowledgement: number | null): void {
    const side = this.#client as Side
    if (this.#tracks[side].tentative) {
      // The server has spoken since. If its bytes were captured they have been judged; these were not.
      if (this.#requests.isBetween && this.#pairing.turn.length > 0) this.#confirm(side, 'presumed')
    }
    const isClean = this.#requests.isBetween && this.#responses.isBetween
    if (this.#pairing.inOrder && !this.#c.halves[side === 0 ? 1 : 0].seen && this.#pairing.next !== null)
      this.#pairing.flushOutstanding()
    this.#pairing.turnOver(acknowledgement, isClean)
  }

  #mayConfirmAtEnd(side: Side): boolean {
    const other: Side = side === 0 ? 1 : 0
    if (side !== this.#client) return true
    const { turn } = this.#pairing
    const first = turn[0]
    // Bytes from the server that were not judged to be the answer contradict.
    const peer = this.#c.halves[other]
    return first !== undefined && (!peer.delivered || peer.next === first.start.acknowledgement)
  }

  #requestBegins(
    b: Buffer,
    start: number,
    end: number,
    sequence: number,
    acknowledgement: number,
    at: number,
  ): boolean {
    if (!mayBeRequest(b, start, end)) {
      this.#notHttp(this.#client as Side, b, start, end)
      return false
    }
    this.#tracks[this.#client as Side].start = { sequence, acknowledgement, at }
    return true
  }

  #requestHead(text: string): Framing | 'stop' {
    const side = this.#client as Side
    const track = this.#tracks[side]
    const head = parseRequestHead(text)
    if (text === PREFACE.slice(0, PREFACE_HEAD) && !this.#hadMessage) {
      this.#becomeHttp2(PREFACE_HEAD)
      return 'stop'
    }
    if (head === null || !head.version.startsWith('1.')) {
      if (!this.#hadMessage && !track.tentative) this.#leave('unknown')
      else if (track.tentative) this.#drop(side)
      else {
        this.#x.counters.requests.malformed++
        this.#requests.abandon('lost')
        this.#lose(side)
      }
      return 'stop'
    }
    const framing = requestFraming(head)
    const proof: StartProof = track.tentative ? 'presumed' : track.proof
    track.proof = 'framed'
    const slot = newSlot(this.#connection(), head, track.start, proof)
    this.#slot = slot
    this.#hadMessage = true
    this.#asked = slot.request.upgrade
    this.#pairing.requestBegan(slot)
    if (framing !== 'ambiguous') return framing
    this.#hold(slot)
    this.#requests.abandon('lost')
    this.#lose(side)
    return 'stop'
  }

  /** Held back: where it ends is anybody's guess. It keeps its place, so that its response is not given to another. */
  #hold(slot: Slot): void {
    const isTentative = this.#tracks[this.#client as Side].tentative
    slot.hidden = true
    slot.requestEnded = true
    this.#slot = null
    if (!isTentative) this.#x.counters.requests.ambiguous++
    this.#pairing.requestEnded(slot)
  }

  #requestEnds(outcome: ReadOutcome): void {
    const slot = this.#slot
    const isTentative = this.#tracks[this.#client as Side].tentative
    if (slot === null) {
      if (!isTentative) this.#x.counters.requests[outcomeOf(outcome, this.#endReason)]++
      return
    }
    if (outcome.failure === 'ambiguous') {
      this.#hold(slot)
      return
    }
    this.#slot = null
    const isWhole = outcome.failure === null && this.#requests.isBetween
    const incomplete = isWhole ? null : ((outcome.failure as IncompleteReason | null) ?? this.#endReason)
    complete(slot.request, outcome, incomplete)
    slot.requestEnded = true
    slot.endSequence = outcome.sequence
    if (isTentative) return
    this.#handOn(slot)
    this.#pairing.requestEnded(slot)
  }

  #handOn(slot: Slot): void {
    const { request } = slot
    if (slot.hidden) {
      this.#x.counters.requests.ambiguous++
      return
    }
    this.#x.counters.requests[request.incomplete ?? 'complete']++
    if (request.complete) this.#x.handler.onRequest(request)
  }

  // Responses

  #responseData(
    track: Track,
    b: Buffer,
    start: number,
    end: number,
    sequence: number,
    acknowledgement: number,
    aligned: boolean,
    at: number,
  ): void {
    const reader = this.#responses
    if (reader.state === 'stopped') return
    const client = this.#client as Side
    const request = this.#tracks[client]
    if (request.tentative) this.#judge(b, start, end, sequence, acknowledgement)
    const isNewTurn = track.hasLast && acknowledgement !== track.lastAck
    if (track.tentative && isNewTurn) {
      const side: Side = client === 0 ? 1 : 0
      if (reader.isBetween) this.#confirm(side, 'presumed')
      else if (aligned && isResponseStart(b, start, end)) this.#drop(side)
    }
    track.wasInterim = isInterimStart(b, start, end)
    if (reader.state === 'lost') {
      if (!aligned || !isResponseStart(b, start, end)) {
        if (aligned && !this.#hadMessage && isTls(b, start, end)) this.#leave('tls')
        return
      }
      const isFirst = !track.touched && !request.touched
      if (!isFirst && !isTurn(track, request, sequence, acknowledgement)) return
      track.tentative = true
      reader.restart()
    }
    reader.feed(b, start, end, sequence, acknowledgement, at)
  }

  /** The server's answer to requests that are tentative, if these bytes are one: it agrees or contradicts. */
  #judge(b: Buffer, start: number, end: number, sequence: number, acknowledgement: number): void {
    const { turn } = this.#pairing
    const first = turn[0]
    const side = this.#client as Side
    if (first === undefined) {
      // The head is not even whole and the server speaks.
      if (sequence === this.#tracks[side].start.acknowledgement) this.#drop(side)
      return
    }
    if (sequence !== first.start.acknowledgement) return
    if (isInterimStart(b, start, end)) return
    const last = turn[turn.length - 1]
    const agrees =
      isResponseStart(b, start, end) &&
      this.#requests.isBetween &&
      last?.requestEnded === true &&
      turn.some((slot) => slot.endSequence === acknowledgement)
    if (agrees) this.#confirm(side, 'proven')
    else this.#drop(side)
  }

  #responseBegins(
    b: Buffer,
    start: number,
    end: number,
    sequence: number,
    acknowledgement: number,
    at: number,
  ): boolean {
    const side: Side = this.#client === 0 ? 1 : 0
    if (!mayBeResponse(b, start, end)) {
      this.#notHttp(side, b, start, end)
      return false
    }
    this.#tracks[side].start = { sequence, acknowledgement, at }
    return true
  }

  #responseHead(text: string): Framing | 'stop' {
    const side: Side = this.#client === 0 ? 1 : 0
    const track = this.#tracks[side]
    const head = parseResponseHead(text)
    if (head === null) {
      if (track.tentative) this.#drop(side)
      else {
        this.#x.counters.responses.malformed++
        this.#responses.abandon('lost')
        this.#lose(side)
      }
      return 'stop'
    }
    this.#hadMessage = true
    this.#isInterim = head.status < 200 && head.status !== 101
    if (this.#isInterim) {
      this.#interim.push(head.status)
      return NO_BODY
    }
    const slot = this.#pairing.slotForResponse(track.start)
    const isConnected = slot?.request.method === 'CONNECT' && head.status >= 200 && head.status < 300
    const isTunnel = head.status === 101 || isConnected
    const framing = isTunnel ? NO_BODY : responseFraming(head, slot?.request.method ?? null)
    const proof: StartProof = track.tentative ? 'presumed' : track.proof
    track.proof = 'framed'
    const response = newResponse(this.#connection(), head, track.start, proof, this.#interim, isTunnel)
    this.#interim = []
    this.#response = response
    this.#responseSlot = slot
    // Whether a response has a body depends on its request: without it, the end of the turn must agree.
    if (slot === null) track.tentative = true
    else {
      this.#pairing.responseBegan(slot, response)
      if (track.tentative && !this.#pairing.inOrder) this.#confirm(side, 'proven')
    }
    if (framing !== 'ambiguous') return framing
    this.#x.counters.responses.ambiguous++
    this.#response = null
    this.#responseSlot = null
    if (slot !== null) {
      slot.response = null
      this.#pairing.responseEnded(slot, track.start.sequence)
    }
    this.#responses.abandon('lost')
    this.#lose(side)
    return 'stop'
  }

  #responseEnds(outcome: ReadOutcome): void {
    const side: Side = this.#client === 0 ? 1 : 0
    if (this.#isInterim) {
      this.#isInterim = false
      this.#pairing.interimEnded(this.#tracks[side].start, outcome.sequence)
      return
    }
    const response = this.#response
    const slot = this.#responseSlot
    this.#response = null
    this.#responseSlot = null
    const isTentative = this.#tracks[side].tentative
    if (response === null) {
      if (!isTentative) this.#x.counters.responses[outcomeOf(outcome, this.#endReason)]++
      return
    }
    const isWhole = outcome.failure === null && this.#responses.isBetween
    const failure = outcome.failure === 'ambiguous' ? 'protocol' : outcome.failure
    complete(response, outcome, isWhole ? null : (failure ?? this.#endReason))
    if (slot === null && mayBeResponse(outcome.body, 0, outcome.body.length)) {
      // Had it answered a HEAD, this "body" would be the next response.
      this.#x.counters.responses.unproven++
      return
    }
    if (isWhole && slot !== null && response.status === 101 && isHttp2(this.#asked)) {
      this.#pairing.dropSlot(slot)
      this.#becomeHttp2(0).upgradedFrom(slot.request, response)
      return
    }
    const isOnTrial = slot !== null && this.#pairing.isOnTrial(slot)
    if (slot === null && isTentative) this.#unconfirmed.push(response)
    else if (!isOnTrial) this.#x.counters.responses[response.incomplete ?? 'complete']++
    if (slot !== null) this.#pairing.responseEnded(slot, outcome.sequence)
    else if (!isTentative) this.#pairing.responseAlone(response)
    if (response.tunnel && isWhole) {
      if (slot !== null) this.#pairing.turnOver(null, false)
      this.#leave(this.#asked?.toLowerCase() === 'websocket' ? 'websocket' : 'tunnel')
    }
  }

  // Starts

  /** What was read from a tentative start is right. */
  #confirm(side: Side, proof: StartProof): void {
    const track = this.#tracks[side]
    if (!track.tentative) return
    track.tentative = false
    if (side === this.#client) {
      const turn = [...this.#pairing.turn]
      if (turn[0] !== undefined) turn[0].request.start = proof
      for (const slot of turn) if (slot.requestEnded) this.#handOn(slot)
      return
    }
    const responses = this.#unconfirmed
    this.#unconfirmed = []
    if (this.#response !== null) this.#response.start = proof
    for (const response of responses) {
      response.start = proof
      this.#x.counters.responses[response.incomplete ?? 'complete']++
      this.#pairing.responseAlone(response)
    }
  }

  /** What was read from a tentative start is wrong, or can never be proven. */
  #drop(side: Side): void {
    const track = this.#tracks[side]
    track.tentative = false
    const { counters } = this.#x
    if (side === this.#client) {
      const wasReading = this.#requests.isInMessage && this.#slot === null
      counters.requests.unproven += this.#pairing.dropTurn() + (wasReading ? 1 : 0)
      this.#slot = null
      this.#requests.abandon('lost')
    } else {
      const isReading = this.#responses.isInMessage && this.#responseSlot === null
      counters.responses.unproven += this.#unconfirmed.length + (isReading ? 1 : 0)
      this.#unconfirmed = []
      this.#response = null
      this.#responseSlot = null
      this.#responses.abandon('lost')
      this.#pairing.responsesLost()
    }
    this.#doubtsRoles = !this.#hadMessage && this.#c.opener < 0
  }

  /** The reader of a half does not know any more where messages start. */
  #lose(side: Side): void {
    if (this.#tracks[side].tentative) this.#drop(side)
    if (side === this.#client) this.#pairing.requestsLost()
    else {
      this.#interim = []
      this.#pairing.responsesLost()
    }
    this.#tracks[side].proof = 'proven'
  }

  /** Bytes that start no message where one should start. */
  #notHttp(side: Side, b: Buffer, start: number, end: number): void {
    const track = this.#tracks[side]
    if (track.tentative) {
      this.#drop(side)
      return
    }
    if (!this.#hadMessage && side !== this.#client && areFrames(b, start, end)) {
      // The server's settings came before the client's preface.
      this.#becomeHttp2(0)
      this.#responses.rest = start
      return
    }
    if (!this.#hadMessage) {
      this.#leave(recognise(b, start, end))
      return
    }
    if (side === this.#client && this.#asked !== null) {
      // It asked to leave HTTP and the answer was not captured: it has left.
      this.#leave('tunnel')
      return
    }
    const { counters } = this.#x
    if (side === this.#client) counters.requests.malformed++
    else counters.responses.malformed++
    const reader = side === this.#client ? this.#requests : this.#responses
    reader.abandon('lost')
    this.#lose(side)
  }

  /** The rest of the connection is HTTP/2; `seen` bytes of the client's preface were read. */
  #becomeHttp2(seen: number): Http2Connection {
    this.#requests.abandon('stopped')
    this.#responses.abandon('stopped')
    this.#pairing.close()
    const http2 = new Http2Connection(this.#connection(), this.#x, seen)
    this.#http2 = http2
    return http2
  }

  /** The connection carries something else from here on. */
  #leave(protocol: Protocol): void {
    const info = this.#connection()
    this.#x.protocols.add(protocol, info.vni, info.server.address, info.server.port)
    this.#requests.abandon('stopped')
    this.#responses.abandon('stopped')
    this.#pairing.close()
    this.#over = true
    this.#x.ignore(this.#c)
  }

  #connection(): ConnectionInfo {
    this.#info ??= connectionInfo(this.#c, this.#client)
    return this.#info
  }
}

const isHttp2 = (asked: string | null): boolean => asked?.toLowerCase() === 'h2c'

function incompleteReason(reason: EndReason): IncompleteReason {
  if (reason === 'reset' || reason === 'evicted') return reason
  return reason === 'idle' || reason === 'capture_end' ? 'idle' : 'closed'
}

/** For a message whose head was never whole. */
const outcomeOf = (outcome: ReadOutcome, otherwise: IncompleteReason): MessageOutcome =>
  outcome.failure ?? otherwise
