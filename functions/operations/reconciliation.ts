import type { Catalogue } from '../../contract/catalogue.ts'
import type { Experiment } from '../../contract/experiment.ts'
import { BYTES_PER_GB } from '../../contract/money.ts'
import type { Handler } from '../../contract/operation.ts'
import { TAG } from '../../contract/ownership.ts'
import type { Reconciliation } from '../../contract/reconciliation.ts'
import { compareBilled, compareProcessed } from '../cost/reconciliation.ts'
import { outerGb } from '../cost/spend.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import type { ControlPlane } from '../reconcile/control-plane.ts'
import { errorText } from '../reconcile/failure.ts'
import { type BillRecord, readStoredBill, writeStoredBill } from '../store/bills.ts'
import type { Context } from './context.ts'
import { requireRecord } from './records.ts'

const DAY_MS = 86_400_000

/** Metered, processed by the load balancer, billed by AWS: what each says, and how far they are apart. */
export const getReconciliation: Handler<Catalogue['getReconciliation'], Context> = async (
  { params },
  { table, plane: open, now },
) => {
  const [record, plane] = await Promise.all([requireRecord(table, params.id), open()])
  const { experiment } = record
  const notes: string[] = []
  const sessionsUsd = experiment.spend.lines['mirror-sessions']
  const processed = await processedOf(plane, record, now(), notes)
  const billed = await billedOf(plane, experiment, now(), notes)
  return {
    experiment: experiment.id,
    at: now().toISOString(),
    metered: {
      basis: 'metered',
      totalUsd: experiment.spend.totalUsd,
      sessionsUsd,
      bytes: Math.round(outerGb(experiment.volume) * BYTES_PER_GB),
    },
    processed,
    billed:
      billed && compareBilled(billed.lines, { final: billed.final, readAt: billed.readAt }, sessionsUsd),
    notes,
  }
}

const processedOf = async (
  plane: ControlPlane,
  { experiment, life }: ExperimentRecord,
  now: Date,
  notes: string[],
): Promise<Reconciliation['processed']> => {
  const { mirroringSince, meteredAt, volume } = experiment
  if (mirroringSince === null || meteredAt === null) {
    notes.push('Nothing has been mirrored yet.')
    return null
  }
  const { processedBytes } = await import('../billing/load-balancer.ts')
  const until = new Date(meteredAt)
  try {
    const bytes = await processedBytes(plane.clients.cloudwatch, plane.config.loadBalancer, {
      from: new Date(mirroringSince),
      until,
      now,
    })
    if (bytes === null) {
      notes.push('CloudWatch has no count of the load balancer for that time.')
      return null
    }
    const elapsed = (until.getTime() - Date.parse(life.preparingSince ?? mirroringSince)) / 1000
    // Load balancer seconds are divided among those who use it: less than the time that passed means others did.
    const shared = life.standingSeconds < 0.999 * elapsed
    const received = outerGb(volume) * BYTES_PER_GB
    const prices = await plane.prices.of(life.prices)
    return compareProcessed(
      bytes,
      received,
      { shared, live: experiment.phase !== 'ended', crossAzShare: life.crossAzShare },
      prices,
    )
  } catch (error) {
    notes.push(`CloudWatch could not be read: ${errorText(error)}.`)
    return null
  }
}

/** Cost Explorer is about a day late, and each request costs a cent: it is asked once a day until it is final. */
const billedOf = async (
  { table, clients }: ControlPlane,
  experiment: Experiment,
  now: Date,
  notes: string[],
): Promise<BillRecord | null> => {
  const { id, endedAt, createdAt } = experiment
  if (endedAt === null || now.getTime() - Date.parse(endedAt) < DAY_MS) {
    notes.push('AWS’s bill is asked for a day after the end: Cost Explorer is about so late.')
    return null
  }
  const known = await readStoredBill(table, id)
  const bill =
    known && (known.final || now.getTime() - Date.parse(known.readAt) < DAY_MS)
      ? known
      : await askForBill(table, clients, id, { from: new Date(createdAt), until: new Date(endedAt) }, now)
  if (bill.problem !== null) notes.push(`Cost Explorer could not be read: ${bill.problem}.`)
  else if (bill.lines.length === 0)
    notes.push(
      `Cost Explorer has nothing with the tag ${TAG.experiment}: activate it as a cost allocation tag in AWS Billing.`,
    )
  return bill.lines.length > 0 ? bill : null
}

const askForBill = async (
  table: ControlPlane['table'],
  clients: ControlPlane['clients'],
  id: string,
  span: { from: Date; until: Date },
  now: Date,
): Promise<BillRecord> => {
  const { readBill } = await import('../billing/bill.ts')
  const readAt = now.toISOString()
  const bill = await readBill(clients.costExplorer, id, span).then(
    (read): BillRecord => ({ ...read, final: read.final && read.lines.length > 0, readAt, problem: null }),
    (error: unknown): BillRecord => ({ lines: [], final: false, readAt, problem: errorText(error) }),
  )
  await writeStoredBill(table, id, bill)
  return bill
}
