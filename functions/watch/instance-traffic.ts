import type { CloudWatchClient, MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import type { InstanceTraffic } from '../experiments/headroom.ts'
import { flowOf, PERIOD_SECONDS, readSums } from './sums.ts'

/** Each series has 4,032 points in 14 days, and a call answers with 100,800: four series for each of 6 instances. */
const INSTANCES_AT_ONCE = 6

/**
 * What instances received and sent in the last 14 days, on all their interfaces and ports, for about $0.00004 an
 * instance.
 */
export const readInstanceTraffic = async (
  cloudwatch: CloudWatchClient,
  instances: readonly string[],
  now: Date,
): Promise<Map<string, InstanceTraffic>> => {
  const traffic = new Map<string, InstanceTraffic>()
  for (let at = 0; at < instances.length; at += INSTANCES_AT_ONCE) {
    const some = instances.slice(at, at + INSTANCES_AT_ONCE)
    const series = await readSums(
      cloudwatch,
      some.flatMap((instance, index) => [
        query(`in${index}`, 'NetworkIn', instance),
        query(`out${index}`, 'NetworkOut', instance),
        query(`packetsIn${index}`, 'NetworkPacketsIn', instance),
        query(`packetsOut${index}`, 'NetworkPacketsOut', instance),
      ]),
      now,
    )
    for (const [index, instance] of some.entries()) {
      const [received, sent] = [series.get(`in${index}`), series.get(`out${index}`)]
      const [packetsIn, packetsOut] = [series.get(`packetsIn${index}`), series.get(`packetsOut${index}`)]
      traffic.set(
        instance,
        received && sent
          ? {
              in: flowOf(received.sums),
              out: flowOf(sent.sums),
              packets:
                packetsIn && packetsOut ? { in: flowOf(packetsIn.sums), out: flowOf(packetsOut.sums) } : null,
              from: new Date(Math.min(received.from, sent.from)),
            }
          : null,
      )
    }
  }
  return traffic
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
