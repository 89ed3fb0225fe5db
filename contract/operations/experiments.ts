import * as z from 'zod'
import { Experiment, ExperimentId, ExperimentSpec } from '../experiment.ts'
import { LedgerPage } from '../ledger.ts'
import { MeterPoint } from '../meter.ts'
import { operation } from '../operation.ts'
import { Plan } from '../plan.ts'
import { Reconciliation } from '../reconciliation.ts'
import { approveExamples, extendExamples, reasonExamples, specExamples } from './examples.ts'
import { nextToken, Page } from './page.ts'

const none = z.strictObject({})
const noBody = z.undefined()
const ById = z.strictObject({ id: ExperimentId })

const Reason = z.string().trim().min(1).max(500).describe('kept in the audit trail')
const IfRevision = z
  .int()
  .nonnegative()
  .describe('refused as a conflict unless this is still the experiment’s revision')

const Change = z
  .strictObject({ reason: Reason.exactOptional(), ifRevision: IfRevision.exactOptional() })
  .default({})

export const planExperiment = operation({
  id: 'planExperiment',
  route: 'POST /plans',
  summary: 'Show what an experiment would mirror, create and cost, without starting it',
  params: none,
  query: none,
  body: ExperimentSpec,
  result: Plan,
  status: 200,
  idempotent: false,
  examples: specExamples,
})

export const createExperiment = operation({
  id: 'createExperiment',
  route: 'POST /experiments',
  summary: 'Start or schedule an experiment',
  params: none,
  query: none,
  body: ExperimentSpec,
  result: Experiment,
  status: 201,
  idempotent: true,
  examples: specExamples,
})

export const listExperiments = operation({
  id: 'listExperiments',
  route: 'GET /experiments',
  summary: 'List experiments, the newest first',
  params: none,
  query: z.strictObject(Page),
  body: noBody,
  result: z.strictObject({ experiments: z.array(Experiment), nextToken }),
  status: 200,
  idempotent: false,
})

export const getExperiment = operation({
  id: 'getExperiment',
  route: 'GET /experiments/{id}',
  summary: 'Read one experiment',
  params: ById,
  query: none,
  body: noBody,
  result: Experiment,
  status: 200,
  idempotent: false,
})

export const stopExperiment = operation({
  id: 'stopExperiment',
  route: 'POST /experiments/{id}/stop',
  summary: 'Stop mirroring now, finish what is in flight and take everything down',
  params: ById,
  query: none,
  body: Change,
  result: Experiment,
  status: 202,
  idempotent: false,
  examples: reasonExamples,
})

export const killExperiment = operation({
  id: 'killExperiment',
  route: 'POST /experiments/{id}/kill',
  summary:
    'End at once: like a stop, but what the gateways have in flight is dropped and nothing is waited for',
  params: ById,
  query: none,
  body: Change,
  result: Experiment,
  status: 202,
  idempotent: false,
  examples: reasonExamples,
})

export const pauseExperiment = operation({
  id: 'pauseExperiment',
  route: 'POST /experiments/{id}/pause',
  summary: 'Mirror nothing until it is resumed; sessions stay, and their hours go on',
  params: ById,
  query: none,
  body: Change,
  result: Experiment,
  status: 202,
  idempotent: false,
  examples: reasonExamples,
})

export const resumeExperiment = operation({
  id: 'resumeExperiment',
  route: 'POST /experiments/{id}/resume',
  summary: 'Mirror again after a pause',
  params: ById,
  query: none,
  body: Change,
  result: Experiment,
  status: 202,
  idempotent: false,
  examples: reasonExamples,
})

export const extendExperiment = operation({
  id: 'extendExperiment',
  route: 'POST /experiments/{id}/extend',
  summary: 'Move the end of a running experiment, within a budget that affords it',
  params: ById,
  query: none,
  body: z.strictObject({
    bySeconds: z
      .int()
      .min(1)
      .max(7 * 86_400),
    budgetUsd: z
      .number()
      .positive()
      .max(100_000)
      .exactOptional()
      .describe('a new budget; the old one when left out'),
    reason: Reason.exactOptional(),
    ifRevision: IfRevision.exactOptional(),
  }),
  result: Experiment,
  status: 200,
  idempotent: false,
  examples: extendExamples,
})

export const approveExperiment = operation({
  id: 'approveExperiment',
  route: 'POST /experiments/{id}/approve',
  summary: 'Approve, as a second person, what waits for it: a start or a later end',
  params: ById,
  query: none,
  body: z.strictObject({ reason: Reason, ifRevision: IfRevision }),
  result: Experiment,
  status: 200,
  idempotent: false,
  examples: approveExamples,
})

export const listMeter = operation({
  id: 'listMeter',
  route: 'GET /experiments/{id}/meter',
  summary: 'Read the meter’s points in order of time',
  params: ById,
  query: z.strictObject({
    ...Page,
    maxResults: z.coerce.number().int().min(1).max(1000).default(500),
    after: z.iso.datetime().exactOptional().describe('only points later than this'),
  }),
  body: noBody,
  result: z.strictObject({ points: z.array(MeterPoint), nextToken }),
  status: 200,
  idempotent: false,
})

export const getReconciliation = operation({
  id: 'getReconciliation',
  route: 'GET /experiments/{id}/reconciliation',
  summary: 'Compare what was metered with the load balancer’s own count and with AWS’s bill',
  params: ById,
  query: none,
  body: noBody,
  result: Reconciliation,
  status: 200,
  idempotent: false,
})

export const getLedger = operation({
  id: 'getLedger',
  route: 'GET /experiments/{id}/ledger',
  summary: 'Read what was used and owed: every quantity with its price, mirror sessions page by page',
  params: ById,
  query: z.strictObject(Page),
  body: noBody,
  result: LedgerPage,
  status: 200,
  idempotent: false,
})
