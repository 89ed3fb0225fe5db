import { LONGEST_CALL_MS } from '../clients.ts'
import type { Config } from '../config.ts'
import { putEvidence } from '../evidence/bucket.ts'
import { collectEvidence } from '../evidence/collect.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import { forgetActive, readRecord, updateRecord } from '../store/experiments.ts'
import { acquireWriter, releaseWriter } from '../store/writer.ts'
import type { ControlPlane } from './control-plane.ts'
import { errorText } from './failure.ts'
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
    since !== null &&
    now - Date.parse(since) < PATIENCE_MS
  )
}

/** The last of an ended experiment: nobody looks after it any more once its evidence needs nothing either. */
export const conclude = async (plane: ControlPlane, record: ExperimentRecord): Promise<void> => {
  const { config, table } = plane
  await settleMonths(table, record)
  if (isAwaited(record, config, plane.now())) return
  const { id, evidence } = record.experiment
  if (evidence === null) {
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
 * What fails is tried again at the next tick, and holds nothing up.
 */
export const keepEvidence = async (plane: ControlPlane, id: string): Promise<void> => {
  const { clients, config, table } = plane
  const { evidenceBucket } = config
  const isDue = (record: ExperimentRecord | undefined): record is ExperimentRecord =>
    record?.experiment.phase === 'ended' &&
    record.life.outbox.length === 0 &&
    isAwaited(record, config, plane.now())
  if (evidenceBucket === null || !isDue(await readRecord(table, id))) return
  const holder = Buffer.from(plane.randomBytes(8)).toString('hex')
  const writer = await acquireWriter(table, id, holder, plane.now(), plane.now() + 2 * LONGEST_CALL_MS)
  if (!writer) return
  try {
    const record = await readRecord(table, id)
    if (!isDue(record)) return
    const made = await collectEvidence(plane, record, new Date(plane.now()))
    const evidence = await putEvidence(clients.s3, evidenceBucket, made)
    await conclude(
      plane,
      await updateRecord(table, { ...record, experiment: { ...record.experiment, evidence } }),
    )
    plane.log('info', 'evidence stored', { experiment: id, bucket: evidenceBucket })
  } catch (error) {
    plane.log('warn', 'evidence could not be stored', { experiment: id, error: errorText(error) })
  } finally {
    await releaseWriter(table, writer, writer.lookedAt)
  }
}
