import { quantile, type Sketch, sketchCount } from '../../contract/sketch.ts'
import type { Estimate } from '../../contract/verdict.ts'

/**
 * Where the confidence sequence is narrowest, a few hundred requests decide most questions.
 */
const TUNED_FOR = 100

/**
 * How many standard errors wide an interval must be to hold the truth with probability 1 − alpha at every number of samples at
 * once, so that one may look as often as one likes and stop when one likes: the normal-mixture confidence sequence
 * (Robbins 1970; Waudby-Smith and others 2024, Time-uniform central limit theory and asymptotic confidence sequences).
 */
export const lookingFactor = (samples: number, alpha: number): number => {
  const scaled = samples / TUNED_FOR
  return Math.sqrt(((scaled + 1) / scaled) * Math.log((scaled + 1) / alpha ** 2))
}

/**
 * How large an effect is looked for, in standard deviations of one sample, squared: wide, since what is doubled is doubled in
 * each period, and a few periods should tell.
 */
const EFFECT = 16

/**
 * How many standard errors wide the interval of a mean must be that is right at every number of samples at once, the standard
 * deviation being estimated from the same few samples; Infinity while they are too few for any. It holds what the Bayes
 * factor of the t statistic (Gönen and others 2005, The Bayesian two-sample t test) keeps below 1 / alpha: that factor is a
 * test martingale (Pérez-Ortiz and others 2024, E-statistics, group invariance and anytime-valid testing).
 */
export const meanFactor = (samples: number, alpha: number): number => {
  const spread = 1 + EFFECT * samples
  const bound = (Math.sqrt(spread) / alpha) ** (2 / samples)
  if (samples < 2 || bound >= spread) return Number.POSITIVE_INFINITY
  return Math.sqrt(((samples - 1) * spread * (bound - 1)) / (spread - bound))
}

/** Wilson's score interval of a share (Wilson 1927), `z` standard errors wide. */
export const wilson = (hits: number, samples: number, z: number): Estimate => {
  if (samples === 0) return { value: 0, low: 0, high: 1 }
  const value = hits / samples
  const z2 = z * z
  const centre = (value + z2 / (2 * samples)) / (1 + z2 / samples)
  const half =
    (z / (1 + z2 / samples)) * Math.sqrt((value * (1 - value)) / samples + z2 / (4 * samples * samples))
  return {
    value,
    low: hits === 0 ? 0 : Math.max(0, centre - half),
    high: hits === samples ? 1 : Math.min(1, centre + half),
  }
}

/**
 * A quantile of a sketch in milliseconds with the order statistics that hold it (David and Nagaraja, Order Statistics,
 * 7.1); null where the samples do not reach so far.
 */
export const quantileEstimate = (sketch: Sketch, q: number, z: number): Estimate | null => {
  const samples = sketchCount(sketch)
  const reach = z * Math.sqrt((q * (1 - q)) / samples)
  if (samples === 0 || q + reach > 1 || q - reach < 0) return null
  return {
    value: 1000 * (quantile(sketch, q) ?? 0),
    low: 1000 * (quantile(sketch, q - reach) ?? 0),
    high: 1000 * (quantile(sketch, q + reach) ?? 0),
  }
}

/** The same of differences that go both ways: a sketch of those above zero and one of those below. */
export const signedQuantileEstimate = (
  above: Sketch,
  below: Sketch,
  q: number,
  z: number,
): Estimate | null => {
  const [over, under] = [sketchCount(above), sketchCount(below)]
  const samples = over + under
  const reach = z * Math.sqrt((q * (1 - q)) / samples)
  if (samples === 0 || q + reach > 1 || q - reach < 0) return null
  const at = (share: number): number => {
    const rank = Math.max(1, Math.ceil(share * samples))
    // The longest below zero is the smallest of all.
    return rank <= under
      ? -1000 * (quantile(below, (under - rank + 1) / under) ?? 0)
      : 1000 * (quantile(above, (rank - under) / over) ?? 0)
  }
  return { value: at(q), low: at(q - reach), high: at(q + reach) }
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}
