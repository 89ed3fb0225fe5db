import { belongings, ledgerKey } from '../../contract/table.ts'
import { SessionRecord } from '../experiments/record.ts'
import { putItem, queryAll, type Table } from './table.ts'

/** Every mirror session the experiment ever intended, by ENI and generation. */
export const readSessions = async (table: Table, experiment: string): Promise<SessionRecord[]> =>
  (await queryAll(table, belongings(experiment), { prefix: 'LEDGER#' })).map((item) =>
    SessionRecord.parse(item),
  )

export const writeSession = async (
  table: Table,
  experiment: string,
  session: SessionRecord,
): Promise<void> => {
  await putItem(table, ledgerKey(experiment, session.eni, session.generation), session)
}
