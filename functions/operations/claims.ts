import { createHash } from 'node:crypto'
import { ProblemError } from '../errors.ts'
import type { Claim } from '../store/idempotency.ts'

/** @throws ProblemError when the key was used for another request */
export const refuseOther = (claim: Claim, fingerprint: string): Claim => {
  if (claim.fingerprint === fingerprint) return claim
  throw new ProblemError(
    'idempotency-mismatch',
    `This key made ${claim.experiment} from another request. Use a new key for a new one.`,
  )
}

/** The same for requests that mean the same: defaults filled in, whatever the order of the fields. */
export const fingerprintOf = (body: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(body)))
    .digest('hex')

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}
