import {
  type CloudWatchClient,
  type MetricDataQuery,
  paginateGetMetricData,
} from '@aws-sdk/client-cloudwatch'
import type { Flow } from '../experiments/headroom.ts'

/** The finest that basic monitoring has. */
export const PERIOD_SECONDS = 300
const PERIOD_MS = PERIOD_SECONDS * 1000
const BACK_MS = 14 * 86_400_000

export type Series = { sums: number[]; from: number }

/** Five-minute sums of the last 14 days, by the queries’ ids. Five minutes that are not over are left out. */
export const readSums = async (
  cloudwatch: CloudWatchClient,
  queries: MetricDataQuery[],
  now: Date,
): Promise<Map<string, Series>> => {
  const end = Math.floor(now.getTime() / PERIOD_MS) * PERIOD_MS
  const series = new Map<string, Series>()
  const pages = paginateGetMetricData(
    { client: cloudwatch },
    { StartTime: new Date(end - BACK_MS), EndTime: new Date(end), MetricDataQueries: queries },
  )
  for await (const { MetricDataResults = [] } of pages)
    for (const { Id = '', Values = [], Timestamps = [] } of MetricDataResults) {
      if (Values.length === 0) continue
      const known = series.get(Id) ?? { sums: [], from: end }
      known.sums.push(...Values)
      known.from = Timestamps.reduce((first, time) => Math.min(first, time.getTime()), known.from)
      series.set(Id, known)
    }
  return series
}

/** Per second: on average where there is data, and in the busiest five minutes. */
export const flowOf = (sums: readonly number[]): Flow => ({
  average: sums.reduce((all, sum) => all + sum, 0) / (sums.length * PERIOD_SECONDS),
  peak: sums.reduce((most, sum) => Math.max(most, sum), 0) / PERIOD_SECONDS,
})
