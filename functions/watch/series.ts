import { type CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { type Asked, QUERIES_MAX } from './metrics.ts'

export type Point = Readonly<{ at: number; value: number }>
type Range = Readonly<{ start: Date; end: Date; periodSeconds: number }>

/** Of each metric a value per period; a point’s time is the beginning of its period. */
export const readSeries = async (
  cloudwatch: CloudWatchClient,
  asked: readonly Asked[],
  { start, end, periodSeconds }: Range,
): Promise<Point[][]> => {
  const series: Point[][] = asked.map(() => [])
  for (let from = 0; from < asked.length; from += QUERIES_MAX) {
    const queries = asked
      .slice(from, from + QUERIES_MAX)
      .map((one, index) => toQuery(one, `q${from + index}`, periodSeconds))
    let NextToken: string | undefined
    do {
      const answer = await cloudwatch.send(
        new GetMetricDataCommand({
          MetricDataQueries: queries,
          StartTime: start,
          EndTime: end,
          ...(NextToken && { NextToken }),
        }),
      )
      for (const { Id = '', Timestamps = [], Values = [] } of answer.MetricDataResults ?? [])
        for (const [index, at] of Timestamps.entries())
          series[Number(Id.slice(1))]?.push({ at: at.getTime(), value: Values[index] ?? 0 })
      NextToken = answer.NextToken
    } while (NextToken)
  }
  return series
}

const toQuery = (
  { namespace, name, dimensions, statistic }: Asked,
  Id: string,
  Period: number,
): MetricDataQuery => ({
  Id,
  MetricStat: {
    Metric: {
      Namespace: namespace,
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    Period,
    Stat: statistic,
  },
})
