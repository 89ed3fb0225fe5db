/** What a request may contain, written once per action; queries, JSON and REST are all read through it. */
export type Shape<T = unknown, R extends boolean = boolean> = {
  readonly kind: Kind
  readonly required: R
  /** Phantom: only the compiler reads it. */
  readonly type?: T
}

type Kind =
  | { is: 'string'; oneOf?: readonly string[] }
  | { is: 'integer' }
  | { is: 'double' }
  | { is: 'boolean' }
  | { is: 'timestamp' }
  | { is: 'list'; item: Shape; wire: string | undefined }
  | { is: 'map'; value: Shape; wire: string | undefined }
  | { is: 'structure'; members: Members }

export type Members = Readonly<Record<string, Shape>>

export type Infer<M extends Members> = {
  [K in keyof M as M[K] extends Shape<unknown, true> ? K : never]: Value<M[K]>
} & { [K in keyof M as M[K] extends Shape<unknown, true> ? never : K]?: Value<M[K]> | undefined }

type Value<S> = S extends Shape<infer T, boolean> ? T : never

const optional = <T>(kind: Kind): Shape<T, false> => ({ kind, required: false })

export const string = optional<string>({ is: 'string' })
export const integer = optional<number>({ is: 'integer' })
export const double = optional<number>({ is: 'double' })
export const boolean = optional<boolean>({ is: 'boolean' })
/** Milliseconds since 1970 when read. */
export const timestamp = optional<number>({ is: 'timestamp' })

export const oneOf = <const V extends string>(...values: readonly V[]): Shape<V, false> =>
  optional<V>({ is: 'string', oneOf: values })

/** `wire` is the name in a query when it differs from the member's (EC2: TagSpecification.1 for TagSpecifications). */
export const list = <T>(item: Shape<T, boolean>, wire?: string): Shape<T[], false> =>
  optional<T[]>({ is: 'list', item, wire })

export const map = <T>(value: Shape<T, boolean>, wire?: string): Shape<Record<string, T>, false> =>
  optional<Record<string, T>>({ is: 'map', value, wire })

export const structure = <M extends Members>(members: M): Shape<Infer<M>, false> =>
  optional<Infer<M>>({ is: 'structure', members })

export const required = <T>(shape: Shape<T, boolean>): Shape<T, true> => ({ ...shape, required: true })

/** A request that does not have its shape. Each service says it in its own words. */
export class ShapeProblem extends Error {
  readonly problem: 'missing' | 'invalid' | 'unknown'
  /** Path of the member, as the caller wrote it. */
  readonly member: string

  constructor(problem: 'missing' | 'invalid' | 'unknown', member: string, message: string) {
    super(message)
    this.problem = problem
    this.member = member
  }
}

export function missing(path: string): ShapeProblem {
  return new ShapeProblem('missing', path, `The request must contain the parameter ${path}`)
}

export function unknownMember(path: string): ShapeProblem {
  return new ShapeProblem(
    'unknown',
    path,
    `The parameter ${path} is not recognized by the local AWS endpoints`,
  )
}

export function invalid(path: string, value: unknown, wanted: string): ShapeProblem {
  return new ShapeProblem(
    'invalid',
    path,
    `Value (${String(value)}) for parameter ${path} is invalid. ${wanted}.`,
  )
}

export function checkEnum(kind: Kind & { is: 'string' }, value: string, path: string): string {
  if (kind.oneOf && !kind.oneOf.includes(value)) {
    throw invalid(path, value, `Expecting one of ${kind.oneOf.join(', ')}`)
  }
  return value
}
