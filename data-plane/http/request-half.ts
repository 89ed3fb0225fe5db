import type { DialogueState, Side } from './dialogue-state.ts'
import type { IncompleteReason, StartProof } from './exchange.ts'
import { type Framing, isHttpLike, parseRequestHead, requestFraming } from './head.ts'
import { PREFACE, PREFACE_HEAD } from './http2.ts'
import { hasKnownMethod, isKnownMethod, isRequestStart, mayBeRequest, recognise } from './protocol.ts'
import { MessageReader, type ReadOutcome } from './reader.ts'
import { complete, newSlot, type Slot } from './slot.ts'
import { isTurn, type Track } from './turn.ts'

const HEAD_END = '\r\n\r\n'

/** The client's half: its requests, and whether a start that was found after a loss is one. */
export class RequestHalf {
  readonly reader: MessageReader
  readonly #d: DialogueState
  /** Whether the server's half is between two responses. */
  readonly #isAnswered: () => boolean
  /** Called when a start is tentative: time may decide. */
  readonly #watch: () => void
  /** The request being read, once its head is known. */
  #slot: Slot | null = null

  constructor(d: DialogueState, isAnswered: () => boolean, watch: () => void) {
    this.#d = d
    this.#isAnswered = isAnswered
    this.#watch = watch
    const { limits, budget } = d.x
    this.reader = new MessageReader(
      {
        begin: (b, start, end, sequence, acknowledgement, at) =>
          this.#begins(b, start, end, sequence, acknowledgement, at),
        head: (text) => this.#head(text),
        end: (outcome) => {
          this.#ends(outcome)
          if (this.reader.state === 'lost') this.lose()
        },
      },
      true,
      limits.headBytes,
      limits.requestBodyBytes,
      budget,
    )
  }

  /** Begins anew, with a connection of which nothing was read. */
  open(): void {
    this.#slot = null
    this.reader.abandon('lost')
  }

  get isAtRest(): boolean {
    return this.#slot === null && !this.reader.isInMessage
  }

  data(
    track: Track,
    b: Buffer,
    start: number,
    end: number,
    sequence: number,
    acknowledgement: number,
    aligned: boolean,
    at: number,
  ): void {
    const { reader } = this
    if (reader.state === 'stopped') return
    const isNewTurn = track.hasLast && acknowledgement !== track.lastAck
    if (isNewTurn || !track.hasLast) {
      if (reader.isBetween || reader.state === 'lost') this.#turnOver(acknowledgement)
      if (track.tentative && reader.isInMessage && !this.#mayGoOn()) this.drop()
    } else this.#d.pairing.contradict()
    if (reader.state === 'lost') {
      if (!aligned || !isRequestStart(b, start, end)) {
        this.#skip(b, start, end, false)
        if (aligned && !this.#d.hadMessage) this.#d.leaveIfForeign(b, start, end)
        return
      }
      const other = this.#d.serverTrack
      const isFirst = !track.touched && !other.touched
      if (!(isFirst ? hasKnownMethod(b, start) : isTurn(track, other, sequence, acknowledgement))) {
        this.#skip(b, start, end, true)
        return
      }
      track.tentative = true
      track.startsTurn = !isFirst
      reader.restart()
      this.#watch()
    }
    reader.feed(b, start, end, sequence, acknowledgement, at)
  }

  /** These bytes are not read; what looks like a request in them is counted. `atStart`: they begin like one. */
  #skip(b: Buffer, start: number, end: number, atStart: boolean): void {
    const d = this.#d
    d.skip(end - start)
    let heads = atStart ? 1 : 0
    const bytes = b.subarray(start, end)
    for (let i = bytes.indexOf(HEAD_END); i >= 0; i = bytes.indexOf(HEAD_END, i)) {
      i += HEAD_END.length
      if (isRequestStart(bytes, i, bytes.length) && hasKnownMethod(bytes, i)) heads++
    }
    d.x.counters.requests.unproven += heads
  }

  /** Whether requests that nothing has contradicted may be taken for such when no more bytes come. */
  get mayConfirmAtEnd(): boolean {
    const first = this.#d.pairing.turn[0]
    // Bytes from the server that were not judged to be the answer contradict.
    const peer = this.#d.c.half(this.#d.client === 0 ? 1 : 0)
    return first !== undefined && (!peer.delivered || peer.next === first.start.acknowledgement)
  }

  /** What was read from a tentative start is right. */
  confirm(proof: StartProof): void {
    const track = this.#d.clientTrack
    if (!track.tentative) return
    track.tentative = false
    const turn = [...this.#d.pairing.turn]
    if (turn[0] !== undefined) turn[0].request.start = proof
    for (const slot of turn) if (slot.requestEnded) this.#handOn(slot)
  }

  /** What was read from a tentative start is wrong, or can never be proven. */
  drop(): void {
    const d = this.#d
    d.clientTrack.tentative = false
    const wasReading = this.reader.isInMessage && this.#slot === null
    d.x.counters.requests.unproven += d.pairing.dropTurn() + (wasReading ? 1 : 0)
    this.#slot = null
    this.reader.abandon('lost')
    d.doubtsRoles = !d.hadMessage && !d.areRolesSure
  }

  /** The reader does not know any more where messages start. */
  lose(): void {
    const track = this.#d.clientTrack
    if (track.tentative) this.drop()
    this.#d.pairing.requestsLost()
    track.proof = 'proven'
  }

  /** A client may send the rest of a request after a 1xx response. */
  #mayGoOn(): boolean {
    return this.#slot?.expectsContinue ?? false
  }

  #turnOver(acknowledgement: number | null): void {
    const { pairing, clientTrack, client, c } = this.#d
    if (clientTrack.tentative) {
      // The server has spoken since. If its bytes were captured they have been judged; these were not.
      if (this.reader.isBetween && pairing.turn.length > 0) this.confirm('presumed')
    }
    const isClean = this.reader.isBetween && this.#isAnswered()
    if (pairing.inOrder && !c.half(client === 0 ? 1 : 0).seen && pairing.next !== null) pairing.handOnAlone()
    pairing.turnOver(acknowledgement, isClean)
  }

