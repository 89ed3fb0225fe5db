import type { GatewayComparing } from '../../contract/gateway-config.ts'

/** What the shadow answers with cold caches and pools tells nothing about the release: from each stage’s first request on. */
export class WarmUp {
  #stage = 0
  /** Capture time in milliseconds since 1970. */
  #until = 0

  /** Whether the shadow is warming up at this request, which it is sent. */
  isOn(at: number, { stage, warmUpSeconds }: GatewayComparing): boolean {
    if (stage !== this.#stage) {
      this.#stage = stage
      this.#until = at + 1000 * warmUpSeconds
    }
    return at < this.#until
  }
}
