import { TURN } from '../source/datagram-source.ts'

/** A ring that is so full means that the worker is behind: what comes next may be lost unseen, whoever it belongs to. */
const BEHIND = 0.5
/** One that is so empty means that the worker has caught up. */
const CAUGHT_UP = 0.125

/**
 * Shares a worker that cannot keep up among its experiments: each may have so many datagrams of a turn handled, the same
 * for all (max-min fairness), so that those who send little lose nothing to one who floods. The quota halves as long as
 * the ring does not empty, and grows again once it has: what the worker can do is found, not assumed. A worker that keeps
 * up, or has one experiment only, is asked nothing per datagram.
 */
export class FairShare<Target> {
  /** Whether `takes` is to be asked in this turn. */
  isOn = false
  #quota = TURN
  #backlog = 0
  readonly #taken = new Map<Target, number>()

  /**
   * At the beginning of each turn.
   *
   * @param backlog how full the ring is, 0 to 1
   * @param sharers experiments there are
   */
  turn(backlog: number, sharers: number): void {
    const before = this.#backlog
    this.#backlog = backlog
    if (sharers < 2) this.#quota = TURN
    else if (backlog > BEHIND) {
      // More than an equal part of a turn each would leave nothing out.
      if (!this.isOn) this.#quota = Math.floor(TURN / (2 * sharers))
      else if (backlog >= before) this.#quota = Math.max(1, this.#quota >> 1)
    } else if (backlog < CAUGHT_UP && this.isOn)
      this.#quota = Math.min(TURN, this.#quota + Math.ceil(this.#quota / 8))
    this.isOn = this.#quota < TURN
    if (this.isOn) this.#taken.clear()
  }

  /** Whether this datagram of the turn is handled; else it is to be counted as left out. */
  takes(target: Target): boolean {
    const taken = this.#taken.get(target) ?? 0
    if (taken >= this.#quota) return false
    this.#taken.set(target, taken + 1)
    return true
  }
}
