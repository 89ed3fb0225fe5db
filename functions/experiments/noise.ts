import type { DifferenceTally, EndpointTally } from '../../contract/comparison.ts'
import type { Experiment } from '../../contract/experiment.ts'
import type { NoiseDecision, NoisePlace } from '../../contract/noise.ts'
import { Thresholds } from '../../contract/thresholds.ts'

type Place = Pick<NoiseDecision, 'endpoint' | 'kind' | 'path'>

const keyOf = ({ endpoint, kind, path }: Place): string => `${endpoint}\0${kind}\0${path}`

/** Those that the spec brings along from before, and those that were taken since, which win. */
export const decisionsOf = (
  { spec, createdBy, createdAt }: Experiment,
  since: readonly NoiseDecision[],
): NoiseDecision[] => {
  const { noise } = Thresholds.parse(spec.verdict ?? {})
  return [...noise.map((place) => ({ ...place, by: createdBy, at: createdAt })), ...since]
}

/** What is left to be judged when people have decided what is noise and what is not. */
export const withDecisions = (
  endpoints: readonly EndpointTally[],
  decisions: readonly NoiseDecision[],
): EndpointTally[] => {
  if (decisions.length === 0) return [...endpoints]
  const byPlace = new Map(decisions.map((one) => [keyOf(one), one.decision]))
  return endpoints.map((tally) => {
    const decided = ({ kind, path }: Pick<Place, 'kind' | 'path'>) =>
      byPlace.get(keyOf({ endpoint: tally.endpoint, kind, path }))
    return {
      ...tally,
      differences: tally.differences
        .filter((place) => decided(place) !== 'confirmed')
        .map((place) => (decided(place) === 'rejected' ? asDifference(place) : place)),
      statuses: Object.fromEntries(
        Object.entries(tally.statuses).filter(([path]) => decided({ kind: 'status', path }) !== 'confirmed'),
      ),
    }
  })
}

const asDifference = (place: DifferenceTally): DifferenceTally => ({
  ...place,
  count: place.count + place.shaped,
  shaped: 0,
  repeats: 0,
  controls: 0,
})

/** Every place where answers differ, with what was learned and decided. */
export const noiseList = (
  endpoints: readonly EndpointTally[],
  decisions: readonly NoiseDecision[],
): NoisePlace[] => {
  const byPlace = new Map(decisions.map((one) => [keyOf(one), one]))
  const places = endpoints.flatMap((tally) =>
    tally.differences.map((place): NoisePlace => {
      const { endpoint } = tally
      const { kind, path } = place
      const decision = byPlace.get(keyOf({ endpoint, kind, path }))
      return {
        endpoint,
        kind,
        path,
        differing: place.count,
        compared: tally.compared,
        chance: chanceOf(tally, place),
        volatile: place.shaped,
        decision: decision?.decision ?? 'learned',
        by: decision?.by ?? null,
        at: decision?.at ?? null,
      }
    }),
  )
  return places.sort(
    (a, b) =>
      Number(b.decision !== 'learned') - Number(a.decision !== 'learned') ||
      b.differing - a.differing ||
      b.volatile - a.volatile,
  )
}

const chanceOf = (
  { controlled, repeated }: EndpointTally,
  { controls, repeats }: DifferenceTally,
): NoisePlace['chance'] => {
  if (controlled > 0) return { from: 'control', found: controls, of: controlled }
  return repeated > 0 ? { from: 'repeats', found: repeats, of: repeated } : null
}
