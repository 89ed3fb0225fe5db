import type { S3Client } from '@aws-sdk/client-s3'
import { recordPrefix } from '../../contract/stored-record.ts'
import { deleteEvidence } from '../evidence/bucket.ts'
import { CONTROL_PLANE } from '../experiments/audit.ts'
import { isErasing, withoutEvidence } from '../experiments/evidence-deletion.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import { deleteRecord, findRecords } from '../records/bucket.ts'
import { forgetComparisons } from '../store/comparisons.ts'
import { readRecord, rememberActive, updateRecord } from '../store/experiments.ts'
import { forgetNoise } from '../store/noise.ts'
import { forgetResources } from '../store/resources.ts'
import { endedBefore, forgetRetention } from '../store/retention.ts'
import type { ControlPlane } from './control-plane.ts'
import { withEnded } from './ended.ts'
import { conclude } from './keep-evidence.ts'

const DAY_MS = 86_400_000
/** For so long after the end gateways may put what they had recorded: what is in flight finishes first. */
const LATE_RECORDS_MS = 60_000
/** Looked at in one tick. */
const AT_ONCE = 10

/**
 * Deletes what the evidence of an experiment was made of, every version of what is stored, and what its gateways recorded. Its
 * spec, its ledger and its history stay. Only ticks do: no other function may delete from the bucket. Whatever is there twice is
 * deleted twice.
 */
export const eraseEvidence = (plane: ControlPlane, id: string): Promise<void> =>
  withEnded(plane, id, {
    isDue: (record) => isErasing(record) && !mayRecord(record, plane.now()),
    failed: 'evidence could not be deleted',
    work: async (record) => {
      const { clients, config, table } = plane
      const { evidence, evidenceDeletion } = record.experiment
      if (evidenceDeletion === null) return
      const bucket = evidence?.bucket ?? config.evidenceBucket
      if (bucket !== null) await deleteEvidence(clients.s3, bucket, id)
      if (config.recordsBucket !== null) await deleteRecords(clients.s3, config.recordsBucket, id)
      await Promise.all([forgetComparisons(table, id), forgetNoise(table, id), forgetResources(table, id)])
      const deletion = { ...evidenceDeletion, doneAt: new Date(plane.now()).toISOString() }
      const experiment = { ...record.experiment, evidence: null, evidenceDeletion: deletion }
      await conclude(plane, await updateRecord(table, { ...record, experiment }))
      plane.log('info', 'evidence deleted', { experiment: id, by: deletion.by })
    },
  })

/** Whether a gateway may still put a record of an ended experiment. */
const mayRecord = ({ experiment: { spec, endedAt } }: ExperimentRecord, now: number): boolean =>
  spec.requests.record !== undefined && endedAt !== null && now < Date.parse(endedAt) + LATE_RECORDS_MS

const deleteRecords = async (s3: S3Client, bucket: string, id: string): Promise<void> => {
  for (const record of await findRecords(s3, bucket, recordPrefix(id))) await deleteRecord(s3, bucket, record)
}

/** Says of experiments that ended longer ago than evidence is kept that theirs is to be deleted; the next tick does it. */
export const expireEvidence = async (plane: ControlPlane): Promise<void> => {
  const { config, table } = plane
  const now = new Date(plane.now())
  const over = new Date(plane.now() - config.evidenceDays * DAY_MS)
  for (const retained of await endedBefore(table, over, AT_ONCE)) {
    const record = await readRecord(table, retained.id)
    if (record) {
      const reason = `It is kept for ${config.evidenceDays} days after the end.`
      const after = withoutEvidence(record, { by: CONTROL_PLANE, reason, now })
      if (after !== record) await updateRecord(table, after)
      await rememberActive(table, record.experiment)
    }
    // Last: whatever was not done is found again.
    await forgetRetention(table, retained)
  }
}
