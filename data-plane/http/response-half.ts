import type { DialogueState } from './dialogue-state.ts'
import type { Response, StartProof } from './exchange.ts'
import { type Framing, NO_BODY, parseResponseHead, responseFraming } from './head.ts'
import { areFrames } from './http2-frames.ts'
import { isInterimStart, isResponseStart, mayBeResponse, recognise } from './protocol.ts'
import { MessageReader, type ReadOutcome } from './reader.ts'
import type { RequestHalf } from './request-half.ts'
import { complete, newResponse, type Slot } from './slot.ts'
import { isTurn, type Track } from './turn.ts'

/** The server's half: its responses, and what they say about requests whose start was tentative. */
export class ResponseHalf {
  readonly reader: MessageReader
  readonly #d: DialogueState
  readonly #requests: RequestHalf
  #response: Response | null = null
  #slot: Slot | null = null
  #isInterim = false
  #interim: number[] = []
  /** Whole responses that wait for their half to be confirmed. */
  #unconfirmed: Response[] = []

  constructor(d: DialogueState, requests: RequestHalf) {
    this.#d = d
    this.#requests = requests
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
      false,
      limits.headBytes,
      limits.responseBodyBytes,
      budget,
    )
  }

  /** Begins anew, with a connection of which nothing was read. */
  open(): void {
    this.#response = null
    this.#slot = null
    this.#isInterim = false
    if (this.#interim.length > 0) this.#interim = []
    if (this.#unconfirmed.length > 0) this.#unconfirmed = []
    this.reader.abandon('lost')
  }

  get isAtRest(): boolean {
    const hasNothing = this.#response === null && this.#slot === null && !this.#isInterim
    return (
      hasNothing && this.#interim.length === 0 && this.#unconfirmed.length === 0 && !this.reader.isInMessage
    )
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
    const request = this.#d.clientTrack
    if (request.tentative) this.#judge(b, start, end, sequence, acknowledgement)
    const isNewTurn = track.hasLast && acknowledgement !== track.lastAck
    if (track.tentative && isNewTurn) {
      if (reader.isBetween) this.confirm('presumed')
      else if (aligned && isResponseStart(b, start, end)) this.drop()
    }
    track.wasInterim = isInterimStart(b, start, end)
    if (reader.state === 'lost') {
      if (!aligned || !isResponseStart(b, start, end)) {
        this.#d.skip(end - start)
        if (aligned && !this.#d.hadMessage) this.#d.leaveIfForeign(b, start, end)
        return
      }
      const isFirst = !track.touched && !request.touched
      if (!isFirst && !isTurn(track, request, sequence, acknowledgement)) {
        this.#d.skip(end - start)
        return
      }
      track.tentative = true
      reader.restart()
    }
    reader.feed(b, start, end, sequence, acknowledgement, at)
  }

  /** What was read from a tentative start is right. */
  confirm(proof: StartProof): void {
    const track = this.#d.serverTrack
    if (!track.tentative) return
    track.tentative = false
    const responses = this.#unconfirmed
    this.#unconfirmed = []
    if (this.#response !== null) this.#response.start = proof
    for (const response of responses) {
      response.start = proof
      this.#d.x.counters.responses[response.incomplete ?? 'complete']++
      this.#d.pairing.responseAlone(response)
    }
  }

  /** What was read from a tentative start is wrong, or can never be proven. */
  drop(): void {
    const d = this.#d
    d.serverTrack.tentative = false
    const isReading = this.reader.isInMessage && this.#slot === null
    d.x.counters.responses.unproven += this.#unconfirmed.length + (isReading ? 1 : 0)
    this.#unconfirmed = []
    this.#response = null
    this.#slot = null
    this.reader.abandon('lost')
    d.pairing.responsesLost()
    d.doubtsRoles = !d.hadMessage && !d.areRolesSure
  }

  /** The reader does not know any more where messages start. */
  lose(): void {
    const track = this.#d.serverTrack
    if (track.tentative) this.drop()
    this.#interim = []
    this.#d.pairing.responsesLost()
    track.proof = 'proven'
  }

  /** The server's answer to requests that are tentative, if these bytes are one: it agrees or contradicts. */
  #judge(b: Buffer, start: number, end: number, sequence: number, acknowledgement: number): void {
    const { turn } = this.#d.pairing
    const first = turn[0]
    if (first === undefined) {
      // The head is not even whole and the server speaks.
      if (sequence === this.#d.clientTrack.start.acknowledgement) this.#requests.drop()
      return
    }
    if (sequence !== first.start.acknowledgement) return
    if (isInterimStart(b, start, end)) return
    const last = turn[turn.length - 1]
    const agrees =
      isResponseStart(b, start, end) &&
      this.#requests.reader.isBetween &&
      last?.requestEnded === true &&
      turn.some((slot) => slot.endSequence === acknowledgement)
    if (agrees) this.#requests.confirm('proven')
    else this.#requests.drop()
  }

  #begins(
    b: Buffer,
    start: number,
    end: number,
    sequence: number,
    acknowledgement: number,
    at: number,
  ): boolean {
    if (!mayBeResponse(b, start, end)) {
      this.#notHttp(b, start, end)
      return false
    }
    this.#d.serverTrack.start = { sequence, acknowledgement, at }
    return true
  }

  /** Bytes that start no response where one should start. */
  #notHttp(b: Buffer, start: number, end: number): void {
    const d = this.#d
    if (d.serverTrack.tentative) this.drop()
    else if (d.hadMessage) this.#malformed()
    else if (areFrames(b, start, end)) {
      // The server's settings came before the client's preface.
      d.exits.becomeHttp2(0)
      this.reader.rest = start
    } else d.exits.leave(recognise(b, start, end))
  }

  #malformed(): void {
    this.#d.x.counters.responses.malformed++
    this.reader.abandon('lost')
    this.lose()
  }

  #head(text: string): Framing | 'stop' {
    const d = this.#d
    const track = d.serverTrack
    const head = parseResponseHead(text)
    if (head === null) {
      if (track.tentative) this.drop()
      else this.#malformed()
      return 'stop'
    }
    d.hadMessage = true
    this.#isInterim = head.status < 200 && head.status !== 101
    if (this.#isInterim) {
      this.#interim.push(head.status)
      return NO_BODY
    }
    const slot = d.pairing.slotForResponse(track.start)
    const isConnected = slot?.request.method === 'CONNECT' && head.status >= 200 && head.status < 300
    const isTunnel = head.status === 101 || isConnected
    const framing = isTunnel ? NO_BODY : responseFraming(head, slot?.request.method ?? null)
    const proof: StartProof = track.tentative ? 'presumed' : track.proof
    track.proof = 'framed'
    const response = newResponse(d.connection(), head, track.start, proof, this.#interim, isTunnel)
    this.#interim = []
    this.#response = response
    this.#slot = slot
    // Whether a response has a body depends on its request: without it, the end of the turn must agree.
    if (slot === null) track.tentative = true
    else {
      d.pairing.responseBegan(slot, response)
      if (track.tentative && !d.pairing.inOrder) this.confirm('proven')
    }
    if (framing !== 'ambiguous') return framing
    d.x.counters.responses.ambiguous++
    this.#response = null
    this.#slot = null
    if (slot !== null) {
      slot.response = null
      d.pairing.responseEnded(slot, track.start.sequence)
    }
    this.reader.abandon('lost')
    this.lose()
    return 'stop'
  }

  #ends(outcome: ReadOutcome): void {
    const d = this.#d
    const { pairing } = d
    const { responses } = d.x.counters
    if (this.#isInterim) {
      this.#isInterim = false
      pairing.interimEnded(d.serverTrack.start, outcome.sequence)
      return
    }
    const response = this.#response
    const slot = this.#slot
    this.#response = null
    this.#slot = null
    const isTentative = d.serverTrack.tentative
    if (response === null) {
      if (!isTentative) responses[outcome.failure ?? d.endReason]++
      return
    }
    const isWhole = outcome.failure === null && this.reader.isBetween
    const failure = outcome.failure === 'ambiguous' ? 'protocol' : outcome.failure
    complete(response, outcome, isWhole ? null : (failure ?? d.endReason))
    if (slot === null && mayBeResponse(outcome.body, 0, outcome.body.length)) {
      // Had it answered a HEAD, this "body" would be the next response, and what follows would be the middle of one.
      responses.unproven++
      this.reader.abandon('lost')
      return
    }
    if (isWhole && slot !== null && response.status === 101 && d.asked?.toLowerCase() === 'h2c') {
      pairing.dropSlot(slot)
      d.exits.becomeHttp2(0).upgradedFrom(slot.request, response)
      return
    }
    const isOnTrial = slot !== null && pairing.isOnTrial(slot)
    if (slot === null && isTentative) this.#unconfirmed.push(response)
    else if (!isOnTrial) responses[response.incomplete ?? 'complete']++
    if (slot !== null) pairing.responseEnded(slot, outcome.sequence)
    else if (!isTentative) pairing.responseAlone(response)
    if (isOnTrial && isResponseStart(outcome.body, 0, outcome.body.length)) {
      // The same, where a HEAD in front of the turn's first visible request was not captured.
      pairing.contradict()
      this.reader.abandon('lost')
    }
    if (response.tunnel && isWhole) {
      if (slot !== null) pairing.turnOver(null, false)
      d.exits.leave(d.asked?.toLowerCase() === 'websocket' ? 'websocket' : 'tunnel')
    }
  }
}
