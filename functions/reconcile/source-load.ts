import type { ExperimentSpec } from '../../contract/experiment.ts'
import { expectedTraffic, peakOf } from '../cost/expected.ts'
import { mayMirror } from '../experiments/preflight.ts'
import type { Ground } from '../experiments/readiness.ts'
import { listActive, readRecord } from '../store/experiments.ts'
import type { ControlPlane } from './control-plane.ts'

type Load = Ground['others']

/** What other experiments ask of the gateways within that window. */
export const loadOfOthers = async (
  { table }: Pick<ControlPlane, 'table'>,
  { startAt, endAt }: Readonly<{ startAt: Date; endAt: Date }>,
): Promise<Load> => {
  const records = await Promise.all((await listActive(table)).map(({ id }) => readRecord(table, id)))
  const others = { sources: 0, peakBytesPerSecond: 0, peakPacketsPerSecond: 0 }
  for (const record of records) {
    if (!record || record.experiment.phase === 'ended') continue
    const { experiment, life } = record
    if (new Date(experiment.startAt) >= endAt || new Date(experiment.endAt) <= startAt) continue
    others.sources += Math.max(experiment.sources, life.enis?.length ?? 0)
    others.peakBytesPerSecond += life.peakBytesPerSecond
    others.peakPacketsPerSecond += life.peakPacketsPerSecond
  }
  return others
}

/**
 * What a spec’s sources would ask of the gateways: as many as may be mirrored, and their busiest five minutes of 14 days, 0
 * where CloudWatch does not know. @throws the SDK’s errors
 */
export const loadOfSources = async (spec: ExperimentSpec, plane: ControlPlane): Promise<Load> => {
  const { clients, traffic, now } = plane
  const { resolveSource } = await import('../mirror/sources.ts')
  const sources = (await resolveSource(clients, spec.source)).sources.filter((one) => mayMirror(one, spec))
  const instances = [...new Set(sources.flatMap(({ instance }) => instance ?? []))]
  const measured = await traffic.of(clients.cloudwatch, instances, new Date(now()))
  const expected = expectedTraffic(instances, measured, spec.traffic)
  return { sources: sources.length, ...peakOf(expected) }
}
