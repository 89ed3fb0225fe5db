import { connect, isIP } from 'node:net'
import { guardedLookup, isForbiddenHost } from '../forward/destination.ts'
import { type IsProduction, parseShadow } from '../forward/shadow.ts'
import { DurationSketch } from '../telemetry/duration-sketch.ts'

/** How often; a connection that does not stand after so long tells nothing. */
const EVERY_MS = 1_000
const GIVEN_UP_MS = 1_000

/**
 * How long a connection to a shadow takes to stand: the way there and back, without anything that the release does. What
 * two shadows differ in here is the way's.
 */
export class ConnectProbe {
  readonly sketch = new DurationSketch()
  readonly #hostname: string
  readonly #port: number
  readonly #isForbidden: IsProduction
  #triedAt = Number.NEGATIVE_INFINITY

  constructor(url: string, isForbidden: IsProduction) {
    const { hostname, origin, secure } = parseShadow(url)
    this.#hostname = hostname
    this.#port = Number(new URL(origin).port) || (secure ? 443 : 80)
    this.#isForbidden = isForbidden
  }

  /** @param now of the monotonic clock, in milliseconds */
  tick(now: number): void {
    if (now - this.#triedAt < EVERY_MS || isForbiddenHost(this.#hostname, this.#port, this.#isForbidden))
      return
    this.#triedAt = now
    const isAddress = isIP(this.#hostname) !== 0
    let began = performance.now()
    const socket = connect({
      host: this.#hostname,
      port: this.#port,
      timeout: GIVEN_UP_MS,
      ...(!isAddress && { lookup: guardedLookup(this.#port, this.#isForbidden) }),
    })
    socket.once('lookup', () => {
      began = performance.now()
    })
    socket.once('connect', () => {
      this.sketch.count((performance.now() - began) / 1000)
      socket.destroy()
    })
    socket.once('timeout', () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.unref()
  }
}
