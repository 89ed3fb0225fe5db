import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { metricsOf, type Resources } from '../../contract/resources.ts'
import type { Figures } from '../experiments/resource-periods.ts'
import { readSeries } from './series.ts'

/** The figures of the periods from `start` up to `end`. */
export const readFigures = async (
  cloudwatch: CloudWatchClient,
  resources: Resources,
  { start, end }: Readonly<{ start: Date; end: Date }>,
): Promise<Figures> => {
  const asked = metricsOf(resources)
  const series = await readSeries(
    cloudwatch,
    asked.map(({ metric }) => metric),
    { start, end, periodSeconds: resources.periodSeconds },
  )
  const values = new Map(
    asked.map(({ of, side }, place) => [
      `${of} ${side}`,
      new Map((series[place] ?? []).map(({ at, value }) => [at, value])),
    ]),
  )
  return (of, side) => values.get(`${of} ${side}`)
}
