import type { AuditEntry } from '../../contract/audit.ts'
import { Evidence } from '../../contract/evidence.ts'
import { Thresholds } from '../../contract/thresholds.ts'
import type { Config } from '../config.ts'
import { evidenceOf } from '../experiments/evidence.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import { judge } from '../experiments/verdict.ts'
import { listAudit } from '../store/audit.ts'
import { readComparison } from '../store/comparisons.ts'
import { readSessions } from '../store/ledger.ts'
import { readNoise } from '../store/noise.ts'
import type { PriceBook } from '../store/prices.ts'
import { readResources } from '../store/resources.ts'
import type { Table } from '../store/table.ts'
import { readTasks } from '../store/tasks.ts'
import { readLedger } from './ledger.ts'

type Records = Readonly<{ config: Config; table: Table; prices: PriceBook }>

/** The evidence package as the table’s records make it now. */
export const collectEvidence = async (
  records: Records,
  record: ExperimentRecord,
  now: Date,
): Promise<Evidence> => {
  const { config, table } = records
  const { id, spec } = record.experiment
  const [comparison, decisions, { tallies }, sessions, tasks, ledger, audit] = await Promise.all([
    readComparison(table, id),
    readNoise(table, id),
    readResources(table, id),
    readSessions(table, id),
    readTasks(table, id),
    readLedger(records, record, now),
    wholeAudit(table, id),
  ])
  const thresholds = Thresholds.parse(spec.verdict ?? {})
  const verdict = judge(record.experiment, comparison, thresholds, now, { decisions, resources: tallies })
  const parts = { record, comparison, decisions, verdict, sessions, tasks, ledger, audit, config }
  // In the schema’s order of members: whoever reads the package and writes it again gets the same checksum.
  return Evidence.parse(evidenceOf(parts, now))
}

const wholeAudit = async (table: Table, id: string): Promise<AuditEntry[]> => {
  const entries: AuditEntry[] = []
  let nextToken: string | undefined
  do {
    const page = await listAudit(table, id, { maxResults: 200, ...(nextToken && { nextToken }) })
    entries.push(...page.items)
    nextToken = page.nextToken ?? undefined
  } while (nextToken !== undefined)
  return entries
}
