import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'

const DAY_MS = 86_400_000
/** CloudWatch keeps minutes for 15 days, five minutes for 63, hours for 455. */
const periodFor = (ageMs: number): number => (ageMs < 14 * DAY_MS ? 60 : ageMs < 62 * DAY_MS ? 300 : 3600)

/** Bytes that the load balancer’s UDP listeners processed in that time; null when CloudWatch has none of it. */
export const processedBytes = async (
  cloudwatch: CloudWatchClient,
  loadBalancerArn: string,
  { from, until, now }: { from: Date; until: Date; now: Date },
): Promise<number | null> => {
  const period = periodFor(now.getTime() - from.getTime())
  const whole = (at: Date, round: (n: number) => number) =>
    new Date(round(at.getTime() / 1000 / period) * period * 1000)
  const values: number[] = []
  let token: string | undefined
  do {
    const { MetricDataResults = [], NextToken } = await cloudwatch.send(
      new GetMetricDataCommand({
        StartTime: whole(from, Math.floor),
        EndTime: whole(until, Math.ceil),
        MetricDataQueries: [
          {
            Id: 'processed',
            MetricStat: {
              Metric: {
                Namespace: 'AWS/NetworkELB',
                MetricName: 'ProcessedBytes_UDP',
                Dimensions: [{ Name: 'LoadBalancer', Value: loadBalancerArn.split('loadbalancer/')[1] }],
              },
              Period: period,
              Stat: 'Sum',
            },
          },
        ],
        ...(token !== undefined && { NextToken: token }),
      }),
    )
    values.push(...MetricDataResults.flatMap(({ Values = [] }) => Values))
    token = NextToken
  } while (token !== undefined)
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0)
}
