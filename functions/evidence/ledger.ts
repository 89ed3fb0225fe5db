import type { Ledger, LedgerRow } from '../../contract/ledger.ts'
import { owed } from '../../contract/money.ts'
import { sessionHours } from '../cost/hours.ts'
import { ledgerLines, spendOf } from '../cost/spend.ts'
import { usedBy } from '../cost/used.ts'
import type { ExperimentRecord, SessionRecord } from '../experiments/record.ts'
import type { PriceTable } from '../prices/table.ts'
import { readSessions } from '../store/ledger.ts'
import type { PriceBook } from '../store/prices.ts'
import type { Table } from '../store/table.ts'
import { readTasks } from '../store/tasks.ts'

/** The account as of the meter’s last reading, so that it explains the spend that the experiment shows. */
export const readLedger = async (
  { table, prices }: Readonly<{ table: Table; prices: PriceBook }>,
  { experiment, life }: ExperimentRecord,
  now: Date,
): Promise<Ledger> => {
  const [sessions, tasks] = await Promise.all([
    readSessions(table, experiment.id),
    readTasks(table, experiment.id),
  ])
  const priced = await prices.of(life.prices)
  const at = experiment.meteredAt === null ? now : new Date(experiment.meteredAt)
  const lines = ledgerLines(
    usedBy(life, experiment.spec.requests.record, sessions, tasks, new Set()),
    priced,
    at,
  )
  const spend = spendOf(lines)
  return {
    rows: sessions.map((session) => toRow(session, priced, at)),
    lines,
    totalUsd: spend.totalUsd,
    basis: spend.basis,
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
