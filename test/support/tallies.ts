import type { Comparison, DifferenceTally, EndpointTally } from '../../contract/comparison.ts'
import { DurationSketch } from '../../data-plane/telemetry/duration-sketch.ts'

type Latency = { production: readonly number[]; shadow: readonly number[] }

/** What comparing found of an endpoint: statuses by count, differences, latencies in milliseconds pair by pair. */
export const endpointTally = (
  endpoint: string,
  statuses: Record<string, number>,
  given: {
    differences?: readonly (Partial<DifferenceTally> & Pick<DifferenceTally, 'kind' | 'path'>)[]
    repeated?: number
    drifted?: number
    ages?: EndpointTally['ages']
    latency?: Latency
  } = {},
): EndpointTally => {
  const sketches = {
    production: new DurationSketch(),
    shadow: new DurationSketch(),
    slower: new DurationSketch(),
    faster: new DurationSketch(),
  }
  const { production = [], shadow = [] } = given.latency ?? {}
  for (const [i, one] of production.entries()) {
    const other = shadow[i] as number
    sketches.production.count(one / 1000)
    sketches.shadow.count(other / 1000)
    sketches[other > one ? 'slower' : 'faster'].count(Math.abs(other - one) / 1000)
  }
  return {
    endpoint,
    compared: Object.values(statuses).reduce((sum, count) => sum + count, 0),
    differing: 0,
    failed: 0,
    drifted: given.drifted ?? 0,
    ages: given.ages ?? { sum: 0, squares: 0 },
    statuses,
    repeated: given.repeated ?? 0,
    differences: (given.differences ?? []).map((one) => ({
      count: 0,
      shaped: 0,
      repeats: 0,
      drifted: 0,
      ages: 0,
      ...one,
    })),
    production: sketches.production.encode(),
    shadow: sketches.shadow.encode(),
    slower: sketches.slower.encode(),
    faster: sketches.faster.encode(),
  }
}

export const comparisonOf = (...endpoints: EndpointTally[]): Comparison => {
  const compared = endpoints.reduce((sum, endpoint) => sum + endpoint.compared, 0)
  return { warmUp: 0, expected: compared, waiting: 0, compared, unpaired: {}, endpoints, samples: [] }
}
