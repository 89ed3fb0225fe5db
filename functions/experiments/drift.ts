import { type DifferenceTally, type EndpointTally, isUnknownObject } from '../../contract/comparison.ts'
import type { Reason } from '../../contract/verdict.ts'

/** Standard errors that a growth must have beyond chance: once in 4,000 that it has them by chance. */
const GROWTH_Z = 3.5
/** Standard errors within which there must have been none when the data was copied. */
const ORIGIN_Z = 3

/**
 * Whether a difference grows with the age of the shadow’s data, from none when it was copied: the more production has
 * written since, the more of its answers tell of it. A difference of the release is there from the first request on, or
 * from some later one; neither lies on a line through the copy. (Least squares, from sums that add up over tasks.)
 */
export const growsWithAge = (
  { compared, ages }: Pick<EndpointTally, 'compared' | 'ages'>,
  place: Pick<DifferenceTally, 'count' | 'ages'>,
): boolean => {
  if (ages.sum === 0 || place.count === 0 || place.count >= compared) return false
  const rate = place.count / compared
  const mean = ages.sum / compared
  const spread = ages.squares - compared * mean * mean
  if (spread <= 0) return false
  const slope = (place.ages - rate * ages.sum) / spread
  const deviation = Math.sqrt(rate * (1 - rate))
  const slopeError = deviation / Math.sqrt(spread)
  const origin = rate - slope * mean
  const originError = deviation * Math.sqrt(1 / compared + (mean * mean) / spread)
  return slope > GROWTH_Z * slopeError && Math.abs(origin) <= ORIGIN_Z * originError
}

/** How many exchanges of a pair of statuses, as 200>404, are explained by older data. */
export const driftedAs = (endpoint: EndpointTally, path: string): number => {
  const place = endpoint.differences.find((one) => one.kind === 'status' && one.path === path)
  if (place === undefined) return 0
  return place.drifted + (isUnknownObject(path) && growsWithAge(endpoint, place) ? place.count : 0)
}

/** Shown, not judged: what differs because the shadow’s data is older. */
export const driftReasons = (endpoints: readonly EndpointTally[]): Reason[] => {
  const drifting = endpoints
    .map((endpoint) => ({ endpoint, drifted: driftOf(endpoint) }))
    .filter(({ drifted }) => drifted > 0)
    .sort((a, b) => b.drifted - a.drifted)
  const [most] = drifting
  if (!most) return []
  const all = drifting.reduce((sum, { drifted }) => sum + drifted, 0)
  const compared = endpoints.reduce((sum, endpoint) => sum + endpoint.compared, 0)
  const at = `${drifting.length} endpoint${drifting.length === 1 ? '' : 's'}`
  return [
    {
      rule: 'drift',
      effect: 'informs',
      sentence:
        `${all} of ${compared} answers differ because the shadow’s data is older than production’s, at ${at}, ` +
        `most at ${most.endpoint.endpoint} (${most.drifted} of ${most.endpoint.compared}): these say nothing about the release.`,
      endpoint: null,
      kind: null,
      path: null,
      samples: compared,
      measured: { value: all / compared, low: all / compared, high: all / compared },
      threshold: null,
      noise: null,
    },
  ]
}

const driftOf = (endpoint: EndpointTally): number =>
  endpoint.drifted +
  Math.max(0, ...endpoint.differences.map((place) => (growsWithAge(endpoint, place) ? place.count : 0)))
