import type { EndpointTally } from '../../contract/comparison.ts'
import { DurationSketch } from '../telemetry/duration-sketch.ts'

/** What the control’s answers tell of one endpoint. */
export class ControlRecord {
  controlled = 0
  readonly #control = new DurationSketch()
  readonly #slower = new DurationSketch()
  readonly #faster = new DurationSketch()

  /** Seconds that both took to the head of their answers. */
  latency(control: number, shadow: number): void {
    this.#control.count(control)
    if (shadow > control) this.#slower.count(shadow - control)
    else this.#faster.count(control - shadow)
  }

  encode(): Pick<EndpointTally, 'controlled' | 'control' | 'slowerThanControl' | 'fasterThanControl'> {
    return {
      controlled: this.controlled,
      control: this.#control.encode(),
      slowerThanControl: this.#slower.encode(),
      fasterThanControl: this.#faster.encode(),
    }
  }
}

/** For an endpoint that no control was asked about. */
export const NO_CONTROL: ReturnType<ControlRecord['encode']> = {
  controlled: 0,
  control: [],
  slowerThanControl: [],
  fasterThanControl: [],
}
