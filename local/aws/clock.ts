/** Time as an argument, so that tests can move it. */
export type Clock = {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs `fire` once after `milliseconds`; the result cancels it. Never keeps a process alive. */
  setTimer(milliseconds: number, fire: () => void): () => void
}

/** setTimeout counts in 32 bits. */
const LONGEST_TIMEOUT = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(milliseconds, fire) {
    const due = Date.now() + milliseconds
    let timeout: NodeJS.Timeout
    const arm = () => {
      const left = Math.min(Math.max(0, due - Date.now()), LONGEST_TIMEOUT)
      // A timer of Node may be up to a millisecond early.
      timeout = setTimeout(() => (Date.now() < due ? arm() : fire()), left)
      timeout.unref()
    }
    arm()
    return () => clearTimeout(timeout)
  },
}
