import type { StartProof } from './exchange.ts'
import type { MessageStart } from './slot.ts'

/** What was last seen of one half, kept also while it cannot be read. */
export class Track {
  /** Bytes or a gap were seen. */
  touched = false
  hasLast = false
  lastEnd = 0
  lastAck = 0
  /** Its last bytes were a 1xx response: the other side goes on with its message. */
  wasInterim = false
  /** What is read now may turn out not to be a message. */
  tentative = false
  /** The tentative start is where a turn begins, not the first that was ever seen of the half. */
  startsTurn = false
  /** How the start of the next message is known. */
  proof: StartProof = 'framed'
  start: MessageStart = NO_START

  /** As it is before anything was seen. */
  reset(): void {
    this.touched = false
    this.hasLast = false
    this.lastEnd = 0
    this.lastAck = 0
    this.wasInterim = false
    this.tentative = false
    this.startsTurn = false
    this.proof = 'framed'
    this.start = NO_START
  }
}

const NO_START: MessageStart = Object.freeze({ sequence: 0, acknowledgement: 0, at: 0 })

/**
 * Whether a turn begins here: the other side spoke last, after acknowledging all before these bytes, and all it said is
 * acknowledged. Where its bytes were not captured, an acknowledgement that has moved on says so too.
 */
export function isTurn(track: Track, other: Track, sequence: number, acknowledgement: number): boolean {
  if (other.wasInterim) return false
  if (other.hasLast && other.lastAck === sequence && other.lastEnd === acknowledgement) return true
  return track.hasLast && track.lastEnd === sequence && track.lastAck !== acknowledgement
}
