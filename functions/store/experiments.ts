import { ACTIVE, activeKey, EXPERIMENTS, experimentKey } from '../../contract/table.ts'
import { ExperimentRecord } from '../experiments/record.ts'
import { absent, deleteItem, getItem, type Page, putItem, queryAll, queryPage, type Table } from './table.ts'

/** The experiment was changed by somebody else since it was read: read it again. */
export class VersionConflict extends Error {
  constructor(id: string) {
    super(`experiment ${id} changed in the meantime`)
    this.name = 'VersionConflict'
  }
}

/**
 * Stores a new experiment; false when one with this id exists already. The list of active experiments gets it first, so
 * that no experiment is ever without somebody who looks after it.
 */
export const createRecord = async (table: Table, record: ExperimentRecord): Promise<boolean> => {
  await rememberActive(table, record.experiment)
  return putItem(table, experimentKey(record.experiment.id), record, absent)
}

export const readRecord = async (table: Table, id: string): Promise<ExperimentRecord | undefined> => {
  const item = await getItem(table, experimentKey(id))
  return item && ExperimentRecord.parse(item)
}

/**
 * Replaces the record that was read with its changed copy and returns it as stored, its version one higher.
 * @throws VersionConflict when it is no longer the one that was read
 */
export const updateRecord = async (table: Table, changed: ExperimentRecord): Promise<ExperimentRecord> => {
  const { id, version } = changed.experiment
  const next = { ...changed, experiment: { ...changed.experiment, version: version + 1 } }
  const stored = await putItem(table, experimentKey(id), next, {
    expression: '#experiment.#version = :version',
    names: { '#experiment': 'experiment', '#version': 'version' },
    values: { ':version': version },
  })
  if (!stored) throw new VersionConflict(id)
  return next
}

/** The newest first. @throws BadToken */
export const listRecords = async (
  table: Table,
  page: { maxResults: number; nextToken?: string | undefined },
): Promise<Page<ExperimentRecord>> => {
  const { items, nextToken } = await queryPage(table, EXPERIMENTS, { ...page, descending: true })
  return { items: items.map((item) => ExperimentRecord.parse(item)), nextToken }
}

/** Ids of all experiments that may need something done; `createdAt` tells a create that is still under way. */
export const listActive = async (table: Table): Promise<{ id: string; createdAt: string }[]> =>
  (await queryAll(table, ACTIVE)).map((item) => ({ id: String(item.sk), createdAt: String(item.createdAt) }))

/** Has an experiment looked after again that had been forgotten. */
export const rememberActive = async (
  table: Table,
  { id, createdAt }: ExperimentRecord['experiment'],
): Promise<void> => {
  await putItem(table, activeKey(id), { createdAt })
}

export const forgetActive = (table: Table, id: string): Promise<void> => deleteItem(table, activeKey(id))
