import {
  type CloudWatchClient,
  type MetricDataQuery,
  paginateGetMetricData,
} from '@aws-sdk/client-cloudwatch'
import type { Flow, InstanceTraffic } from '../experiments/headroom.ts'

const PERIOD_SECONDS = 300
const PERIOD_MS = PERIOD_SECONDS * 1000
const BACK_MS = 14 * 86_400_000
/** Each series has 4,032 points in 14 days, and a call answers with 100,800: two series for each of 12 instances. */
const INSTANCES_AT_ONCE = 12

/**
 * What instances received and sent in the last 14 days, on all their interfaces and ports, from five-minute sums: the
 * finest that basic monitoring has, and about $0.00002 for each instance. Five minutes that are not over are left out.
 */
export const readInstanceTraffic = async (
  cloudWatch: CloudWatchClient,
  instances: readonly string[],
  now: Date,
): Promise<Map<string, InstanceTraffic>> => {
  const end = Math.floor(now.getTime() / PERIOD_MS) * PERIOD_MS
  const traffic = new Map<string, InstanceTraffic>()
  for (let at = 0; at < instances.length; at += INSTANCES_AT_ONCE) {
    const some = instances.slice(at, at + INSTANCES_AT_ONCE)
    const series = await readSeries(cloudWatch, some, end)
    for (const [index, instance] of some.entries()) {
      const [received, sent] = [series.get(`in${index}`), series.get(`out${index}`)]
      traffic.set(
        instance,
        received && sent
          ? {
              in: flowOf(received.sums),
              out: flowOf(sent.sums),
              from: new Date(Math.min(received.from, sent.from)),
            }
          : null,
      )
    }
  }
  return traffic
}

type Series = { sums: number[]; from: number }

const readSeries = async (
  cloudWatch: CloudWatchClient,
  instances: readonly string[],
  end: number,
): Promise<Map<string, Series>> => {
  const series = new Map<string, Series>()
  const pages = paginateGetMetricData(
    { client: cloudWatch },
    {
      StartTime: new Date(end - BACK_MS),
      EndTime: new Date(end),
      MetricDataQueries: instances.flatMap((instance, index) => [
        query(`in${index}`, 'NetworkIn', instance),
        query(`out${index}`, 'NetworkOut', instance),
      ]),
    },
  )
  for await (const { MetricDataResults = [] } of pages)
    for (const { Id = '', Values = [], Timestamps = [] } of MetricDataResults) {
      if (Values.length === 0) continue
      const known = series.get(Id) ?? { sums: [], from: end }
      known.sums.push(...Values)
      known.from = Math.min(known.from, ...Timestamps.map((time) => time.getTime()))
      series.set(Id, known)
    }
  return series
}

const query = (Id: string, MetricName: string, instance: string): MetricDataQuery => ({
  Id,
  MetricStat: {
    Metric: {
      Namespace: 'AWS/EC2',
      MetricName,
      Dimensions: [{ Name: 'InstanceId', Value: instance }],
    },
    Period: PERIOD_SECONDS,
    Stat: 'Sum',
  },
})

const flowOf = (sums: readonly number[]): Flow => ({
  average: sums.reduce((all, sum) => all + sum, 0) / (sums.length * PERIOD_SECONDS),
  peak: sums.reduce((most, sum) => Math.max(most, sum), 0) / PERIOD_SECONDS,
})
