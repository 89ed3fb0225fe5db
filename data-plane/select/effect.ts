import type { Selection } from '../../contract/selection.ts'
import type { Request } from '../http/exchange.ts'
import { isGraphqlRead } from './graphql.ts'
import { compileMatch, type Facts } from './match.ts'

/** read: changes nothing; allowed: a write that the spec lets through; write: any other. */
export type Effect = 'read' | 'allowed' | 'write'

/**
 * What a request does, by its method (RFC 9110 section 9.2.1; TRACE is left out) and by what the spec declares: reads over
 * POST, and writes that may go. A rule that cannot be applied to a request lets nothing through.
 */
export const compileEffect = ({
  reads,
  graphql,
  writes,
}: Selection): ((request: Request, facts: Facts) => Effect) => {
  const declared = reads.map((match) => compileMatch(match))
  const spoken = graphql.map((match) => compileMatch(match))
  const allowed = writes.map((match) => compileMatch(match))
  return (request, facts) => {
    if (isSafeMethod(request.method)) return 'read'
    const isOf = (matches: readonly ReturnType<typeof compileMatch>[]) =>
      matches.some((answer) => answer(request, facts) === 'yes')
    if (request.method === 'POST' && (isOf(declared) || (isOf(spoken) && isGraphqlRead(request))))
      return 'read'
    return isOf(allowed) ? 'allowed' : 'write'
  }
}

export const isSafeMethod = (method: string): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
