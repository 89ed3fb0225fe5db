import * as z from 'zod'
import { AuditEntry, TrailEntry } from '../audit.ts'
import { ExperimentId } from '../experiment.ts'
import { operation } from '../operation.ts'
import { nextToken, Page } from './page.ts'

export const listAudit = operation({
  id: 'listAudit',
  route: 'GET /audit',
  summary: 'List who changed what, when and why, of experiments, schedules and budgets, the newest first',
  params: z.strictObject({}),
  query: z.strictObject(Page),
  body: z.undefined(),
  result: z.strictObject({ entries: z.array(TrailEntry), nextToken }),
  status: 200,
  idempotent: false,
})

export const listExperimentAudit = operation({
  id: 'listExperimentAudit',
  route: 'GET /experiments/{id}/audit',
  summary: 'List who changed what of one experiment, when and why, in order of time',
  params: z.strictObject({ id: ExperimentId }),
  query: z.strictObject(Page),
  body: z.undefined(),
  result: z.strictObject({ entries: z.array(AuditEntry), nextToken }),
  status: 200,
  idempotent: false,
})
