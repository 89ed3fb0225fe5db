import * as z from 'zod'
import { EVIDENCE_FORMATS, Evidence, EvidencePage } from '../evidence.ts'
import { Experiment, ExperimentId } from '../experiment.ts'
import { operation } from '../operation.ts'

export const getEvidence = operation({
  id: 'getEvidence',
  route: 'GET /experiments/{id}/evidence',
  summary: 'Read the evidence package: what was mirrored, compared, spent and changed, and the verdict',
  params: z.strictObject({ id: ExperimentId }),
  query: z.strictObject({}),
  body: z.undefined(),
  result: Evidence,
  status: 200,
  idempotent: false,
})

export const renderEvidence = operation({
  id: 'renderEvidence',
  route: 'GET /experiments/{id}/evidence/{format}',
  summary: 'Read the evidence package as one HTML page, or as Markdown for a pull request',
  params: z.strictObject({ id: ExperimentId, format: z.enum(EVIDENCE_FORMATS) }),
  query: z.strictObject({}),
  body: z.undefined(),
  result: EvidencePage,
  status: 200,
  idempotent: false,
})

export const deleteEvidence = operation({
  id: 'deleteEvidence',
  route: 'DELETE /experiments/{id}/evidence',
  summary:
    'Delete the evidence of an ended experiment for good: what it was made of, every stored version, and its records',
  params: z.strictObject({ id: ExperimentId }),
  query: z.strictObject({
    reason: z.string().trim().min(1).max(500).describe('kept with the experiment and in the audit trail'),
  }),
  body: z.undefined(),
  result: Experiment,
  status: 202,
  idempotent: false,
})
