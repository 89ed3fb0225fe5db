import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import { readLedger } from '../evidence/ledger.ts'
import type { Context } from './context.ts'
import { requireRecord } from './records.ts'

export const getLedger: Handler<Catalogue['getLedger'], Context> = async ({ params }, context) =>
  readLedger(context, await requireRecord(context.table, params.id), context.now())
