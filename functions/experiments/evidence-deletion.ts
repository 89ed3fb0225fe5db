import { audited, WrongPhase } from './phases.ts'
import type { ExperimentRecord } from './record.ts'

/**
 * The record whose evidence is to be deleted, and is shown to nobody from now on; the same record when that has been said
 * before. @throws WrongPhase before its end: it would be made anew
 */
export const withoutEvidence = (
  record: ExperimentRecord,
  { by, reason, now }: { by: string; reason: string; now: Date },
): ExperimentRecord => {
  const { phase, evidenceDeletion } = record.experiment
  if (phase !== 'ended')
    throw new WrongPhase(phase, 'Evidence can be deleted once the experiment has ended: stop it first.')
  if (evidenceDeletion !== null) return record
  const deletion = { by, reason, at: now.toISOString(), doneAt: null }
  const after = { ...record, experiment: { ...record.experiment, evidenceDeletion: deletion } }
  return audited(record, after, { who: by, what: 'evidence deleted', why: reason }, now)
}

/** Whether some of it is still to be deleted. */
export const isErasing = ({ experiment }: ExperimentRecord): boolean =>
  experiment.evidenceDeletion !== null && experiment.evidenceDeletion.doneAt === null
