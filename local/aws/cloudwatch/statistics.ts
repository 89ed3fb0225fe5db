import type { Bucket, Metric } from './metrics.ts'

export const STATISTICS = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'] as const

export type Statistic = (typeof STATISTICS)[number]

/** Buckets of `period` milliseconds from `start` (rounded down to the period) up to but without `end`, ascending. */
export function over(metric: Metric | undefined, start: number, end: number, period: number): Bucket[] {
  const first = Math.floor(start / period) * period
  const result: Bucket[] = []
  for (const bucket of metric?.buckets ?? []) {
    if (bucket.at < first || bucket.at >= end) continue
    const at = Math.floor(bucket.at / period) * period
    const last = result.at(-1)
    if (last?.at !== at) {
      result.push({ ...bucket, at })
      continue
    }
    last.count += bucket.count
    last.sum += bucket.sum
    last.minimum = Math.min(last.minimum, bucket.minimum)
    last.maximum = Math.max(last.maximum, bucket.maximum)
  }
  return result
}

export function statisticOf(bucket: Bucket, statistic: Statistic): number {
  switch (statistic) {
    case 'SampleCount':
      return bucket.count
    case 'Average':
      return bucket.count === 0 ? 0 : bucket.sum / bucket.count
    case 'Sum':
      return bucket.sum
    case 'Minimum':
      return bucket.minimum
    case 'Maximum':
      return bucket.maximum
  }
}

export const isStatistic = (text: string): text is Statistic =>
  (STATISTICS as readonly string[]).includes(text)
