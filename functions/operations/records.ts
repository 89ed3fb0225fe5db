import { ProblemError } from '../errors.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import { readRecord, updateRecord } from '../store/experiments.ts'
import type { Table } from '../store/table.ts'

/** @throws ProblemError not-found */
export const requireRecord = async (table: Table, id: string): Promise<ExperimentRecord> => {
  const record = await readRecord(table, id)
  if (record) return record
  throw new ProblemError('not-found', `There is no experiment ${id}.`)
}

/** @throws ProblemError not-found, gone when its evidence was deleted */
export const requireEvidence = async (table: Table, id: string): Promise<ExperimentRecord> => {
  const record = await requireRecord(table, id)
  const { evidenceDeletion } = record.experiment
  if (evidenceDeletion === null) return record
  const { by, at, reason } = evidenceDeletion
  throw new ProblemError('gone', `The evidence of ${id} was deleted at ${at} by ${by}: ${reason}`)
}

/** The reconciler writes the same record every few seconds: a change is tried again on the newer one. */
const ATTEMPTS = 5

/**
 * @param ifRevision what the caller has seen, and means to change; undefined: whatever there is
 * @throws VersionConflict when others keep changing it; ProblemError not-found, conflict
 */
export const changeRecord = async (
  table: Table,
  id: string,
  ifRevision: number | undefined,
  change: (record: ExperimentRecord) => ExperimentRecord | Promise<ExperimentRecord>,
): Promise<ExperimentRecord> => {
  for (let attempt = 1; ; attempt++) {
    const record = await requireRecord(table, id)
    refuseOtherRevision(record, ifRevision)
    const changed = await change(record)
    try {
      return await updateRecord(table, changed)
    } catch (error) {
      if (attempt >= ATTEMPTS || !(error instanceof Error && error.name === 'VersionConflict')) throw error
    }
  }
}

const refuseOtherRevision = ({ experiment }: ExperimentRecord, expected: number | undefined): void => {
  const { id, revision } = experiment
  if (expected !== undefined && expected !== revision)
    throw new ProblemError(
      'conflict',
      `${id} is at revision ${revision}, not ${expected}: somebody changed it. Read it again, then decide.`,
    )
}
