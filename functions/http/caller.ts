import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import * as z from 'zod'
import { ProblemError } from '../errors.ts'

/** The authorizers of an HTTP API that Shadowmeter uses: OIDC for people (a JWT), IAM for pipelines (SigV4). */
const Authorizer = z.union([
  z
    .object({
      jwt: z.object({ claims: z.looseObject({ sub: z.string().min(1), email: z.string().optional() }) }),
    })
    .transform(({ jwt: { claims } }) => claims.email ?? claims.sub),
  z.object({ iam: z.object({ userArn: z.string().min(1) }) }).transform(({ iam }) => iam.userArn),
])

/**
 * Who calls: a person’s email or subject, or a role’s ARN. A request that no authorizer has seen is the anonymous
 * caller’s where there is one (a local system), else it is refused.
 */
export const callerOf = (event: APIGatewayProxyEventV2, anonymous: string | null): string => {
  const { authorizer } = event.requestContext as { authorizer?: unknown }
  const known = Authorizer.safeParse(authorizer)
  if (known.success) return known.data
  if (anonymous !== null && authorizer === undefined) return anonymous
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
