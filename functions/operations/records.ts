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

/** The reconciler writes the same record every few seconds: a change is tried again on the newer one. */
const ATTEMPTS = 5

/** @throws VersionConflict when others keep changing it */
export const changeRecord = async (
  table: Table,
  id: string,
  change: (record: ExperimentRecord) => ExperimentRecord | Promise<ExperimentRecord>,
): Promise<ExperimentRecord> => {
  for (let attempt = 1; ; attempt++) {
    const changed = await change(await requireRecord(table, id))
    try {
      return await updateRecord(table, changed)
    } catch (error) {
      if (attempt >= ATTEMPTS || !(error instanceof Error && error.name === 'VersionConflict')) throw error
    }
  }
}
