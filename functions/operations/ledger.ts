import type { Catalogue } from '../../contract/catalogue.ts'
import type { LedgerRow } from '../../contract/ledger.ts'
import type { Handler } from '../../contract/operation.ts'
import { ledgerKey } from '../../contract/table.ts'
import { readLedger } from '../evidence/ledger.ts'
import type { Context } from './context.ts'
import { pageOf } from './page.ts'
import { requireRecord } from './records.ts'

export const getLedger: Handler<Catalogue['getLedger'], Context> = async ({ params, query }, context) => {
  const record = await requireRecord(context.table, params.id)
  const ledger = await readLedger(context, record, context.now())
  const keyOf = ({ eni, generation }: LedgerRow) => ledgerKey(params.id, eni, generation).sk
  const { items, nextToken } = pageOf(ledger.rows, keyOf, query)
  return { ...ledger, rows: items, sessions: ledger.rows.length, nextToken }
}
