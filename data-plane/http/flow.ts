import type { Dialogue } from './dialogue.ts'
import type { DialogueState } from './dialogue-state.ts'
import type { MessageReader } from './reader.ts'
import type { Track } from './turn.ts'

/**
 * HTTP on one connection. While a message is under way a dialogue reads it; in between only this is kept, as most of many
 * connections are idle at any time. Everything else of a dialogue at rest is as it was at its start.
 */
export class HttpFlow {
  dialogue: Dialogue | null = null
  /** Nothing more of it is read. */
  isOver = false
  #flags = 0
  #end0 = 0
  #acknowledgement0 = 0
  #end1 = 0
  #acknowledgement1 = 0

  /** Keeps what a dialogue at rest knows. */
  keep(d: DialogueState, requests: MessageReader, responses: MessageReader): void {
    const [a, b] = d.tracks
    this.#end0 = a.lastEnd
    this.#acknowledgement0 = a.lastAck
    this.#end1 = b.lastEnd
    this.#acknowledgement1 = b.lastAck
    this.#flags =
      (d.client + 1) |
      (d.areRolesSure ? ROLES_SURE : 0) |
      (d.hadMessage ? HAD_MESSAGE : 0) |
      (readerFlags(requests) << REQUESTS_AT) |
      (readerFlags(responses) << RESPONSES_AT) |
      (trackFlags(a) << TRACK_0_AT) |
      (trackFlags(b) << TRACK_1_AT) |
      (d.pairing.flags << PAIRING_AT)
  }

  /** Gives it back to a dialogue that was started anew. */
  giveBack(d: DialogueState, requests: MessageReader, responses: MessageReader): void {
    const [a, b] = d.tracks
    const flags = this.#flags
    a.lastEnd = this.#end0
    a.lastAck = this.#acknowledgement0
    b.lastEnd = this.#end1
    b.lastAck = this.#acknowledgement1
    d.client = ((flags & CLIENT) - 1) as -1 | 0 | 1
    d.areRolesSure = (flags & ROLES_SURE) !== 0
    d.hadMessage = (flags & HAD_MESSAGE) !== 0
    setReader(requests, flags >> REQUESTS_AT)
    setReader(responses, flags >> RESPONSES_AT)
    setTrack(a, flags >> TRACK_0_AT)
    setTrack(b, flags >> TRACK_1_AT)
    d.pairing.flags = flags >> PAIRING_AT
  }
}

const CLIENT = 3
const ROLES_SURE = 1 << 2
const HAD_MESSAGE = 1 << 3
const REQUESTS_AT = 4
const RESPONSES_AT = 6
const TRACK_0_AT = 8
const TRACK_1_AT = 12
const PAIRING_AT = 16

const STATES = ['lost', 'start', 'stopped'] as const
const readerFlags = ({ state }: MessageReader): number =>
  state === 'start' ? 1 : state === 'stopped' ? 2 : 0
const setReader = (reader: MessageReader, flags: number): void => {
  reader.state = STATES[flags & 3] ?? 'lost'
}

const TOUCHED = 1
const HAS_LAST = 2
const WAS_INTERIM = 4
const IS_PROVEN = 8

const trackFlags = ({ touched, hasLast, wasInterim, proof }: Track): number =>
  (touched ? TOUCHED : 0) |
  (hasLast ? HAS_LAST : 0) |
  (wasInterim ? WAS_INTERIM : 0) |
  (proof === 'proven' ? IS_PROVEN : 0)

const setTrack = (track: Track, flags: number): void => {
  track.touched = (flags & TOUCHED) !== 0
  track.hasLast = (flags & HAS_LAST) !== 0
  track.wasInterim = (flags & WAS_INTERIM) !== 0
  track.proof = (flags & IS_PROVEN) !== 0 ? 'proven' : 'framed'
}
