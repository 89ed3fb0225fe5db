import type { Connection, EndReason } from '../tcp/connection.ts'
import { add, diff } from '../tcp/sequence.ts'
import { type DialogueContext, DialogueState, type Side } from './dialogue-state.ts'
import type { IncompleteReason } from './exchange.ts'
import type { HttpFlow } from './flow.ts'
import { Http2Connection } from './http2.ts'
import { areFrames } from './http2-frames.ts'
import { hasKnownMethod, isRequestStart, isResponseStart, isTls, type Protocol } from './protocol.ts'
import type { MessageReader } from './reader.ts'
import { RequestHalf } from './request-half.ts'
import { ResponseHalf } from './response-half.ts'
import type { Track } from './turn.ts'

/**
 * One HTTP/1 connection: who is the client, where messages start, what belongs together.
 *
 * A half that was not followed from its SYN, or lost its framing in a gap, is searched for a new start. A start is where a
 * segment begins like a message and a *turn* begins: the other side had spoken after acknowledging everything before it.
 * What is read from there is tentative until the other side's answer, the next turn or the end of the connection agrees;
 * until then nothing is handed on, and what contradicts drops it.
 */
export class Dialogue {
  readonly #x: DialogueContext
  readonly #d: DialogueState
  readonly #requests: RequestHalf
  readonly #responses: ResponseHalf
  #over = false
  #http2: Http2Connection | null = null
  lastAt = 0

