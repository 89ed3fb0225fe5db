import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import * as z from 'zod'
import { mayAct } from '../../contract/permission.ts'
import type { Role } from '../../contract/role.ts'
import { ProblemError } from '../errors.ts'
import type { Identity } from './roles.ts'

export type Caller = { name: string; identity: Identity }

/** The authorizers of an HTTP API that Shadowmeter uses: OIDC for people (a JWT), IAM for pipelines (SigV4). */
const Authorizer = z.union([
  z
    .object({
      jwt: z.object({ claims: z.looseObject({ sub: z.string().min(1), email: z.string().optional() }) }),
    })
    .transform(
      ({ jwt: { claims } }): Caller => ({
        name: claims.email ?? claims.sub,
        identity: { by: 'token', claims },
      }),
    ),
  z
    .object({ iam: z.object({ userArn: z.string().min(1) }) })
    .transform(({ iam }): Caller => ({ name: iam.userArn, identity: { by: 'iam', arn: iam.userArn } })),
])

/**
 * Who calls: a person’s email or subject, or a role’s ARN. A request that no authorizer has seen is the anonymous
 * caller’s where there is one (a local system), else it is refused.
 */
export const callerOf = (event: APIGatewayProxyEventV2, anonymous: string | null): Caller => {
  const { authorizer } = event.requestContext as { authorizer?: unknown }
  const known = Authorizer.safeParse(authorizer)
  if (known.success) return known.data
  if (anonymous !== null && authorizer === undefined) return { name: anonymous, identity: { by: 'machine' } }
  throw new ProblemError('unauthorized', 'Sign the request with IAM (SigV4), or send an access token.')
}

/**
 * A browser may send simple requests to any address without asking: another site’s page must not be able to start or
 * stop anything. Browsers say where a request comes from, and pages cannot change it (Fetch Metadata).
 */
export const refuseForeignPages = (event: APIGatewayProxyEventV2): void => {
  const site = event.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new ProblemError('forbidden', 'Pages of other sites may not change anything here.')
}

/** @throws ProblemError forbidden */
export const refuseWithout = (needed: Role, caller: string, roles: readonly Role[]): void => {
  if (mayAct(roles, needed)) return
  const has = roles.length === 0 ? 'no role here' : roles.join(' and ')
  throw new ProblemError('forbidden', `This needs the role ${needed}; ${caller} has ${has}.`)
}
