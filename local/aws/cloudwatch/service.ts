import { AwsError } from '../aws-error.ts'
import type { Clock } from '../clock.ts'
import { boolean, integer, list, oneOf, required, string, structure, timestamp } from '../protocol/shape.ts'
import { action, type Service } from '../service.ts'
import { dimensionsFrom, dimensionsMember, dimensionsShown } from './dimensions.ts'
import { getMetricData } from './get-metric-data.ts'
import type { Metrics } from './metrics.ts'
import { checkPeriod } from './period.ts'
import { putMetricData } from './put.ts'
import { isStatistic, over, statisticOf } from './statistics.ts'

const LISTED_METRICS = 500
/** Limit of GetMetricStatistics. */
const MOST_DATAPOINTS = 1440

/** Amazon CloudWatch metrics, in both of its protocols. */
export function cloudWatchService(metrics: Metrics, clock: Clock): Service {
  return {
    scope: 'monitoring',
    sdkName: 'cloudwatch',
    query: {
      namespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
      version: '2010-08-01',
      dialect: 'aws',
    },
    json: { prefix: 'GraniteServiceVersion20100801', version: '1.0', queryCompatible: true },
    actions: {
      PutMetricData: putMetricData(metrics, clock),
      GetMetricData: getMetricData(metrics),

      GetMetricStatistics: action(
        {
          Namespace: required(string),
          MetricName: required(string),
          Dimensions: dimensionsMember,
          StartTime: required(timestamp),
          EndTime: required(timestamp),
          Period: required(integer),
          Statistics: list(string),
          Unit: string,
        },
        (input) => {
          const { StartTime: start, EndTime: end, Period: period } = input
          checkPeriod(period, start, end)
          const wanted = input.Statistics ?? []
          const unknown = wanted.find((name) => !isStatistic(name))
          if (wanted.length === 0 || unknown !== undefined) {
            throw new AwsError(
              'InvalidParameterValue',
              `The statistic ${unknown ?? '(none)'} is not one of ours.`,
            )
          }
          if ((end - start) / (period * 1000) > MOST_DATAPOINTS) {
            throw new AwsError(
              'InvalidParameterCombination',
              `You have requested more than ${MOST_DATAPOINTS} datapoints, which exceeds the limit.`,
            )
          }
          const metric = metrics.get(
            input.Namespace,
            input.MetricName,
            dimensionsFrom(input.Dimensions, 'Dimensions'),
          )
          const sameUnit = metric && (input.Unit ?? metric.unit) === metric.unit ? metric : undefined
          return {
            Label: input.MetricName,
            Datapoints: over(sameUnit, start, end, period * 1000).map((bucket) => ({
              Timestamp: new Date(bucket.at),
              ...Object.fromEntries(
                wanted.filter(isStatistic).map((name) => [name, statisticOf(bucket, name)]),
              ),
              Unit: sameUnit?.unit,
            })),
          }
        },
        { readOnly: true },
      ),

      ListMetrics: action(
        {
          Namespace: string,
          MetricName: string,
          Dimensions: list(structure({ Name: required(string), Value: string })),
          NextToken: string,
          RecentlyActive: oneOf('PT3H'),
          IncludeLinkedAccounts: boolean,
        },
        (input) => {
          const after = Number(input.NextToken ?? 0)
          if (!Number.isInteger(after) || after < 0) {
            throw new AwsError('InvalidParameterValue', 'Invalid nextToken')
          }
          const rows = metrics
            .list()
            .filter(
              (metric) =>
                (input.Namespace ?? metric.namespace) === metric.namespace &&
                (input.MetricName ?? metric.name) === metric.name &&
                (input.RecentlyActive === undefined ||
                  (metric.buckets.at(-1)?.at ?? 0) > clock.now() - 3 * 3_600_000) &&
                (input.Dimensions ?? []).every((filter) =>
                  metric.dimensions.some(
                    ({ name, value }) => name === filter.Name && (filter.Value ?? value) === value,
                  ),
                ),
            )
          const shown = rows.slice(after, after + LISTED_METRICS)
          const next = after + shown.length
          return {
            Metrics: shown.map(({ namespace, name, dimensions }) => ({
              Namespace: namespace,
              MetricName: name,
              Dimensions: dimensionsShown(dimensions),
            })),
            NextToken: next < rows.length ? String(next) : undefined,
          }
        },
        { readOnly: true },
      ),
    },
    refuse({ problem, message }) {
      return new AwsError(problem === 'missing' ? 'MissingParameter' : 'InvalidParameterValue', message)
    },
  }
}
