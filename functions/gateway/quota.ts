import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import {
  GetServiceQuotaCommand,
  type MetricInfo,
  type ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas'

/** How many vCPUs Fargate runs at once for the account in this Region. */
export type FargateQuota = Readonly<{
  vcpus: number
  /** Of these, in use by anybody; null where CloudWatch does not say. */
  used: number | null
  /** Why the account’s own quota is not known, and AWS’s default is taken for it; null when it was read. */
  unread: string | null
}>

/** “Fargate On-Demand vCPU resource count” and its default (Amazon ECS endpoints and quotas, AWS General Reference). */
export const FARGATE_QUOTA = { ServiceCode: 'fargate', QuotaCode: 'L-3032A538' }
const DEFAULT_VCPUS = 6

/** The metric has a point a minute; one that is older says little about now. */
const RECENT_MS = 15 * 60_000

export const readFargateQuota = async (
  { serviceQuotas, cloudwatch }: { serviceQuotas: ServiceQuotasClient; cloudwatch: CloudWatchClient },
  now: Date,
): Promise<FargateQuota> => {
  try {
    const { Quota } = await serviceQuotas.send(new GetServiceQuotaCommand(FARGATE_QUOTA))
    if (Quota?.Value === undefined) throw new Error('the answer has no value')
    return { vcpus: Quota.Value, used: await usedNow(cloudwatch, Quota.UsageMetric, now), unread: null }
  } catch (error) {
    return { vcpus: DEFAULT_VCPUS, used: null, unread: error instanceof Error ? error.name : String(error) }
  }
}

/** As the quota itself says that it is measured; null where that cannot be read. */
const usedNow = async (
  cloudwatch: CloudWatchClient,
  metric: MetricInfo | undefined,
  now: Date,
): Promise<number | null> => {
  if (metric === undefined) return null
  const query = new GetMetricDataCommand({
    StartTime: new Date(now.getTime() - RECENT_MS),
    EndTime: now,
    ScanBy: 'TimestampDescending',
    MetricDataQueries: [
      {
        Id: 'used',
        MetricStat: {
          Metric: {
            Namespace: metric.MetricNamespace,
            MetricName: metric.MetricName,
            Dimensions: Object.entries(metric.MetricDimensions ?? {}).map(([Name, Value]) => ({
              Name,
              Value,
            })),
          },
          Period: 60,
          Stat: metric.MetricStatisticRecommendation ?? 'Maximum',
        },
      },
    ],
  })
  const answer = await cloudwatch.send(query).catch(() => null)
  return answer?.MetricDataResults?.[0]?.Values?.[0] ?? null
}
