import type { Comparison, EndpointTally } from '../../contract/comparison.ts'
import { sketchCount } from '../../contract/sketch.ts'
import type { Thresholds } from '../../contract/thresholds.ts'
import type { Estimate, Reason } from '../../contract/verdict.ts'
import { measuredWay } from './measurement.ts'
import { lookingFactor, median, quantileEstimate, signedQuantileEstimate } from './statistics.ts'

/**
 * Shadow and control are reached on like ways, at the same moment, and measured at the same place: what an endpoint is slower
 * by than the control, beyond what the ways themselves may differ in, is the release’s.
 *
 * Production is measured elsewhere. What all endpoints have in common against it is the way’s, and how much they scatter about
 * it is the error; what one has beyond both is probably its own, and is said without deciding.
 */
type Question = { thresholds: Thresholds; alpha: number }

type Measured = { endpoint: EndpointTally; delta: Estimate; todayMs: number; samples: number }

const QUANTILES = [
  { q: 0.5, name: 'the median' },
  { q: 0.99, name: 'the 99th percentile' },
] as const

/** Fewer other endpoints do not tell what the way costs. */
const OTHERS_MIN = 2

export const judgeLatency = (
  endpoints: readonly EndpointTally[],
  measurement: Comparison['measurement'],
  question: Question,
): Reason[] => {
  const { errorMs } = measuredWay(measurement)
  const alike = errorMs === null ? [] : endpoints.filter((one) => isControlled(one, question))
  const others = endpoints.filter((endpoint) => !alike.includes(endpoint))
  return [...againstControl(alike, errorMs ?? 0, question), ...againstProduction(others, question)]
}

const isControlled = (endpoint: EndpointTally, { thresholds }: Question): boolean =>
  sketchCount(endpoint.control) >= thresholds.minimumSamples

const againstControl = (endpoints: readonly EndpointTally[], errorMs: number, question: Question): Reason[] =>
  endpoints.flatMap((endpoint) => {
    const found = QUANTILES.flatMap(({ q, name }) =>
      measure(endpoint, 'control', q, question.alpha).flatMap((measured) =>
        judge(measured, { value: 0, low: -errorMs, high: errorMs }, name, question.thresholds, 'fail'),
      ),
    )
    return found.slice(0, 1)
  })

const againstProduction = (endpoints: readonly EndpointTally[], question: Question): Reason[] => {
  const reasons: Reason[] = []
  const slow = new Set<EndpointTally>()
  for (const { q, name } of QUANTILES) {
    const all = endpoints.flatMap((endpoint) => measure(endpoint, 'production', q, question.alpha))
    for (const one of all) {
      const others = all.filter((other) => other !== one)
      if (others.length < OTHERS_MIN || slow.has(one.endpoint)) continue
      const [found] = judge(one, wayOf(others), name, question.thresholds, 'informs')
      if (!found) continue
      slow.add(one.endpoint)
      reasons.push(found)
    }
    if (q === 0.5) reasons.push(...slowerEverywhere(all, question.thresholds))
  }
  return reasons
}

/** What the others have in common, and how much they scatter about it. */
const wayOf = (others: readonly Measured[]): Estimate => {
  const values = others.map(({ delta }) => delta.value)
  const way = median(values)
  const error = median(values.map((value) => Math.abs(value - way)))
  return { value: way, low: way - error, high: way + error }
}

const judge = (
  { endpoint, delta, todayMs, samples }: Measured,
  way: Estimate,
  name: string,
  thresholds: Thresholds,
  effect: Reason['effect'],
): Reason[] => {
  const threshold = Math.max(thresholds.slowerMs, (thresholds.slowerPercent / 100) * todayMs)
  const own = { value: delta.value - way.value, low: delta.low - way.high, high: delta.high - way.low }
  if (own.low <= threshold) return []
  const error = (way.high - way.low) / 2
  return [
    {
      rule: 'latency',
      effect,
      sentence:
        `${endpoint.endpoint} is ${ms(own.value)} slower at ${name}, where ${effect === 'fail' ? 'the control' : 'production'} ` +
        `takes ${ms(todayMs)}: ${samples} requests, measured to ${ms(error)}.`,
      endpoint: endpoint.endpoint,
      kind: null,
      path: null,
      samples,
      measured: own,
      threshold,
      noise: way,
    },
  ]
}

/** Said, and not judged: the way to the shadow may be longer, or the shadow’s machines smaller. */
const slowerEverywhere = (all: readonly Measured[], { slowerMs }: Thresholds): Reason[] => {
  if (all.length === 0) return []
  const way = median(all.map(({ delta }) => delta.value))
  if (way <= slowerMs) return []
  return [
    {
      rule: 'slower-everywhere',
      effect: 'informs',
      sentence: `The shadow is about ${ms(way)} slower at all endpoints: this may be its surroundings and not the release.`,
      endpoint: null,
      kind: null,
      path: null,
      samples: all.reduce((sum, { samples }) => sum + samples, 0),
      measured: null,
      threshold: slowerMs,
      noise: null,
    },
  ]
}

/** By how much the shadow is slower at this quantile: of the paired differences at the median, else of both sides. */
const measure = (
  endpoint: EndpointTally,
  than: 'production' | 'control',
  q: number,
  alpha: number,
): Measured[] => {
  const samples = sketchCount(endpoint[than])
  if (samples === 0) return []
  const z = lookingFactor(samples, alpha)
  const today = quantileEstimate(endpoint[than], q, z)
  const shadow = quantileEstimate(endpoint.shadow, q, z)
  if (!today || !shadow) return []
  const [slower, faster] =
    than === 'production'
      ? [endpoint.slower, endpoint.faster]
      : [endpoint.slowerThanControl, endpoint.fasterThanControl]
  const delta =
    q === 0.5
      ? signedQuantileEstimate(slower, faster, q, z)
      : { value: shadow.value - today.value, low: shadow.low - today.high, high: shadow.high - today.low }
  return delta ? [{ endpoint, delta, todayMs: today.value, samples }] : []
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
