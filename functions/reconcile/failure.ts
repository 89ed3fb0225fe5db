import type { Action } from '../experiments/actions.ts'
import { isNotFound } from '../mirror/errors.ts'

/**
 * What a failed action means for the run: wait a moment, leave all to the next tick, leave this one, go on without what
 * was refused, or give up.
 */
export type Severity = 'wait' | 'halt' | 'skip' | 'refused' | 'fatal'

const THROTTLED = /Throttl|RequestLimitExceeded|TooManyRequests|SlowDown|LimitExceededException$/
/** Faults of a client that are about the moment and not about the request. */
const MOMENTARY =
  /^(RequestExpired|ExpiredToken(Exception)?|RequestTimeout(Exception)?|RequestTimeTooSkewed)$/

/** Without these an experiment cannot be what it should be. Everything else is tried again at the next tick. */
const NEEDED: ReadonlySet<Action['kind']> = new Set([
  'arm',
  'create-filter',
  'create-rule',
  'accept-rule',
  'create-session',
  'scale',
])

type ServiceError = Error & { $fault?: 'client' | 'server'; $metadata?: { httpStatusCode?: number } }

const isService = (error: unknown): error is ServiceError => error instanceof Error && '$metadata' in error

/** Errors of the network on the way to AWS, as Node and the SDK name them. */
const isNetwork = (error: unknown): boolean =>
  error instanceof Error &&
  (/^(TimeoutError|AbortError|NetworkingError)$/.test(error.name) ||
    /^E[A-Z_]+$/.test(String((error as NodeJS.ErrnoException).code ?? '')))

/** An interface that was made a moment ago may not be known everywhere; one that is gone is not asked for again. */
const INTERFACE_UNKNOWN = /^InvalidNetworkInterfaceI[Dd]\.NotFound$/

/**
 * Null for an error that is not AWS’s: a mistake of our own, which nobody should swallow.
 * @param dispensable whether the experiment can do without a session that AWS refuses
 */
export const severityOf = (
  error: unknown,
  action: Action,
  { ending, dispensable }: { ending: boolean; dispensable: boolean },
): Severity | null => {
  if (error instanceof Error && error.name === 'NotYet') return 'skip'
  if (isNetwork(error)) return 'halt'
  if (!isService(error)) return null
  if (THROTTLED.test(error.name)) return 'wait'
  const definite = error.$fault === 'client' && !MOMENTARY.test(error.name) && !isNotFound(error)
  if (!definite) return ending ? 'skip' : 'halt'
  if (action.kind === 'create-session' && INTERFACE_UNKNOWN.test(error.name)) return 'skip'
  if (action.kind === 'create-session' && !ending && dispensable) return 'refused'
  return !ending && NEEDED.has(action.kind) ? 'fatal' : 'skip'
}

export const errorText = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error)
