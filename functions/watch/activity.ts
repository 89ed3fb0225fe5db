import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'

/** Two periods of basic monitoring, and the time until the last is there. */
const BACK_MS = 900_000
const PERIOD_SECONDS = 300
/** Less than this in five minutes is no traffic to speak of. */
const BUSY_BYTES = 1_000_000
/** What is asked of CloudWatch at once: each metric is paid. */
export const ASKED_MAX = 20

/** Of some instances, those that have received more than a little in the last minutes, on any interface and port. */
export const busyInstances = async (
  cloudwatch: CloudWatchClient,
  instances: readonly string[],
  now: Date,
): Promise<Set<string>> => {
  const asked = instances.slice(0, ASKED_MAX)
  if (asked.length === 0) return new Set()
  const { MetricDataResults = [] } = await cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(now.getTime() - BACK_MS),
      EndTime: now,
      MetricDataQueries: asked.map((instance, index) => ({
        Id: `q${index}`,
        MetricStat: {
          Metric: {
            Namespace: 'AWS/EC2',
            MetricName: 'NetworkIn',
            Dimensions: [{ Name: 'InstanceId', Value: instance }],
          },
          Period: PERIOD_SECONDS,
          Stat: 'Sum',
        },
      })),
    }),
  )
  return new Set(
    MetricDataResults.flatMap(({ Id = '', Values = [] }) =>
      Math.max(0, ...Values) >= BUSY_BYTES ? [asked[Number(Id.slice(1))] ?? ''] : [],
    ),
  )
}
