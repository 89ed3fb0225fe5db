import type { AbortRule, Health } from '../../contract/abort.ts'
import { quantile, type Sketch, sketchCount, subtractSketch } from '../../contract/sketch.ts'
import type { RequestCounts } from '../../contract/traffic.ts'
import { isGatewayRule, ruleWords, WATCHES } from '../../contract/watch.ts'

/** What the gateways had counted since the experiment began, at one look. Totals only grow. */
export type Sample = Readonly<{
  at: string
  received: number
  /** Incomplete or dropped. */
  lost: number
  forwarded: number
  /** Answered with 5xx, or not at all. */
  failed: number
  latency: Sketch
  lag: Sketch
}>

/** What CloudWatch said about a rule’s window: null while it says nothing. */
export type Reading = Readonly<{ value: number; samples: number }> | null

export const sampleOf = (
  at: string,
  { received, incomplete, dropped, forwarded, shadow }: RequestCounts,
  sketches: Readonly<{ latency: Sketch; lag: Sketch }>,
): Sample => ({
  at,
  received,
  lost: incomplete + dropped,
  forwarded,
  failed:
    (shadow.answered_5xx ?? 0) +
    (shadow.failed_connect ?? 0) +
    (shadow.failed_timeout ?? 0) +
    (shadow.failed_reset ?? 0) +
    (shadow.failed_other ?? 0),
  ...sketches,
})

/** A window may be a tenth longer than the rule says: older samples are kept farther apart. */
const TOLERANCE = 0.1

/** Adds a sample and forgets those that no rule needs any more, so that a long watch stays small. */
export const keepSamples = (
  samples: readonly Sample[],
  newest: Sample,
  rules: readonly AbortRule[],
): Sample[] => {
  const windows = rules.filter(isGatewayRule).map(({ overSeconds }) => overSeconds * 1000)
  if (windows.length === 0) return []
  const ageOf = ({ at }: Sample): number => Date.parse(newest.at) - Date.parse(at)
  const kept = [newest]
  let younger = newest
  for (const [index, sample] of [...samples].reverse().entries()) {
    const older = samples[samples.length - 2 - index]
    const needed = older === undefined || ageOf(older) - ageOf(younger) > TOLERANCE * ageOf(older)
    if (!needed) continue
    kept.push(sample)
    younger = sample
    if (ageOf(sample) >= Math.max(...windows)) break
  }
  return kept.reverse()
}

/**
 * Judges every rule. A window counts only when the samples cover it whole; what is not known is said to be unknown and
 * neither ends the experiment nor speaks for it.
 *
 * @param samples oldest first
 * @param readings what CloudWatch says, by the place of the rule
 */
export const judge = (
  rules: readonly AbortRule[],
  samples: readonly Sample[],
  readings: ReadonlyMap<number, Reading>,
): Health[] =>
  rules.map((rule, place) => {
    const read = isGatewayRule(rule) ? overWindow(rule, samples) : (readings.get(place) ?? null)
    const enough = read !== null && (!('samples' in rule) || read.samples >= rule.samples)
    if (!enough) return { rule, state: 'unknown', value: null, samples: read?.samples ?? 0 }
    return { rule, state: read.value > rule.above ? 'broken' : 'fine', ...read }
  })

const overWindow = (rule: Extract<AbortRule, { samples: number }>, samples: readonly Sample[]): Reading => {
  const newest = samples.at(-1)
  if (newest === undefined) return null
  const begin = Date.parse(newest.at) - rule.overSeconds * 1000
  const oldest = samples.findLast(({ at }) => Date.parse(at) <= begin)
  if (oldest === undefined) return null
  switch (rule.watch) {
    case 'shadow-errors':
      return share(newest.failed - oldest.failed, newest.forwarded - oldest.forwarded)
    case 'gateway-losses':
      return share(newest.lost - oldest.lost, newest.received - oldest.received)
    case 'shadow-p99':
      return p99(subtractSketch(newest.latency, oldest.latency))
    case 'gateway-lag-p99':
      return p99(subtractSketch(newest.lag, oldest.lag))
    default:
      return null
  }
}

const share = (part: number, of: number): Reading =>
  of > 0 ? { value: (100 * part) / of, samples: of } : null

const p99 = (sketch: Sketch): Reading => {
  const seconds = quantile(sketch, 0.99)
  return seconds === null ? null : { value: seconds * 1000, samples: sketchCount(sketch) }
}

/** Why the experiment must end now, with the numbers; null while no rule is broken. */
export const harmOf = (health: readonly Health[]): string | null => {
  const broken = health.find(({ state }) => state === 'broken')
  if (broken === undefined || broken.value === null) return null
  const { rule, value, samples } = broken
  const unit = WATCHES[rule.watch]
  const from = 'samples' in rule ? `, ${samples} requests` : ''
  return `${ruleWords(rule)}: it was ${round(value)}${unit === '' ? '' : ` ${unit}`}${from}.`
}

const round = (value: number): string =>
  value.toLocaleString('en-US', { maximumSignificantDigits: 3, useGrouping: false })
