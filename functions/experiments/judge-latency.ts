import type { EndpointTally } from '../../contract/comparison.ts'
import { sketchCount } from '../../contract/sketch.ts'
import type { Thresholds } from '../../contract/thresholds.ts'
import type { Estimate, Reason } from '../../contract/verdict.ts'
import { lookingFactor, median, quantileEstimate, signedQuantileEstimate } from './statistics.ts'

/**
 * Production and shadow are reached on different ways and measured at different places, so that every endpoint’s
 * difference holds one that has nothing to do with the release. It is the same for all endpoints: what they have in common
 * is the way’s, and how much they scatter about it is the error of the measurement. Only what an endpoint has beyond both
 * is its own. When all are slower alike, that is said, but it decides nothing.
 */
type Question = { thresholds: Thresholds; alpha: number }

type Measured = { endpoint: EndpointTally; delta: Estimate; productionMs: number; samples: number }

const QUANTILES = [
  { q: 0.5, name: 'the median' },
  { q: 0.99, name: 'the 99th percentile' },
] as const

/** Fewer other endpoints do not tell what the way costs. */
const OTHERS_MIN = 2

export const judgeLatency = (endpoints: readonly EndpointTally[], question: Question): Reason[] => {
  const reasons: Reason[] = []
  const slow = new Set<EndpointTally>()
  for (const { q, name } of QUANTILES) {
    const all = endpoints.flatMap((endpoint) => measure(endpoint, q, question.alpha))
    for (const one of all) {
      const others = all.filter((other) => other !== one)
      if (others.length < OTHERS_MIN || slow.has(one.endpoint)) continue
      const found = judge(one, others, name, question.thresholds)
      if (!found) continue
      slow.add(one.endpoint)
      reasons.push(found)
    }
    if (q === 0.5) reasons.push(...slowerEverywhere(all, question.thresholds))
  }
  return reasons
}

const judge = (
  { endpoint, delta, productionMs, samples }: Measured,
  others: readonly Measured[],
  name: string,
  thresholds: Thresholds,
): Reason | null => {
  const values = others.map((other) => other.delta.value)
  const way = median(values)
  const error = median(values.map((value) => Math.abs(value - way)))
  const threshold = Math.max(thresholds.slowerMs, (thresholds.slowerPercent / 100) * productionMs)
  const own = { value: delta.value - way, low: delta.low - way - error, high: delta.high - way + error }
  if (own.low <= threshold) return null
  return {
    rule: 'latency',
    effect: 'fail',
    sentence:
      `${endpoint.endpoint} is ${ms(own.value)} slower at ${name}, where production takes ${ms(productionMs)}: ` +
      `${samples} requests, measured to ${ms(error)}.`,
    endpoint: endpoint.endpoint,
    kind: null,
    path: null,
    samples,
    measured: own,
    threshold,
    noise: { value: way, low: way - error, high: way + error },
  }
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
const measure = (endpoint: EndpointTally, q: number, alpha: number): Measured[] => {
  const samples = sketchCount(endpoint.production)
  if (samples === 0) return []
  const z = lookingFactor(samples, alpha)
  const production = quantileEstimate(endpoint.production, q, z)
  const shadow = quantileEstimate(endpoint.shadow, q, z)
  if (!production || !shadow) return []
  const delta =
    q === 0.5
      ? signedQuantileEstimate(endpoint.slower, endpoint.faster, q, z)
      : {
          value: shadow.value - production.value,
          low: shadow.low - production.high,
          high: shadow.high - production.low,
        }
  return delta ? [{ endpoint, delta, productionMs: production.value, samples }] : []
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
