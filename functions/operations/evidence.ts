import type { Catalogue } from '../../contract/catalogue.ts'
import { Evidence } from '../../contract/evidence.ts'
import type { Handler } from '../../contract/operation.ts'
import { collectEvidence } from '../evidence/collect.ts'
import { FILES, type Format, sha256, textOf } from '../evidence/files.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import type { Context } from './context.ts'
import { requireEvidence } from './records.ts'

export const getEvidence: Handler<Catalogue['getEvidence'], Context> = async ({ params }, context) => {
  const record = await requireEvidence(context.table, params.id)
  const stored = await readStored(context, record, 'json')
  // One of an older release may not have today’s shape.
  const evidence = stored === null ? undefined : Evidence.safeParse(JSON.parse(stored)).data
  return evidence ?? collectEvidence(await context.plane(), record, context.now())
}

export const renderEvidence: Handler<Catalogue['renderEvidence'], Context> = async ({ params }, context) => {
  const { format } = params
  const record = await requireEvidence(context.table, params.id)
  const text =
    (await readStored(context, record, format)) ??
    textOf(await collectEvidence(await context.plane(), record, context.now()), format)
  return { mediaType: FILES[format].mediaType, text, sha256: sha256(text) }
}

/** Null when nothing is stored, or it cannot be read as it was stored: S3’s lifecycle may have ended it. */
const readStored = async (
  { plane }: Context,
  { experiment }: ExperimentRecord,
  format: Format,
): Promise<string | null> => {
  if (experiment.evidence === null) return null
  const [{ clients, log }, bucket] = await Promise.all([plane(), import('../evidence/bucket.ts')])
  try {
    return await bucket.getEvidence(clients.s3, experiment.evidence, format)
  } catch (error) {
    log('warn', 'stored evidence could not be read', { experiment: experiment.id, error: String(error) })
    return null
  }
}
