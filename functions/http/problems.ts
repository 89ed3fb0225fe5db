import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { PROBLEMS, type Problem, problemType } from '../../contract/problem.ts'
import { ProblemError, wrongField } from '../errors.ts'

/** Headers of every answer: nothing the API says may be kept or guessed at. */
export const COMMON_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const

/** RFC 9457 problem details as an answer. */
export const problemAnswer = (
  problem: ProblemError,
  requestId: string,
): APIGatewayProxyStructuredResultV2 => {
  const { status, title } = PROBLEMS[problem.kind]
  const body: Problem = {
    type: problemType(problem.kind),
    title,
    status,
    detail: problem.message,
    instance: requestId,
    ...(problem.errors && { errors: problem.errors }),
  }
  return {
    statusCode: status,
    headers: { ...COMMON_HEADERS, ...problem.headers, 'content-type': 'application/problem+json' },
    body: JSON.stringify(body),
  }
}

/** Errors that mean: an AWS service does not answer, or not now. By the names that the SDK gives them. */
const UNAVAILABLE =
  /^(TimeoutError|NetworkingError|ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|Throttling.*|TooManyRequestsException|RequestLimitExceeded|ProvisionedThroughputExceededException|ServiceUnavailable.*|InternalServer(Error|Exception)|InternalError|Unavailable)$/

const isUnavailable = (error: Error & { code?: unknown; $fault?: unknown }): boolean =>
  UNAVAILABLE.test(error.name) || (typeof error.code === 'string' && UNAVAILABLE.test(error.code))

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

/** What the caller is told about an error. Anything unforeseen is told as such and no more: the log has the rest. */
export const problemOf = (error: unknown): ProblemError => {
  if (error instanceof ProblemError) return error
  const known = error instanceof Error ? error : new Error(String(error))
  switch (known.name) {
    case 'BadToken':
    case 'BadInterfaceToken':
      return wrongField('query.nextToken', known.message, { cause: error })
    case 'VersionConflict':
    case 'WrongPhase':
      return new ProblemError('conflict', sentence(known.message), { cause: error })
  }
  if (isUnavailable(known))
    return new ProblemError('unavailable', 'An AWS service did not answer in time. Try again in a moment.', {
      cause: error,
      headers: { 'retry-after': '5' },
    })
  return new ProblemError(
    'internal',
    'Something unforeseen happened. The request’s id finds it in the logs.',
    {
      cause: error,
    },
  )
}
