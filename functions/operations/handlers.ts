import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import { approveExperiment } from './approve-experiment.ts'
import { listAudit, listExperimentAudit } from './audit.ts'
import { listBudgets, setBudget } from './budgets.ts'
import { getCaller } from './caller.ts'
import type { Context } from './context.ts'
import { createExperiment } from './create-experiment.ts'
import { deleteEvidence } from './delete-evidence.ts'
import { getEvidence, renderEvidence } from './evidence.ts'
import { extendExperiment } from './extend-experiment.ts'
import { getLedger } from './ledger.ts'
import { listMeter } from './meter.ts'
import { decideNoise, listNoise } from './noise.ts'
import { pauseExperiment, resumeExperiment } from './pause-experiment.ts'
import { planExperiment } from './plan-experiment.ts'
import { getExperiment, listExperiments } from './read-experiments.ts'
import { getReconciliation } from './reconciliation.ts'
import { deleteRecords, listRecords, readRecord } from './recordings.ts'
import {
  changeSchedule,
  createSchedule,
  deleteSchedule,
  getSchedule,
  listSchedules,
  previewSchedule,
} from './schedules.ts'
import { listSources, previewSource } from './sources.ts'
import { killExperiment, stopExperiment } from './stop-experiment.ts'
import { getComparison, getVerdict } from './verdict.ts'

/** The compiler refuses a catalogue entry without a handler, and a handler whose result does not fit. */
export const handlers: { readonly [Id in keyof Catalogue]: Handler<Catalogue[Id], Context> } = {
  getCaller,
  planExperiment,
  createExperiment,
  approveExperiment,
  listExperiments,
  getExperiment,
  stopExperiment,
  killExperiment,
  pauseExperiment,
  resumeExperiment,
  extendExperiment,
  listMeter,
  getLedger,
  getReconciliation,
  getVerdict,
  getComparison,
  listNoise,
  decideNoise,
  getEvidence,
  renderEvidence,
  deleteEvidence,
  listRecords,
  readRecord,
  deleteRecords,
  listExperimentAudit,
  listSources,
  listAudit,
  previewSource,
  previewSchedule,
  createSchedule,
  listSchedules,
  getSchedule,
  changeSchedule,
  deleteSchedule,
  listBudgets,
  setBudget,
}
