import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import type { AbortRule } from '../../contract/abort.ts'
import { isGatewayRule } from '../../contract/watch.ts'
import type { Reading } from '../experiments/abort.ts'
import { type Asked, askedBy, distinct, ERRORS, keyOf, MIRRORED, REQUESTS, SKIPPED } from './metrics.ts'
import { type Point, readSeries } from './series.ts'

const PERIOD_SECONDS = 60

type Series = Readonly<{ asked: Asked; values: readonly number[] }>

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
const mean = (numbers: readonly number[]): number => sum(numbers) / numbers.length

const readingOf = (rule: AbortRule, series: readonly Series[]): Reading => {
  const seen = series.filter(({ values }) => values.length > 0)
  const totalOf = (...names: string[]): number =>
    sum(seen.filter(({ asked }) => names.includes(asked.name)).flatMap(({ values }) => values))
  const points = sum(seen.map(({ values }) => values.length))
  const share = (part: number, of: number, samples: number): Reading =>
    of > 0 ? { value: (100 * part) / of, samples } : null
  if (seen.length === 0) return null
  switch (rule.watch) {
    case 'skipped-mirroring':
      return share(totalOf(...SKIPPED), totalOf(...SKIPPED, ...MIRRORED), points)
    case 'production-errors':
      return share(totalOf(ERRORS), totalOf(REQUESTS), totalOf(REQUESTS))
    case 'production-cpu':
      return { value: Math.max(...seen.map(({ values }) => mean(values))), samples: points }
    case 'metric': {
      const values = seen.flatMap((one) => one.values)
      const over = {
        Average: mean,
        Sum: sum,
        Maximum: (all: number[]) => Math.max(...all),
        Minimum: (all: number[]) => Math.min(...all),
      }
      return { value: over[rule.statistic](values), samples: points }
    }
    default:
      return null
  }
}

export type ProductionLook = Readonly<{
  /** By the place of the rule; null where CloudWatch has nothing. */
  readings: ReadonlyMap<number, Reading>
  /** Metrics that were asked for: each is paid. */
  metrics: number
}>

/** Reads what the rules watch in CloudWatch, each over its own window until `now`. */
export const readProduction = async (
  cloudwatch: CloudWatchClient,
  rules: readonly AbortRule[],
  instances: readonly string[],
  now: Date,
): Promise<ProductionLook> => {
  const readings = new Map<number, Reading>()
  const asked = distinct(rules, instances)
  if (asked.size === 0) return { readings, metrics: 0 }
  const longest = Math.max(...rules.map(({ overSeconds }) => overSeconds))
  const start = new Date(now.getTime() - longest * 1000)
  const answers = await readSeries(cloudwatch, [...asked.values()], {
    start,
    end: now,
    periodSeconds: PERIOD_SECONDS,
  })
  const points = new Map([...asked.keys()].map((key, index) => [key, answers[index] ?? []]))
  for (const [place, rule] of rules.entries()) {
    if (isGatewayRule(rule)) continue
    const since = now.getTime() - rule.overSeconds * 1000
    const series = askedBy(rule, instances).map((one) => ({
      asked: one,
      values: valuesSince(points.get(keyOf(one)) ?? [], since),
    }))
    readings.set(place, readingOf(rule, series))
  }
  return { readings, metrics: asked.size }
}

const valuesSince = (points: readonly Point[], since: number): number[] =>
  points.flatMap(({ at, value }) => (at >= since ? [value] : []))
