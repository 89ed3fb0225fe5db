import type { Config } from '../config.ts'
import { putEvidence } from '../evidence/bucket.ts'
import { collectEvidence } from '../evidence/collect.ts'
import { isErasing } from '../experiments/evidence-deletion.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import { forgetActive, updateRecord } from '../store/experiments.ts'
import { rememberRetention } from '../store/retention.ts'
import type { ControlPlane } from './control-plane.ts'
import { withEnded } from './ended.ts'
import { settleMonths } from './months.ts'

/** For so long S3 is asked at every tick to take a package. */
const PATIENCE_MS = 24 * 3_600_000

/** Whether an experiment has ended and its evidence is still to be stored. */
const isAwaited = (
  { experiment, life }: ExperimentRecord,
  { evidenceBucket }: Config,
  now: number,
): boolean => {
  const since = life.evidenceChangedAt ?? experiment.endedAt
  return (
    evidenceBucket !== null &&
    experiment.evidence === null &&
    experiment.evidenceDeletion === null &&
    since !== null &&
    now - Date.parse(since) < PATIENCE_MS
  )
}

/** The last of an ended experiment: nobody looks after it any more once its evidence needs nothing either. */
export const conclude = async (plane: ControlPlane, record: ExperimentRecord): Promise<void> => {
  const { config, table } = plane
  await settleMonths(table, record)
  if (isAwaited(record, config, plane.now()) || isErasing(record)) return
  const { id, evidence, evidenceDeletion, endedAt } = record.experiment
  if (evidenceDeletion === null && endedAt !== null) await rememberRetention(table, { id, endedAt })
  if (evidence === null && evidenceDeletion === null) {
    const why = config.evidenceBucket === null ? 'no bucket is configured' : 'S3 did not take it for a day'
    plane.log(config.evidenceBucket === null ? 'info' : 'error', 'evidence is not stored', {
      experiment: id,
      why,
    })
  }
  await forgetActive(table, id)
}

/**
 * Stores the evidence of an experiment that has ended, once. Only ticks do: no other function may write to the bucket.
 */
export const keepEvidence = (plane: ControlPlane, id: string): Promise<void> =>
  withEnded(plane, id, {
    isDue: (record) => isAwaited(record, plane.config, plane.now()),
    failed: 'evidence could not be stored',
    work: async (record) => {
      const { clients, config, table } = plane
      if (config.evidenceBucket === null) return
      const made = await collectEvidence(plane, record, new Date(plane.now()))
      const evidence = await putEvidence(clients.s3, config.evidenceBucket, made)
      const experiment = { ...record.experiment, evidence }
      await conclude(plane, await updateRecord(table, { ...record, experiment }))
      plane.log('info', 'evidence stored', { experiment: id, bucket: config.evidenceBucket })
    },
  })
