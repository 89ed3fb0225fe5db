import type { AuditEntry } from '../../contract/audit.ts'
import { Evidence } from '../../contract/evidence.ts'
import { Thresholds } from '../../contract/thresholds.ts'
import type { Clients } from '../clients.ts'
import type { Config } from '../config.ts'
import { evidenceOf } from '../experiments/evidence.ts'
import type { ExperimentRecord, SessionRecord } from '../experiments/record.ts'
import { judge } from '../experiments/verdict.ts'
import type { Log } from '../reconcile/control-plane.ts'
import { listAudit } from '../store/audit.ts'
import { readComparison } from '../store/comparisons.ts'
import { readFleet } from '../store/fleet.ts'
import { readSessions } from '../store/ledger.ts'
import { readNoise } from '../store/noise.ts'
import type { PriceBook } from '../store/prices.ts'
import { readResources } from '../store/resources.ts'
import type { Table } from '../store/table.ts'
import { readTasks } from '../store/tasks.ts'
import { readLedger } from './ledger.ts'
import { countedPath, UNWATCHED, watchedPath } from './packet-path.ts'

type Records = Readonly<{
  config: Config
  table: Table
  prices: PriceBook
  clients: Pick<Clients, 'cloudwatch'>
  log: Log
}>

/** The evidence package as the table’s records make it now. */
export const collectEvidence = async (
  records: Records,
  record: ExperimentRecord,
  now: Date,
): Promise<Evidence> => {
  const { config, table } = records
  const { id, spec } = record.experiment
  const [comparison, decisions, { tallies }, sessions, tasks, ledger, audit, fleet] = await Promise.all([
    readComparison(table, id),
    readNoise(table, id),
    readResources(table, id),
    readSessions(table, id),
    readTasks(table, id),
    readLedger(records, record, now),
    wholeAudit(table, id),
    readFleet(table),
  ])
  const path = { ...(await pathSeen(records, record, sessions, now)), ...countedPath(tasks) }
  const thresholds = Thresholds.parse(spec.verdict ?? {})
  const verdict = judge(record.experiment, comparison, thresholds, now, { decisions, resources: tallies })
  const parts = {
    record,
    comparison,
    decisions,
    verdict,
    sessions,
    tasks,
    ledger,
    audit,
    fleet,
    path,
    config,
  }
  // In the schema’s order of members: whoever reads the package and writes it again gets the same checksum.
  return Evidence.parse(evidenceOf(parts, now))
}

/** CloudWatch holds no package up: without it, what it would have said is not known. */
const pathSeen = async (
  { clients, config, log }: Records,
  { experiment }: ExperimentRecord,
  sessions: readonly SessionRecord[],
  now: Date,
): Promise<typeof UNWATCHED> => {
  const { mirroringSince, endedAt } = experiment
  if (mirroringSince === null) return UNWATCHED
  const span = { from: new Date(mirroringSince), until: endedAt === null ? now : new Date(endedAt), now }
  try {
    return await watchedPath(clients.cloudwatch, config.loadBalancer, sessions, span)
  } catch (error) {
    log('warn', 'the evidence is without CloudWatch’s counts', {
      experiment: experiment.id,
      error: String(error),
    })
    return UNWATCHED
  }
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
