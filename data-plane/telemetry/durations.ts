/**
 * Upper bounds in seconds of a duration histogram. Fixed, so that histograms of several workers and tasks add up.
 */
export const DURATION_BOUNDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const

/** Counts per bound, the last one for everything above; and the sum, for averages. */
export type DurationCounts = { counts: number[]; sumSeconds: number }

export const zeroDurations = (): DurationCounts => ({
  counts: new Array(DURATION_BOUNDS.length + 1).fill(0),
  sumSeconds: 0,
})

export const countDuration = (durations: DurationCounts, seconds: number): void => {
  let bucket = 0
  while (bucket < DURATION_BOUNDS.length && seconds > (DURATION_BOUNDS[bucket] as number)) bucket++
  durations.counts[bucket] = (durations.counts[bucket] ?? 0) + 1
  durations.sumSeconds += seconds
}

export const addDurations = (a: DurationCounts, b: DurationCounts): DurationCounts => ({
  counts: a.counts.map((count, bucket) => count + (b.counts[bucket] ?? 0)),
  sumSeconds: a.sumSeconds + b.sumSeconds,
})
