import type { DifferenceTally, EndpointTally } from '../../contract/comparison.ts'
import type { Thresholds } from '../../contract/thresholds.ts'
import type { Estimate, Reason } from '../../contract/verdict.ts'
import { driftedAs, growsWithAge } from './drift.ts'
import { lookingFactor, wilson } from './statistics.ts'

/** Places of an endpoint that are asked about at most; the chance of a false alarm is divided among them. */
const PLACES = 60

/** A pair of statuses of an endpoint, `shadow` null when it gave no answer. */
export type StatusPair = { production: number; shadow: number | null; count: number }

export const statusPairs = ({ statuses }: EndpointTally): StatusPair[] =>
  Object.entries(statuses).map(([pair, count]) => {
    const [production = '', shadow = ''] = pair.split('>')
    return { production: Number(production), shadow: shadow === 'failed' ? null : Number(shadow), count }
  })

/** Answered by production, an error or nothing from the shadow. */
const isNewError = ({ production, shadow }: StatusPair): boolean =>
  production < 500 && (shadow === null || shadow >= 500)

/** The shadow does not know who asks. */
export const isRejection = ({ production, shadow }: StatusPair): boolean =>
  production >= 200 && production < 300 && (shadow === 401 || shadow === 403)

type Question = {
  thresholds: Thresholds
  /** Chance of a false alarm per question and endpoint. */
  alpha: number
  /** Rejected credentials are said once, not at every endpoint. */
  ignoreRejections: boolean
}

/** What of an endpoint’s answers speaks against the release, each with the interval it rests on. */
export const judgeAnswers = (endpoint: EndpointTally, question: Question): Reason[] => [
  ...newErrors(endpoint, question),
  ...otherStatuses(endpoint, question),
  ...differentBodies(endpoint, question),
]

const newErrors = (endpoint: EndpointTally, { thresholds, alpha }: Question): Reason[] => {
  const pairs = statusPairs(endpoint)
  const errors = pairs.filter(isNewError)
  const hits = total(errors)
  // What production fails at and the shadow does not is chance that goes both ways.
  const reverse = total(pairs.filter(({ production, shadow }) => production >= 500 && (shadow ?? 500) < 500))
  const z = lookingFactor(endpoint.compared, alpha)
  const noise = isControlled(endpoint, thresholds)
    ? noiseOf(endpoint, thresholds, endpoint.differences.filter(isErrorPlace), alpha)
    : reverse === 0
      ? NONE
      : wilson(reverse, endpoint.compared, z)
  const measured = above(wilson(hits, endpoint.compared, z), noise)
  const threshold = thresholds.errorPercent / 100
  if (measured.low <= threshold) return []
  const what = mostFrequent(errors)
  return [
    reason(endpoint, 'errors', 'status', pairPath(what), measured, threshold, noise, [
      `${endpoint.endpoint} ${what.shadow === null ? 'gets no answer' : `answers ${what.shadow}`} where production answers`,
      `${what.production}: ${share(hits, endpoint.compared)}.`,
    ]),
  ]
}

/** Where production fails, an answer of the shadow speaks for the release. */
const otherStatuses = (endpoint: EndpointTally, question: Question): Reason[] => {
  const { thresholds, alpha, ignoreRejections } = question
  const pairs = statusPairs(endpoint)
    .filter(
      (pair) =>
        pair.production < 500 &&
        pair.production !== pair.shadow &&
        !isNewError(pair) &&
        !(ignoreRejections && isRejection(pair)),
    )
    .map((pair) => ({ ...pair, count: pair.count - driftedAs(endpoint, pairPath(pair)) }))
  const hits = total(pairs)
  const samples = endpoint.compared - endpoint.drifted
  const z = lookingFactor(samples, alpha)
  const noise = noiseOf(
    endpoint,
    thresholds,
    endpoint.differences.filter((place) => place.kind === 'status' && !isErrorPlace(place)),
    alpha,
  )
  const measured = above(wilson(hits, samples, z), noise)
  const threshold = thresholds.differencePercent / 100
  if (measured.low <= threshold) return []
  const what = mostFrequent(pairs)
  return [
    reason(endpoint, 'status', 'status', pairPath(what), measured, threshold, noise, [
      `${endpoint.endpoint} answers ${what.shadow} where production answers ${what.production}:`,
      `${share(hits, samples)}.`,
    ]),
  ]
}

