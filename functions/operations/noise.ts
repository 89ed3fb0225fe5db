import type { Catalogue } from '../../contract/catalogue.ts'
import type { Experiment } from '../../contract/experiment.ts'
import type { Handler } from '../../contract/operation.ts'
import { auditEntry } from '../experiments/audit.ts'
import { decisionsOf, noiseList } from '../experiments/noise.ts'
import { appendAudit } from '../store/audit.ts'
import { readComparison } from '../store/comparisons.ts'
import { rememberActive } from '../store/experiments.ts'
import { readNoise, writeNoise } from '../store/noise.ts'
import type { Table } from '../store/table.ts'
import type { Context } from './context.ts'
import { changeRecord, requireEvidence } from './records.ts'

export const listNoise: Handler<Catalogue['listNoise'], Context> = async ({ params }, { table }) => {
  const { experiment } = await requireEvidence(table, params.id)
  return { places: await placesOf(table, experiment) }
}

/** Of ended experiments too: what somebody decides is judged at the next reading. */
export const decideNoise: Handler<Catalogue['decideNoise'], Context> = async (
  { params, body },
  { config, table, caller, now },
) => {
  const { experiment } = await requireEvidence(table, params.id)
  const { decision, reason = null, ...place } = body
  const what = `noise ${decision}: ${place.endpoint}, ${place.kind} ${place.path}`
  // Told first: a decision that nobody is named for must not be.
  await appendAudit(table, auditEntry(experiment, experiment, { who: caller, what, why: reason }, now()))
  await writeNoise(table, params.id, { ...place, decision, by: caller, at: now().toISOString() })
  if (experiment.phase === 'ended' && config.evidenceBucket !== null) await storeAnew(table, params.id, now())
  return { places: await placesOf(table, experiment) }
}

/** What is stored says otherwise now. */
const storeAnew = async (table: Table, id: string, now: Date): Promise<void> => {
  const { experiment } = await changeRecord(table, id, undefined, ({ experiment, life }) => ({
    experiment: { ...experiment, evidence: null },
    life: { ...life, evidenceChangedAt: now.toISOString() },
  }))
  await rememberActive(table, experiment)
}

const placesOf = async (table: Table, experiment: Experiment) => {
  const { id } = experiment
  const [{ endpoints }, since] = await Promise.all([readComparison(table, id), readNoise(table, id)])
  return noiseList(endpoints, decisionsOf(experiment, since))
}
