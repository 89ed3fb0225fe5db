import type { Counters } from '../counters.ts'
import type { Connection } from '../tcp/connection.ts'
import type { BodyBudget } from './body.ts'
import { connectionInfo } from './connection-info.ts'
import type { Dialogue } from './dialogue.ts'
import type { ConnectionInfo, ExchangeHandler, IncompleteReason } from './exchange.ts'
import type { HttpFlow } from './flow.ts'
import type { Http2Connection } from './http2.ts'
import { areFrames } from './http2-frames.ts'
import type { HttpLimits } from './limits.ts'
import { Pairing } from './pairing.ts'
import { isTls, type Protocol, type ProtocolCounts } from './protocol.ts'
import { Track } from './turn.ts'

/** What all connections of a pipeline share. */
export type DialogueContext = {
  readonly handler: ExchangeHandler
  readonly limits: HttpLimits
  readonly counters: Counters
  readonly budget: BodyBudget
  readonly protocols: ProtocolCounts
  /** Drops everything that still comes on a connection. */
  ignore(c: Connection<HttpFlow>): void
  /** Asks for a call of `quiet` once nothing has come for a while. */
  watch(dialogue: Dialogue): void
}

export type Side = 0 | 1

/** Ways out of HTTP/1, for the half that finds one. */
export type DialogueExits = {
  /** The connection carries something else from here on. */
  leave(protocol: Protocol): void
  /** The rest of the connection is HTTP/2; `seen` bytes of the client's preface were read. */
  becomeHttp2(seen: number): Http2Connection
}

/** What the two halves of one HTTP/1 connection know together. */
export class DialogueState {
  c: Connection<HttpFlow>
  readonly x: DialogueContext
  readonly exits: DialogueExits
  readonly tracks: readonly [Track, Track] = [new Track(), new Track()]
  readonly pairing: Pairing
  client: Side | -1 = -1
  /** Known from outside the bytes. */
  areRolesSure = false
  hadMessage = false
  /** What the last request asked to leave HTTP for. */
  asked: string | null = null
  /** What said who the client is turned out to be no message. */
  doubtsRoles = false
  /** Why messages that are cut at the end of a half are incomplete. */
  endReason: IncompleteReason = 'closed'
  #info: ConnectionInfo | null = null

  constructor(c: Connection<HttpFlow>, context: DialogueContext, exits: DialogueExits) {
    this.c = c
    this.x = context
    this.exits = exits
    this.pairing = new Pairing(context.handler, context.counters)
    this.open(c)
  }

  /** Begins anew, with a connection of which nothing was read. */
  open(c: Connection<HttpFlow>): void {
    this.c = c
    for (const track of this.tracks) track.reset()
    this.hadMessage = false
    this.asked = null
    this.doubtsRoles = false
    this.endReason = 'closed'
    this.#info = null
    // The SYN is a fact, whichever port its sender has.
    this.client = c.opener === -1 && c.server !== -1 ? (c.server === 0 ? 1 : 0) : c.opener
    this.areRolesSure = this.client !== -1
    const isFollowed = c.opener !== -1 && c.half(c.opener).fromSyn
    this.pairing.open(isFollowed)
  }

  /** No message is under way, and nothing waits for one. */
  get isAtRest(): boolean {
    const [a, b] = this.tracks
    const isDecided = !a.tentative && !b.tentative && this.asked === null && this.endReason === 'closed'
    return isDecided && this.pairing.isAtRest
  }

  /** Only while the client is known, as everything that a half calls. */
  get clientTrack(): Track {
    return this.tracks[this.client as Side]
  }

  get serverTrack(): Track {
    return this.tracks[this.client === 0 ? 1 : 0]
  }

  /** A half that was joined in the middle, or lost its first bytes: what it is when it is not HTTP/1. */
  leaveIfForeign(b: Buffer, start: number, end: number): void {
    if (areFrames(b, start, end)) this.exits.leave('http2')
    else if (isTls(b, start, end)) this.exits.leave('tls')
  }

  /** Nothing of the other side was captured. */
  isAlone(side: Side): boolean {
    return !this.c.half(side === 0 ? 1 : 0).seen
  }

  /** In order, but where no message could be proven to start. */
  skip(bytes: number): void {
    const counts = this.x.counters.bytes
    counts.delivered -= bytes
    counts.skipped += bytes
  }

  connection(): ConnectionInfo {
    this.#info ??= connectionInfo(this.c, this.client)
    return this.#info
  }
}