  #begins(
    b: Buffer,
    start: number,
    end: number,
    sequence: number,
    acknowledgement: number,
    at: number,
  ): boolean {
    if (!mayBeRequest(b, start, end)) {
      this.#notHttp(b, start, end)
      return false
    }
    this.#d.clientTrack.start = { sequence, acknowledgement, at }
    return true
  }

  /** Bytes that start no request where one should start. */
  #notHttp(b: Buffer, start: number, end: number): void {
    const d = this.#d
    if (d.clientTrack.tentative) this.drop()
    else if (!d.hadMessage) d.exits.leave(recognise(b, start, end))
    // It asked to leave HTTP and the answer was not captured: it has left.
    else if (d.asked !== null) d.exits.leave('tunnel')
    else this.#malformed()
  }

  #malformed(): void {
    this.#d.hadMessage = true
    this.#d.x.counters.requests.malformed++
    this.reader.abandon('lost')
    this.lose()
  }

  #head(text: string): Framing | 'stop' {
    const d = this.#d
    const track = d.clientTrack
    const head = parseRequestHead(text)
    if (text === PREFACE.slice(0, PREFACE_HEAD) && !d.hadMessage) {
      d.exits.becomeHttp2(PREFACE_HEAD)
      return 'stop'
    }
    // The end of a body before it makes another method of the next request's: `endGET`.
    const isDoubtful = track.tentative && head !== null && !isKnownMethod(head.method)
    if (head === null || !head.version.startsWith('1.') || isDoubtful) {
      if (!d.hadMessage && !track.tentative && !isHttpLike(text)) d.exits.leave('unknown')
      else if (track.tentative) this.drop()
      else this.#malformed()
      return 'stop'
    }
    const framing = requestFraming(head)
    const proof: StartProof = track.tentative ? 'presumed' : track.proof
    track.proof = 'framed'
    const slot = newSlot(d.connection(), head, track.start, proof)
    this.#slot = slot
    d.hadMessage = true
    d.asked = slot.request.upgrade
    d.pairing.requestBegan(slot)
    if (framing !== 'ambiguous') return framing
    this.#hold(slot)
    this.reader.abandon('lost')
    this.lose()
    return 'stop'
  }

  /** Held back: where it ends is anybody's guess. It keeps its place, so that its response is not given to another. */
  #hold(slot: Slot): void {
    slot.hidden = true
    slot.requestEnded = true
    this.#slot = null
    if (!this.#d.clientTrack.tentative) this.#d.x.counters.requests.ambiguous++
    this.#d.pairing.requestEnded(slot)
  }

  #ends(outcome: ReadOutcome): void {
    const d = this.#d
    const slot = this.#slot
    const isTentative = d.clientTrack.tentative
    if (slot === null) {
      d.x.counters.requests[isTentative ? 'unproven' : (outcome.failure ?? d.endReason)]++
      return
    }
    if (outcome.failure === 'ambiguous') {
      this.#hold(slot)
      return
    }
    this.#slot = null
    const isWhole = outcome.failure === null && this.reader.isBetween
    const incomplete = isWhole ? null : ((outcome.failure as IncompleteReason | null) ?? d.endReason)
    complete(slot.request, outcome, incomplete)
    slot.requestEnded = true
    slot.endSequence = outcome.sequence
    if (isTentative) {
      this.#watch()
      return
    }
    this.#handOn(slot)
    d.pairing.requestEnded(slot)
    if (d.isAlone(d.client as Side)) this.#endedAlone(outcome.at)
  }

  /** Nothing of the server was captured yet: on a new connection it may still come. */
  #endedAlone(at: number): void {
    const { c, x, pairing } = this.#d
    if (at - c.openedAt >= x.limits.unansweredMs) pairing.handOnAlone()
    else this.#watch()
  }

  #handOn(slot: Slot): void {
    const { request } = slot
    const { counters, handler } = this.#d.x
    if (slot.hidden) {
      counters.requests.ambiguous++
      return
    }
    counters.requests[request.incomplete ?? 'complete']++
    if (request.complete) handler.onRequest(request)
  }
}
