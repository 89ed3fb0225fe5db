import {
  type Comparison,
  type DifferenceTally,
  type EndpointTally,
  emptyComparison,
} from '../../contract/comparison.ts'
import { emptyMeasurement, type Measurement } from '../../contract/measurement.ts'
import { DurationSketch } from '../../data-plane/telemetry/duration-sketch.ts'

type Latency = { production: readonly number[]; shadow: readonly number[]; control?: readonly number[] }

/** What comparing found of an endpoint: statuses by count, differences, latencies in milliseconds pair by pair. */
export const endpointTally = (
  endpoint: string,
  statuses: Record<string, number>,
  given: {
    differences?: readonly (Partial<DifferenceTally> & Pick<DifferenceTally, 'kind' | 'path'>)[]
    repeated?: number
    controlled?: number
    drifted?: number
    ages?: EndpointTally['ages']
    latency?: Latency
  } = {},
): EndpointTally => {
  const sketches = {
    production: new DurationSketch(),
    shadow: new DurationSketch(),
    productionWhole: new DurationSketch(),
    shadowWhole: new DurationSketch(),
    slower: new DurationSketch(),
    faster: new DurationSketch(),
    control: new DurationSketch(),
    slowerThanControl: new DurationSketch(),
    fasterThanControl: new DurationSketch(),
  }
  const { production = [], shadow = [] } = given.latency ?? {}
  for (const [i, one] of production.entries()) {
    const other = shadow[i] as number
    sketches.production.count(one / 1000)
    sketches.shadow.count(other / 1000)
    sketches.productionWhole.count((one + 1) / 1000)
    sketches.shadowWhole.count((other + 1) / 1000)
    sketches[other > one ? 'slower' : 'faster'].count(Math.abs(other - one) / 1000)
  }
  for (const [i, one] of given.latency?.control?.entries() ?? []) {
    const other = shadow[i] as number
    sketches.control.count(one / 1000)
    sketches[other > one ? 'slowerThanControl' : 'fasterThanControl'].count(Math.abs(other - one) / 1000)
  }
  return {
    endpoint,
    compared: Object.values(statuses).reduce((sum, count) => sum + count, 0),
    differing: 0,
    failed: 0,
    controlled: given.controlled ?? given.latency?.control?.length ?? 0,
    drifted: given.drifted ?? 0,
    ages: given.ages ?? { sum: 0, squares: 0 },
    statuses,
    repeated: given.repeated ?? 0,
    differences: (given.differences ?? []).map((one) => ({
      count: 0,
      shaped: 0,
      repeats: 0,
      controls: 0,
      drifted: 0,
      ages: 0,
      ...one,
    })),
    production: sketches.production.encode(),
    shadow: sketches.shadow.encode(),
    productionWhole: sketches.productionWhole.encode(),
    shadowWhole: sketches.shadowWhole.encode(),
    slower: sketches.slower.encode(),
    faster: sketches.faster.encode(),
    control: sketches.control.encode(),
    slowerThanControl: sketches.slowerThanControl.encode(),
    fasterThanControl: sketches.fasterThanControl.encode(),
  }
}

/** Connections to shadow and control that take 0.2 to 0.3 ms. */
const LIKE_WAYS: Measurement = (() => {
  const sketch = new DurationSketch()
  for (let i = 0; i <= 20; i++) sketch.count((0.2 + i / 200) / 1000)
  return { ...emptyMeasurement(), shadow: sketch.encode(), control: sketch.encode() }
})()

export const comparisonOf = (...endpoints: EndpointTally[]): Comparison => {
  const compared = endpoints.reduce((sum, endpoint) => sum + endpoint.compared, 0)
  return {
    ...emptyComparison(),
    expected: compared,
    compared,
    measurement: LIKE_WAYS,
    endpoints,
  }
}
