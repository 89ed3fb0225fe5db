import type { Catalogue } from './catalogue.ts'
import type { Role } from './role.ts'

/** The role that each operation needs. A new operation without one does not compile. */
export const OPERATION_ROLES: Readonly<Record<keyof Catalogue, Role>> = {
  getCaller: 'viewer',
  planExperiment: 'viewer',
  createExperiment: 'operator',
  approveExperiment: 'approver',
  listExperiments: 'viewer',
  getExperiment: 'viewer',
  stopExperiment: 'operator',
  killExperiment: 'operator',
  pauseExperiment: 'operator',
  resumeExperiment: 'operator',
  extendExperiment: 'operator',
  listMeter: 'viewer',
  getLedger: 'viewer',
  getReconciliation: 'viewer',
  getVerdict: 'viewer',
  getComparison: 'viewer',
  listNoise: 'viewer',
  decideNoise: 'operator',
  getEvidence: 'viewer',
  renderEvidence: 'viewer',
  deleteEvidence: 'admin',
  listRecords: 'viewer',
  readRecord: 'approver',
  deleteRecords: 'operator',
  listBudgets: 'viewer',
  setBudget: 'admin',
  listExperimentAudit: 'viewer',
  listSources: 'viewer',
  listAudit: 'viewer',
  previewSource: 'viewer',
  previewSchedule: 'viewer',
  createSchedule: 'operator',
  listSchedules: 'viewer',
  getSchedule: 'viewer',
  changeSchedule: 'operator',
  deleteSchedule: 'operator',
}

/** Whether somebody with these roles may do what needs that one. */
export const mayAct = (roles: readonly Role[], needed: Role): boolean =>
  roles.includes('admin') ||
  roles.includes(needed) ||
  (needed === 'viewer' && (roles.includes('operator') || roles.includes('approver')))
