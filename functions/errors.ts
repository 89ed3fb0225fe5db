import type { Problem, ProblemKind } from '../contract/problem.ts'

type FieldErrors = NonNullable<Problem['errors']>

/** What the API answers instead of a result. `message` is shown to the caller: no internals in it. */
export class ProblemError extends Error {
  readonly kind: ProblemKind
  readonly errors: FieldErrors | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(
    kind: ProblemKind,
    detail: string,
    more: ErrorOptions & { errors?: FieldErrors; headers?: Record<string, string> } = {},
  ) {
    super(detail, more)
    this.name = 'ProblemError'
    this.kind = kind
    this.errors = more.errors
    this.headers = more.headers ?? {}
  }
}

/** One wrong field, with what would be right. Path as body.window.durationSeconds. */
export const wrongField = (path: string, message: string, options?: ErrorOptions): ProblemError =>
  new ProblemError('invalid', `${path}: ${message}`, { ...options, errors: [{ path, message }] })
