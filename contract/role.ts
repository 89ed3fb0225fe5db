import * as z from 'zod'
import type { Catalogue } from './catalogue.ts'

/**
 * viewer: reads and plans; operator: starts, changes and ends experiments, too; approver: reads, records too, and approves
 * what an operator asked for; admin: all of it, the budgets of owners and the deletion of evidence, though never the approval of what the same person asked for.
 */
export const ROLES = ['viewer', 'operator', 'approver', 'admin'] as const
export const Role = z.enum(ROLES).meta({ id: 'Role' })
export type Role = z.output<typeof Role>

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

/** A group’s name as API Gateway hands it on among others: “[a b]”, so that one with a space would be read as two. */
const Group = z.string().regex(/^[^\s,[\]]{1,128}$/, 'is the name of a group, without spaces and commas')
const Principal = z
  .string()
  .regex(
    /^arn:aws[\w-]*:iam::\d{12}:(role|user)\/[\w+=,.@/-]+$/,
    'is the ARN of an IAM role or user, like arn:aws:iam::111122223333:role/pipeline',
  )
const members = z.array(z.union([Principal, Group])).default([])

/** Who has which role: groups of the OIDC provider, and IAM roles and users by their ARN. */
export const RoleMembers = z.strictObject({
  claim: z.string().min(1).default('groups').describe('the claim of a token that names a person’s groups'),
  viewer: members,
  operator: members,
  approver: members,
  admin: members,
})
export type RoleMembers = z.output<typeof RoleMembers>
