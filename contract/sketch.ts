/**
 * Durations by logarithm (the mapping of DDSketch): every bucket is 2 % wide, so that a quantile is off by 1 % at most,
 * and two sketches merge by adding bucket to bucket, in any order.
 */
const GAMMA = 1.01 / 0.99
const LOG_GAMMA = Math.log(GAMMA)

/** Shorter ones count as this long, longer ones as that long. */
export const SHORTEST_SECONDS = 1e-6
export const LONGEST_SECONDS = 3_600

/** The bucket of a duration. */
export const bucketOf = (seconds: number): number =>
  Math.ceil(Math.log(Math.min(Math.max(seconds, SHORTEST_SECONDS), LONGEST_SECONDS)) / LOG_GAMMA)

/** What a bucket stands for: within 1 % of everything in it. */
export const secondsOf = (bucket: number): number => (2 * GAMMA ** bucket) / (GAMMA + 1)

/** Bucket, count, bucket, count ...: ascending, without empty ones. */
export type Sketch = number[]

export const mergeSketches = (a: Sketch, b: Sketch): Sketch => {
  const counts = new Map<number, number>()
  for (const sketch of [a, b])
    for (let i = 0; i < sketch.length; i += 2) {
      const bucket = sketch[i] as number
      counts.set(bucket, (counts.get(bucket) ?? 0) + (sketch[i + 1] as number))
    }
  return [...counts].sort(([left], [right]) => left - right).flat()
}

export const sketchCount = (sketch: Sketch): number => {
  let count = 0
  for (let i = 1; i < sketch.length; i += 2) count += sketch[i] as number
  return count
}

/** The duration in seconds that a share `q` (0 to 1) is not above; null when there is none at all. */
export const quantile = (sketch: Sketch, q: number): number | null => {
  const count = sketchCount(sketch)
  if (count === 0) return null
  const rank = Math.max(1, Math.ceil(q * count))
  let below = 0
  for (let i = 0; i < sketch.length; i += 2) {
    below += sketch[i + 1] as number
    if (below >= rank) return secondsOf(sketch[i] as number)
  }
  return null
}

/** What has come since an earlier state of the same sketch. */
export const subtractSketch = (later: Sketch, earlier: Sketch): Sketch => {
  const before = new Map<number, number>()
  for (let i = 0; i < earlier.length; i += 2) before.set(earlier[i] as number, earlier[i + 1] as number)
  const since: Sketch = []
  for (let i = 0; i < later.length; i += 2) {
    const bucket = later[i] as number
    const count = (later[i + 1] as number) - (before.get(bucket) ?? 0)
    if (count > 0) since.push(bucket, count)
  }
  return since
}
