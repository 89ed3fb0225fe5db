import type { Catalogue } from '../../contract/catalogue.ts'
import type { LedgerRow } from '../../contract/ledger.ts'
import { owed } from '../../contract/money.ts'
import type { Handler } from '../../contract/operation.ts'
import { sessionHours } from '../cost/hours.ts'
import { ledgerLines, spendOf } from '../cost/spend.ts'
import { usedBy } from '../cost/used.ts'
import type { SessionRecord } from '../experiments/record.ts'
import type { PriceTable } from '../prices/table.ts'
import { readSessions } from '../store/ledger.ts'
import { readTasks } from '../store/tasks.ts'
import type { Context } from './context.ts'
import { requireRecord } from './records.ts'

/** The account as of the meter’s last reading, so that it explains the spend that the experiment shows. */
export const getLedger: Handler<Catalogue['getLedger'], Context> = async (
  { params },
  { table, now, prices },
) => {
  const [{ experiment, life }, sessions, tasks] = await Promise.all([
    requireRecord(table, params.id),
    readSessions(table, params.id),
    readTasks(table, params.id),
  ])
  const priced = await prices.of(life.prices)
  const at = experiment.meteredAt === null ? now() : new Date(experiment.meteredAt)
  const lines = ledgerLines(usedBy(life, sessions, tasks, new Set()), priced, at)
  return {
    rows: sessions.map((session) => toRow(session, priced, at)),
    lines,
    totalUsd: spendOf(lines).totalUsd,
    pricesFrom: priced.from,
    at: at.toISOString(),
  }
}

const toRow = (session: SessionRecord, { prices }: PriceTable, at: Date): LedgerRow => {
  const { eni, vni, generation, state, createdAt, deletedAt } = session
  const hours = createdAt === null ? 0 : sessionHours({ createdAt, deletedAt }, at)
  return {
    eni,
    session: session.session,
    vni,
    generation,
    state,
    createdAt,
    deletedAt,
    hours,
    usd: owed(hours, prices['mirror-session-hour'].usd),
  }
}
