import { type CloudWatchClient, paginateGetMetricData } from '@aws-sdk/client-cloudwatch'
import type { Asked } from './metrics.ts'

const DAY_MS = 86_400_000
/** CloudWatch keeps minutes for 15 days, five minutes for 63, hours for 455. */
const periodFor = (ageMs: number): number => (ageMs < 14 * DAY_MS ? 60 : ageMs < 62 * DAY_MS ? 300 : 3600)

export type Span = Readonly<{ from: Date; until: Date; now: Date }>

/**
 * What each metric came to in that time, in their order; null where CloudWatch has none of it. Whole periods: a little
 * more than the time itself. @throws the SDK’s errors
 */
export const readTotals = async (
  cloudwatch: CloudWatchClient,
  metrics: readonly Omit<Asked, 'statistic'>[],
  { from, until, now }: Span,
): Promise<(number | null)[]> => {
  const period = periodFor(now.getTime() - from.getTime())
  const whole = (at: Date, round: (n: number) => number) =>
    new Date(round(at.getTime() / 1000 / period) * period * 1000)
  const totals: (number | null)[] = metrics.map(() => null)
  const pages = paginateGetMetricData(
    { client: cloudwatch },
    {
      StartTime: whole(from, Math.floor),
      EndTime: whole(until, Math.ceil),
      MetricDataQueries: metrics.map(({ namespace, name, dimensions }, n) => ({
        Id: `m${n}`,
        MetricStat: {
          Metric: {
            Namespace: namespace,
            MetricName: name,
            Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
          },
          Period: period,
          Stat: 'Sum',
        },
      })),
    },
  )
  for await (const { MetricDataResults = [] } of pages)
    for (const { Id = '', Values = [] } of MetricDataResults)
      for (const value of Values) {
        const n = Number(Id.slice(1))
        totals[n] = (totals[n] ?? 0) + value
      }
  return totals
}
