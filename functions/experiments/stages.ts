import { createHash } from 'node:crypto'
import type { Stage } from '../../contract/ramp.ts'
import type { SourceEni } from '../../contract/source.ts'
import { isProbing, zonesAmong } from './probe.ts'
import type { ExperimentRecord } from './record.ts'

const WHOLE: Stage = { sources: 100, requests: 100 }

export const stageOf = ({ experiment, life }: ExperimentRecord): Stage =>
  experiment.spec.ramp?.stages[life.stage.index] ?? WHOLE

/** Whole interfaces of so many: never none, and 1 of 9 already for 1 %. */
export const reach = (candidates: number, percent: number): number =>
  candidates === 0 ? 0 : Math.max(1, Math.ceil((candidates * percent) / 100 - 1e-9))

/** How many of the candidates are to be mirrored now: while it probes, one in each zone. */
export const wantedOf = (
  record: ExperimentRecord,
  candidates: readonly Pick<SourceEni, 'availabilityZone'>[],
): number => {
  if (isProbing(record)) return zonesAmong(candidates)
  return record.experiment.spec.ramp === undefined
    ? candidates.length
    : reach(candidates.length, stageOf(record).sources)
}

/** Whether it ever mirrors less than all of its sources. */
export const isStaged = ({ spec }: ExperimentRecord['experiment']): boolean =>
  spec.ramp !== undefined || spec.probe !== undefined

const hashOf = (eni: string): string => createHash('sha256').update(eni).digest('hex')

/**
 * In the order in which a growing share takes them: by a hash that is the same in every run, one zone after the other, so
 * that each share is spread over the zones.
 */
export const inOrder = <Source extends Pick<SourceEni, 'eni' | 'availabilityZone'>>(
  sources: readonly Source[],
): Source[] => {
  const zones = new Map<string, Source[]>()
  for (const source of [...sources].sort((a, b) => (hashOf(a.eni) < hashOf(b.eni) ? -1 : 1))) {
    const zone = zones.get(source.availabilityZone) ?? []
    zone.push(source)
    zones.set(source.availabilityZone, zone)
  }
  const byZone = [...zones].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, members]) => members)
  const rounds = Math.max(0, ...byZone.map(({ length }) => length))
  return Array.from({ length: rounds }, (_, round) => byZone.flatMap((zone) => zone[round] ?? [])).flat()
}
