import { createHash } from 'node:crypto'
import type { AuditEntry } from '../../contract/audit.ts'
import type { Catalogue } from '../../contract/catalogue.ts'
import type { Evidence } from '../../contract/evidence.ts'
import type { Handler } from '../../contract/operation.ts'
import { Thresholds } from '../../contract/thresholds.ts'
import { evidenceOf } from '../experiments/evidence.ts'
import { evidenceHtml, evidenceMarkdown } from '../experiments/evidence-page.ts'
import { judge } from '../experiments/verdict.ts'
import { listAudit } from '../store/audit.ts'
import { readComparison } from '../store/comparisons.ts'
import { readSessions } from '../store/ledger.ts'
import { readNoise } from '../store/noise.ts'
import { readTasks } from '../store/tasks.ts'
import type { Context } from './context.ts'
import { getLedger } from './ledger.ts'
import { requireRecord } from './records.ts'

export const getEvidence: Handler<Catalogue['getEvidence'], Context> = (input, context) =>
  collect(input.params.id, context)

export const renderEvidence: Handler<Catalogue['renderEvidence'], Context> = async ({ params }, context) => {
  const evidence = await collect(params.id, context)
  const checksum = sha256(JSON.stringify(evidence))
  const text = (params.format === 'html' ? evidenceHtml : evidenceMarkdown)(evidence, checksum)
  return {
    mediaType: params.format === 'html' ? 'text/html; charset=utf-8' : 'text/markdown; charset=utf-8',
    text,
    sha256: sha256(text),
  }
}

const collect = async (id: string, context: Context): Promise<Evidence> => {
  const { table, config, now } = context
  const input = { params: { id }, query: {}, body: undefined }
  const [record, comparison, decisions, sessions, tasks, ledger, audit] = await Promise.all([
    requireRecord(table, id),
    readComparison(table, id),
    readNoise(table, id),
    readSessions(table, id),
    readTasks(table, id),
    getLedger(input, context),
    wholeAudit(context, id),
  ])
  const verdict = judge(
    record.experiment,
    comparison,
    Thresholds.parse(record.experiment.spec.verdict ?? {}),
    now(),
    decisions,
  )
  return evidenceOf({ record, comparison, decisions, verdict, sessions, tasks, ledger, audit, config }, now())
}

const wholeAudit = async ({ table }: Context, id: string): Promise<AuditEntry[]> => {
  const entries: AuditEntry[] = []
  let nextToken: string | undefined
  do {
    const page = await listAudit(table, id, { maxResults: 200, ...(nextToken && { nextToken }) })
    entries.push(...page.items)
    nextToken = page.nextToken ?? undefined
  } while (nextToken !== undefined)
  return entries
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
