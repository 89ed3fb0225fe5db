import { AwsError } from '../aws-error.ts'
import { boolean, integer, list, oneOf, required, string, structure, timestamp } from '../protocol/shape.ts'
import { type Action, action } from '../service.ts'
import { dimensionsFrom, dimensionsMember } from './dimensions.ts'
import type { Bucket, Metrics } from './metrics.ts'
import { checkPeriod } from './period.ts'
import { isStatistic, over, type Statistic, statisticOf } from './statistics.ts'

/** Limits of GetMetricData. */
const MOST_QUERIES = 500
const MOST_DATAPOINTS = 100_800

const metricStat = structure({
  Metric: required(
    structure({ Namespace: required(string), MetricName: required(string), Dimensions: dimensionsMember }),
  ),
  Period: required(integer),
  Stat: required(string),
  Unit: string,
})

/** Metrics by name; expressions (SEARCH, arithmetic) are refused. */
export function getMetricData(metrics: Metrics): Action {
  return action(
    {
      MetricDataQueries: required(
        list(
          structure({
            Id: required(string),
            MetricStat: metricStat,
            Expression: string,
            Label: string,
            ReturnData: boolean,
            Period: integer,
          }),
        ),
      ),
      StartTime: required(timestamp),
      EndTime: required(timestamp),
      ScanBy: oneOf('TimestampDescending', 'TimestampAscending'),
      MaxDatapoints: integer,
      NextToken: string,
      LabelOptions: structure({ Timezone: string }),
    },
    (input) => {
      const { MetricDataQueries: queries, StartTime: start, EndTime: end } = input
      if (queries.length > MOST_QUERIES)
        throw invalid(`At most ${MOST_QUERIES} MetricDataQueries can be given.`)
      const most = input.MaxDatapoints ?? MOST_DATAPOINTS
      if (most < 1 || most > MOST_DATAPOINTS) throw invalid(`MaxDatapoints must be 1 to ${MOST_DATAPOINTS}.`)
      const ids = new Set<string>()
      const series = queries.map((query) => {
        if (!/^[a-z][a-zA-Z0-9_]*$/.test(query.Id) || ids.has(query.Id)) {
          throw invalid(
            `The Id '${query.Id}' must be unique, begin with a small letter and have letters, digits and _.`,
          )
        }
        ids.add(query.Id)
        if (query.Expression !== undefined || !query.MetricStat) {
          throw invalid(
            `The local AWS endpoints know no expressions; the query '${query.Id}' needs a MetricStat.`,
          )
        }
        const { Metric: named, Period: period, Stat: stat, Unit: unit } = query.MetricStat
        checkPeriod(period, start, end)
        if (!isStatistic(stat))
          throw invalid(`The statistic '${stat}' is not kept by the local AWS endpoints.`)
        const metric = metrics.get(
          named.Namespace,
          named.MetricName,
          dimensionsFrom(named.Dimensions, 'Metric'),
        )
        const buckets = over(
          metric && (unit ?? metric.unit) === metric.unit ? metric : undefined,
          start,
          end,
          period * 1000,
        )
        if (input.ScanBy !== 'TimestampAscending') buckets.reverse()
        return { query, stat, label: query.Label ?? named.MetricName, buckets }
      })
      return paged(
        series.filter(({ query }) => query.ReturnData !== false),
        offsetOf(input.NextToken),
        most,
      )
    },
    { readOnly: true },
  )
}

type Series = { query: { Id: string }; stat: Statistic; label: string; buckets: Bucket[] }

/** Data points of all series count together, in the order of the queries. */
function paged(series: readonly Series[], offset: number, most: number): unknown {
  let position = 0
  let left = most
  let more = false
  const results = series.map(({ query, stat, label, buckets }) => {
    const from = Math.min(buckets.length, Math.max(0, offset - position))
    const shown = buckets.slice(from, from + left)
    position += buckets.length
    left -= shown.length
    const complete = from + shown.length === buckets.length
    if (!complete) more = true
    return {
      Id: query.Id,
      Label: label,
      Timestamps: shown.map((bucket) => new Date(bucket.at)),
      Values: shown.map((bucket) => statisticOf(bucket, stat)),
      StatusCode: complete ? 'Complete' : 'PartialData',
    }
  })
  return { MetricDataResults: results, Messages: [], NextToken: more ? `at-${offset + most}` : undefined }
}

function offsetOf(token: string | undefined): number {
  if (token === undefined) return 0
  if (!/^at-\d{1,12}$/.test(token)) throw new AwsError('InvalidNextToken', 'The next token is invalid.')
  return Number(token.slice('at-'.length))
}

const invalid = (message: string): AwsError => new AwsError('ValidationError', message)
