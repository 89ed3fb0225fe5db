import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import type { AllowedShadows } from '../../contract/destination.ts'
import { metricsOf, type Resources } from '../../contract/resources.ts'
import type { Figures } from '../experiments/resource-periods.ts'
import { PrometheusError, queryRange } from './prometheus.ts'
import { type Point, readSeries } from './series.ts'

type Asked = ReturnType<typeof metricsOf>[number]
type Read = Readonly<{ asked: Asked; points: readonly Point[]; trouble: string | null }>
type Range = Readonly<{ start: Date; end: Date }>

/**
 * The figures of the periods from `start` up to `end`. A Prometheus that cannot be asked has none, and says why.
 *
 * @param prometheus where the deployment allows one to be; null: nowhere
 */
export const readFigures = async (
  cloudwatch: CloudWatchClient,
  prometheus: AllowedShadows | null,
  resources: Resources,
  range: Range,
): Promise<Figures> => {
  const { periodSeconds } = resources
  const all = metricsOf(resources)
  const reads = (
    await Promise.all([
      ofCloudWatch(cloudwatch, all, { ...range, periodSeconds }),
      ofPrometheus(prometheus, all, { ...range, periodSeconds }),
    ])
  ).flat()
  const known = new Map(
    reads.map(({ asked, points, trouble }) => [
      `${asked.of} ${asked.side}`,
      { values: new Map(points.map(({ at, value }) => [at, value])), trouble },
    ]),
  )
  return (of, side) => known.get(`${of} ${side}`)
}

const ofCloudWatch = async (
  cloudwatch: CloudWatchClient,
  all: readonly Asked[],
  range: Range & { periodSeconds: number },
): Promise<Read[]> => {
  const asked = all.flatMap((one) =>
    one.metric.from === 'cloudwatch' ? [{ ...one, metric: one.metric }] : [],
  )
  const series = await readSeries(
    cloudwatch,
    asked.map(({ metric }) => metric),
    range,
  )
  return asked.map((one, place) => ({ asked: one, points: series[place] ?? [], trouble: null }))
}

const ofPrometheus = (
  allowed: AllowedShadows | null,
  all: readonly Asked[],
  range: Range & { periodSeconds: number },
): Promise<Read[]> =>
  Promise.all(
    all.flatMap(({ metric, ...one }) =>
      metric.from === 'prometheus'
        ? [
            (allowed === null
              ? Promise.reject(new PrometheusError('the deployment allows no Prometheus'))
              : queryRange(metric, range, allowed)
            ).then(
              (points): Read => ({ asked: { ...one, metric }, points, trouble: null }),
              (error: Error): Read => ({ asked: { ...one, metric }, points: [], trouble: error.message }),
            ),
          ]
        : [],
    ),
  )