  constructor(c: Connection<HttpFlow>, context: DialogueContext) {
    this.#x = context
    this.#d = new DialogueState(c, context, {
      leave: (protocol) => this.#leave(protocol),
      becomeHttp2: (seen) => this.#becomeHttp2(seen),
    })
    this.#requests = new RequestHalf(
      this.#d,
      () => this.#responses.reader.isBetween,
      () => context.watch(this),
    )
    this.#responses = new ResponseHalf(this.#d, this.#requests)
  }

  get connection(): Connection<HttpFlow> {
    return this.#d.c
  }

  /** Begins anew, with another connection. */
  open(c: Connection<HttpFlow>): void {
    this.#over = false
    this.#http2 = null
    this.#d.open(c)
    this.#requests.open()
    this.#responses.open()
  }

  /** Goes on where the flow's last dialogue was at rest. */
  resume(flow: HttpFlow): void {
    this.#over = flow.isOver
    flow.giveBack(this.#d, this.#requests.reader, this.#responses.reader)
  }

  /** Whether the flow can go on without it, with what it keeps of it. */
  rest(flow: HttpFlow): boolean {
    flow.isOver = this.#over
    if (this.#over) return this.#http2 === null
    const isAtRest = this.#d.isAtRest && this.#requests.isAtRest && this.#responses.isAtRest
    if (!isAtRest || this.#http2 !== null) return false
    flow.keep(this.#d, this.#requests.reader, this.#responses.reader)
    return true
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
    const d = this.#d
    if (this.#http2 !== null) {
      this.#http2.data(side === d.client ? 0 : 1, b, start, end, at)
      return
    }
    const track = d.tracks[side]
    if (!track.touched) {
      if (this.#startsAtSyn(side, sequence)) this.#readerOf(side)?.restart()
      else d.pairing.startUnknown()
    }
    if (d.client < 0) this.#findRoles(side, b, start, end, aligned)
    if (d.client === side) this.#requests.data(track, b, start, end, sequence, acknowledgement, aligned, at)
    else if (d.client >= 0) this.#responses.data(track, b, start, end, sequence, acknowledgement, aligned, at)
    else if (!this.#over) d.skip(end - start)
    this.#feedRest(side, b, end, at)
    track.touched = true
    track.hasLast = true
    track.lastEnd = add(sequence, end - start)
    track.lastAck = acknowledgement
    if (d.doubtsRoles && !d.hadMessage && this.#http2 === null) {
      d.client = -1
      for (const each of d.tracks) each.tentative = false
      this.#abandon('lost')
    }
    d.doubtsRoles = false
  }

  gap(side: Side, bytes: number, at: number): void {
    if (this.#over) return
    this.lastAt = at
    if (this.#http2 !== null) {
      this.#http2.gap(side === this.#d.client ? 0 : 1, bytes, at)
      return
    }
    const d = this.#d
    const track = d.tracks[side]
    track.touched = true
    track.hasLast = false
    if (side === d.client && d.isAlone(side)) this.#gapAlone(side, track)
    const half = this.#halfOf(side)
    if (half === null || half.reader.state === 'stopped') return
    half.reader.gap(bytes, this.#d.c.half(side).next, at)
    if ((half.reader.state as string) === 'lost') half.lose()
    // A body of known length went on behind the gap, but a start that was never proven stays unproven.
    else if (track.tentative) half.drop()
  }

  /**
   * Only the client's half is captured: what it acknowledged says where the server spoke. It pauses and has new bytes to
   * acknowledge only when it has sent all of its request, unless it pipelines.
   */
  #gapAlone(side: Side, track: Track): void {
    const d = this.#d
    const half = this.#d.c.half(side)
    const peer = this.#d.c.half(side === 0 ? 1 : 0)
    const behind = half.held[0]
    const acknowledgement = behind?.acknowledgement ?? half.finAcknowledgement
    const { turn } = d.pairing
    const isAnswered = turn[0] !== undefined && turn[0].start.acknowledgement !== acknowledgement
    if (track.tentative && track.startsTurn && this.#requests.reader.isBetween && isAnswered)
      this.#requests.confirm('presumed')
    if (behind === undefined || behind.pausedAck === null || behind.sequence !== half.next) return
    if (d.pairing.isPipelined) return
    let before = behind.pausedAck
    if (before === acknowledgement && half.delivered) before = track.lastAck
    else if (before === acknowledgement && peer.started) before = peer.next
    if (diff(acknowledgement, before) <= 0) return
    track.hasLast = true
    track.lastEnd = half.next
    track.lastAck = before
  }

  end(side: Side, reason: EndReason, at: number): void {
    if (this.#over) return
    const d = this.#d
    if (this.#http2 !== null) {
      this.#http2.end(side === d.client ? 0 : 1, incompleteReason(reason), at)
      return
    }
    const half = this.#halfOf(side)
    if (half === null) return
    const sequence = this.#d.c.half(side).next
    d.endReason = incompleteReason(reason)
    if (reason === 'fin') half.reader.finishAtClose(sequence, at)
    if (d.tracks[side].tentative) {
      const isRight = half.reader.isBetween && (half !== this.#requests || this.#requests.mayConfirmAtEnd)
      if (isRight) half.confirm('presumed')
      else half.drop()
    }
    half.reader.cut(sequence, at)
    half.reader.abandon('stopped')
    if (side !== d.client) d.pairing.turnOver(null, false)
  }

  closed(): void {
    const d = this.#d
    if (!this.#over && d.client < 0 && (d.tracks[0].touched || d.tracks[1].touched)) {
      const info = d.connection()
      this.#x.protocols.add('unknown', info.vni, info.server.address, info.server.port)
    }
    if (!this.#over) d.pairing.close()
    this.#http2?.close(this.lastAt)
    this.#http2 = null
    this.#abandon('stopped')
    this.#over = true
  }

  /** How long nothing must come before `quiet`. */
  get quietMs(): number {
    const d = this.#d
    if (d.client !== -1 && !d.clientTrack.tentative) return this.#x.limits.unansweredMs
    const isTurn = d.client !== -1 && d.isAlone(d.client) && d.clientTrack.startsTurn
    return isTurn ? this.#x.limits.turnQuietMs : this.#x.limits.quietMs
  }

  /** Nothing has come for a while: a request that nothing contradicts is taken as one, and without a server alone. */
  quiet(): void {
    const d = this.#d
    if (this.#over || d.client === -1) return
    const isWhole = d.clientTrack.tentative && this.#requests.reader.isBetween
    if (isWhole && this.#requests.mayConfirmAtEnd) this.#requests.confirm('presumed')
    if (!d.clientTrack.tentative && d.isAlone(d.client)) d.pairing.handOnAlone()
  }

  #startsAtSyn(side: Side, sequence: number): boolean {
    const half = this.#d.c.half(side)
    return half.fromSyn && sequence === add(half.initial, 1)
  }

  #halfOf(side: Side): RequestHalf | ResponseHalf | null {
    if (this.#d.client < 0) return null
    return side === this.#d.client ? this.#requests : this.#responses
  }

  #readerOf(side: Side): MessageReader | null {
    return this.#halfOf(side)?.reader ?? null
  }

  /** Joined in the middle: what the bytes are says who sent them. */
  #findRoles(side: Side, b: Buffer, start: number, end: number, aligned: boolean): void {
    if (!aligned) return
    const other: Side = side === 0 ? 1 : 0
    if (isRequestStart(b, start, end) && hasKnownMethod(b, start)) this.#d.client = side
    else if (isResponseStart(b, start, end)) this.#d.client = other
    else if (areFrames(b, start, end)) this.#leave('http2')
    else if (isTls(b, start, end)) {
      // The lower port number is nearly always the service's.
      this.#d.client = this.#portOf(side) < this.#portOf(other) ? other : side
      this.#leave('tls')
    }
  }

  #portOf(side: Side): number {
    return side === 0 ? this.#d.c.aPort : this.#d.c.bPort
  }

  /** The connection may have turned to HTTP/2 inside these bytes. */
  #feedRest(side: Side, b: Buffer, end: number, at: number): void {
    if (this.#http2 === null) return
    const isClient = side === this.#d.client
    const { reader } = isClient ? this.#requests : this.#responses
    this.#http2.data(isClient ? 0 : 1, b, reader.rest, end, at)
  }

  #becomeHttp2(seen: number): Http2Connection {
    this.#abandon('stopped')
    this.#d.pairing.close()
    this.#http2 = new Http2Connection(this.#d.connection(), this.#x, seen)
    return this.#http2
  }

  #leave(protocol: Protocol): void {
    const info = this.#d.connection()
    this.#x.protocols.add(protocol, info.vni, info.server.address, info.server.port)
    this.#abandon('stopped')
    this.#d.pairing.close()
    this.#over = true
    this.#x.ignore(this.#d.c)
  }

  #abandon(state: 'lost' | 'stopped'): void {
    this.#requests.reader.abandon(state)
    this.#responses.reader.abandon(state)
  }
}

function incompleteReason(reason: EndReason): IncompleteReason {
  if (reason === 'reset' || reason === 'evicted') return reason
  return reason === 'idle' || reason === 'capture_end' ? 'idle' : 'closed'
}
