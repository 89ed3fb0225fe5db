import type { Clock } from '../clock.ts'

export type Dimension = { name: string; value: string }

export type MetricPoint = {
  namespace: string
  name: string
  dimensions: readonly Dimension[]
  unit?: string | undefined
  /** Milliseconds since 1970; default now. */
  at?: number | undefined
  count: number
  sum: number
  minimum: number
  maximum: number
  highResolution?: boolean | undefined
}

export type Bucket = { at: number; count: number; sum: number; minimum: number; maximum: number }

export type Metric = {
  namespace: string
  name: string
  dimensions: readonly Dimension[]
  unit: string
  /** Ascending in time; of a second or a minute each. */
  buckets: Bucket[]
}

const MINUTE = 60_000
/** CloudWatch keeps high-resolution points 3 hours and minutes 15 days; this keeps as many points of either kind. */
const KEPT_BUCKETS = 15 * 24 * 60

/** CloudWatch's data points, aggregated as they come in: a statistic over any period follows from them. */
export class Metrics {
  readonly #metrics = new Map<string, Metric>()
  readonly #clock: Clock
  readonly #changed: () => void

  constructor(clock: Clock, changed: () => void = () => {}) {
    this.#clock = clock
    this.#changed = changed
  }

  put(point: MetricPoint): void {
    const dimensions = sorted(point.dimensions)
    const key = metricKey(point.namespace, point.name, dimensions)
    let metric = this.#metrics.get(key)
    if (!metric) {
      const { namespace, name } = point
      metric = { namespace, name, dimensions, unit: point.unit ?? 'None', buckets: [] }
      this.#metrics.set(key, metric)
    }
    const resolution = point.highResolution ? 1000 : MINUTE
    const at = Math.floor((point.at ?? this.#clock.now()) / resolution) * resolution
    add(metric.buckets, {
      at,
      count: point.count,
      sum: point.sum,
      minimum: point.minimum,
      maximum: point.maximum,
    })
    if (metric.buckets.length > KEPT_BUCKETS) metric.buckets.shift()
    this.#changed()
  }

  get(namespace: string, name: string, dimensions: readonly Dimension[]): Metric | undefined {
    return this.#metrics.get(metricKey(namespace, name, sorted(dimensions)))
  }

  list(): Metric[] {
    return [...this.#metrics.values()]
  }

  snapshot(): unknown {
    return this.list()
  }

  load(snapshot: unknown): void {
    if (!Array.isArray(snapshot)) throw new Error('The saved metrics are not a list')
    for (const metric of snapshot as Metric[]) {
      this.#metrics.set(metricKey(metric.namespace, metric.name, metric.dimensions), metric)
    }
  }
}

/** Points come nearly in order of time: look from the end. */
function add(buckets: Bucket[], point: Bucket): void {
  let index = buckets.length
  while (index > 0 && (buckets[index - 1]?.at ?? 0) > point.at) index -= 1
  const same = buckets[index - 1]
  if (same?.at !== point.at) {
    buckets.splice(index, 0, point)
    return
  }
  same.count += point.count
  same.sum += point.sum
  same.minimum = Math.min(same.minimum, point.minimum)
  same.maximum = Math.max(same.maximum, point.maximum)
}

const sorted = (dimensions: readonly Dimension[]): Dimension[] =>
  dimensions.map(({ name, value }) => ({ name, value })).sort((a, b) => (a.name < b.name ? -1 : 1))

const metricKey = (namespace: string, name: string, dimensions: readonly Dimension[]): string =>
  JSON.stringify([namespace, name, dimensions])
