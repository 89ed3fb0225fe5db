import { ROLES, type Role, type RoleMembers } from '../../contract/role.ts'

/** What an authorizer has proven about a caller. */
export type Identity =
  | { by: 'token'; claims: Readonly<Record<string, unknown>> }
  | { by: 'iam'; arn: string }
  | { by: 'machine' }

/**
 * Null members: the deployment names nobody. Then IAM’s own policies, which let a principal call the API, decide alone, and
 * people may look. Whoever is at the machine of a local system may do everything.
 */
export const rolesOf = (identity: Identity, members: RoleMembers | null): Role[] => {
  if (identity.by === 'machine') return ['admin']
  if (members === null) return identity.by === 'iam' ? ['admin'] : ['viewer']
  const is =
    identity.by === 'iam' ? isPrincipal(identity.arn) : isGroup(groupsOf(identity.claims[members.claim]))
  return ROLES.filter((role) => members[role].some(is))
}

const isGroup = (groups: ReadonlySet<string>) => (member: string) =>
  !member.startsWith('arn:') && groups.has(member)

/** The ARN of an assumed role has no path: arn:aws:sts::111122223333:assumed-role/NAME/SESSION. */
const isPrincipal = (arn: string) => {
  const [, partition, account, name] =
    /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([^/]+)\/[^/]+$/.exec(arn) ?? []
  if (name === undefined) return (member: string) => member.startsWith('arn:') && member === arn
  const role = new RegExp(`^arn:${partition}:iam::${account}:role/(?:.*/)?${escaped(name)}$`)
  return (member: string) => role.test(member)
}

/** An array, or what an HTTP API makes of one: “[a b]”; some providers send “a,b”. */
const groupsOf = (claim: unknown): ReadonlySet<string> => {
  if (Array.isArray(claim)) return new Set(claim.filter((one) => typeof one === 'string'))
  if (typeof claim !== 'string') return new Set()
  const [, inner] = /^\[(.*)\]$/s.exec(claim) ?? []
  return new Set(
    (inner === undefined ? claim.split(',') : inner.split(/[\s,]+/)).map((one) =>
      one.trim().replace(/^"(.*)"$/, '$1'),
    ),
  )
}

/** A role’s name has letters, digits and these: + = , . @ - _ */
const escaped = (name: string): string => name.replace(/[+.]/g, '\\$&')
