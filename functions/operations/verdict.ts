import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import { Thresholds } from '../../contract/thresholds.ts'
import { judge } from '../experiments/verdict.ts'
import { readComparison } from '../store/comparisons.ts'
import { readNoise } from '../store/noise.ts'
import { readResources } from '../store/resources.ts'
import type { Context } from './context.ts'
import { requireEvidence } from './records.ts'

/** Judged anew at each reading, from what the gateways have written by then. */
export const getVerdict: Handler<Catalogue['getVerdict'], Context> = async ({ params }, { table, now }) => {
  const [{ experiment }, comparison, decisions, { tallies }] = await Promise.all([
    requireEvidence(table, params.id),
    readComparison(table, params.id),
    readNoise(table, params.id),
    readResources(table, params.id),
  ])
  const thresholds = Thresholds.parse(experiment.spec.verdict ?? {})
  return judge(experiment, comparison, thresholds, now(), { decisions, resources: tallies })
}

/** The endpoints with the most requests first. */
export const getComparison: Handler<Catalogue['getComparison'], Context> = async ({ params }, { table }) => {
  await requireEvidence(table, params.id)
  const comparison = await readComparison(table, params.id)
  return { ...comparison, endpoints: comparison.endpoints.toSorted((a, b) => b.compared - a.compared) }
}
