import { listAudit, listExperimentAudit } from './operations/audit.ts'
import { listBudgets, setBudget } from './operations/budgets.ts'
import { getCaller } from './operations/caller.ts'
import { deleteEvidence, getEvidence, renderEvidence } from './operations/evidence.ts'
import {
  approveExperiment,
  createExperiment,
  extendExperiment,
  getExperiment,
  getLedger,
  getReconciliation,
  killExperiment,
  listExperiments,
  listMeter,
  pauseExperiment,
  planExperiment,
  resumeExperiment,
  stopExperiment,
} from './operations/experiments.ts'
import { decideNoise, listNoise } from './operations/noise.ts'
import { deleteRecords, listRecords, readRecord } from './operations/records.ts'
import {
  changeSchedule,
  createSchedule,
  deleteSchedule,
  getSchedule,
  listSchedules,
  previewSchedule,
} from './operations/schedules.ts'
import { listSources, previewSource } from './operations/sources.ts'
import { getComparison, getVerdict } from './operations/verdict.ts'

/** Every operation of the API, once. */
export const catalogue = {
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
export type Catalogue = typeof catalogue
