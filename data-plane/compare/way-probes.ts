import type { Measurement } from '../../contract/measurement.ts'
import type { Shadows } from '../forward/settings.ts'
import type { IsProduction } from '../forward/shadow.ts'
import { ConnectProbe } from './connect-probe.ts'

/** How long the ways to the shadow and to the control are, asked again and again. */
export class WayProbes {
  readonly #isForbidden: IsProduction
  #urls = ''
  #shadow: ConnectProbe | null = null
  #control: ConnectProbe | null = null

  constructor(isForbidden: IsProduction) {
    this.#isForbidden = isForbidden
  }

  /** @param now of the monotonic clock, in milliseconds */
  tick({ list: [shadow], control }: Shadows, now: number): void {
    const urls = `${shadow?.target.url} ${control?.target.url}`
    if (urls !== this.#urls) {
      this.#urls = urls
      this.#shadow = shadow ? new ConnectProbe(shadow.target.url, this.#isForbidden) : null
      this.#control = control ? new ConnectProbe(control.target.url, this.#isForbidden) : null
    }
    this.#shadow?.tick(now)
    this.#control?.tick(now)
  }

  encode(): Pick<Measurement, 'shadow' | 'control'> {
    return {
      shadow: this.#shadow?.sketch.encode() ?? [],
      control: this.#control?.sketch.encode() ?? [],
    }
  }
}
