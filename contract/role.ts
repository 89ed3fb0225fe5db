import * as z from 'zod'

/**
 * viewer: reads and plans; operator: starts, changes and ends experiments, too; approver: reads, records too, and approves
 * what an operator asked for; admin: all of it, the budgets of owners and the deletion of evidence, though never the approval of what the same person asked for.
 */
export const ROLES = ['viewer', 'operator', 'approver', 'admin'] as const
export const Role = z.enum(ROLES).meta({ id: 'Role' })
export type Role = z.output<typeof Role>

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
