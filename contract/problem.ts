import * as z from 'zod'

/** Every kind of problem the API answers with; the type’s URN never changes. */
export const PROBLEMS = {
  invalid: { status: 400, title: 'The request is not valid' },
  unauthorized: { status: 401, title: 'Sign in first' },
  forbidden: { status: 403, title: 'Not allowed' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'This address does not answer that method' },
  conflict: { status: 409, title: 'It changed in the meantime, or is in a phase that does not allow this' },
  'idempotency-mismatch': { status: 409, title: 'The Idempotency-Key was used before with another request' },
  gone: { status: 410, title: 'It was deleted' },
  'too-large': { status: 413, title: 'The request is too large' },
  'not-startable': { status: 422, title: 'The experiment cannot start' },
  throttled: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Shadowmeter failed to answer' },
  unavailable: { status: 503, title: 'A service that Shadowmeter needs does not answer' },
} as const
export type ProblemKind = keyof typeof PROBLEMS
const kinds = Object.keys(PROBLEMS) as ProblemKind[]

export const problemType = (kind: ProblemKind): `urn:shadowmeter:problem:${ProblemKind}` =>
  `urn:shadowmeter:problem:${kind}`

/** RFC 9457 problem details. */
export const Problem = z
  .object({
    type: z.enum(kinds.map(problemType)),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('what was wrong, and what would be right'),
    instance: z.string().optional().describe('the request’s id, to find it in the logs'),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe('one entry per wrong field, path as body.window.durationSeconds'),
  })
  .meta({ id: 'Problem' })
export type Problem = z.output<typeof Problem>