/** One reason for an endpoint, however many places differ: the place where it does most often. */
const differentBodies = (endpoint: EndpointTally, { thresholds, alpha }: Question): Reason[] => {
  const threshold = thresholds.differencePercent / 100
  const samples = endpoint.compared - endpoint.drifted
  const z = lookingFactor(samples, alpha / PLACES)
  const found = endpoint.differences
    .filter(({ kind }) => kind !== 'status' && kind !== 'too_complex')
    .filter((place) => !growsWithAge(endpoint, place))
    .map((place) => {
      const noise = noiseOf(endpoint, thresholds, [place], alpha / PLACES)
      return { place, noise, measured: above(wilson(place.count, samples, z), noise) }
    })
    .filter(({ measured }) => measured.low > threshold)
    .sort((a, b) => b.measured.low - a.measured.low)
  const [worst] = found
  if (!worst) return []
  const { place, measured, noise } = worst
  const others =
    found.length > 1 ? `, and in ${found.length - 1} more place${found.length > 2 ? 's' : ''}` : ''
  return [
    reason(endpoint, 'difference', place.kind, place.path, measured, threshold, noise, [
      `${endpoint.endpoint} ${words(place)}${others}:`,
      `${share(place.count, samples)}${noise.value > 0 ? `, ${percentText(noise.value)} by chance` : ''}.`,
    ]),
  ]
}

const words = ({ kind, path }: DifferenceTally): string => {
  switch (kind) {
    case 'missing':
    case 'header_missing':
      return `lacks ${path}`
    case 'extra':
    case 'header_extra':
      return `has ${path}, which production has not`
    case 'order':
      return `has ${path} in another order`
    case 'type':
      return `has another type at ${path}`
    case 'unreadable':
      return 'has a body that cannot be read'
    default:
      return `differs at ${path}`
  }
}

const NONE: Estimate = { value: 0, low: 0, high: 0 }

const isControlled = ({ controlled }: EndpointTally, { minimumSamples }: Thresholds): boolean =>
  controlled >= minimumSamples

/** Of a difference of statuses: an error or nothing where production answers. */
const isErrorPlace = ({ kind, path }: DifferenceTally): boolean =>
  kind === 'status' && /^[1-4]\d\d>(?:5|failed)/.test(path)

/**
 * How often today’s release differs from production there, where there is one to ask; else how often production differs
 * from itself. What was never seen is not taken for possible.
 */
const noiseOf = (
  endpoint: EndpointTally,
  thresholds: Thresholds,
  places: readonly DifferenceTally[],
  alpha: number,
): Estimate => {
  const byControl = isControlled(endpoint, thresholds)
  const samples = byControl ? endpoint.controlled : endpoint.repeated
  const hits = places.reduce((sum, { controls, repeats }) => sum + (byControl ? controls : repeats), 0)
  return hits === 0 ? NONE : wilson(Math.min(hits, samples), samples, lookingFactor(samples, alpha))
}

/** The difference of two shares (Newcombe 1998, method 10). */
const above = (measured: Estimate, noise: Estimate): Estimate => {
  const value = measured.value - noise.value
  return {
    value,
    low: value - Math.hypot(measured.value - measured.low, noise.high - noise.value),
    high: value + Math.hypot(measured.high - measured.value, noise.value - noise.low),
  }
}

const total = (pairs: readonly StatusPair[]): number => pairs.reduce((sum, { count }) => sum + count, 0)

const mostFrequent = (pairs: readonly StatusPair[]): StatusPair =>
  pairs.reduce((most, pair) => (pair.count > most.count ? pair : most))

const pairPath = ({ production, shadow }: StatusPair): string => `${production}>${shadow ?? 'failed'}`

const share = (hits: number, samples: number): string =>
  `${hits} of ${samples} requests (${percentText(hits / samples)})`

export const percentText = (value: number): string =>
  `${(100 * value).toFixed(value < 0.1 ? 1 : 0).replace(/\.0$/, '')} %`

const reason = (
  { endpoint, compared }: EndpointTally,
  rule: Reason['rule'],
  kind: Reason['kind'],
  path: string,
  measured: Estimate,
  threshold: number,
  noise: Estimate,
  sentence: readonly string[],
): Reason => ({
  rule,
  effect: 'fail',
  sentence: sentence.join(' '),
  endpoint,
  kind,
  path,
  samples: compared,
  measured,
  threshold,
  noise,
})
