import { createHash } from 'node:crypto'
import { AwsError } from '../aws-error.ts'
import type { State } from '../state.ts'
import { invalidValue } from './errors.ts'

/** AWS's general rule for EC2; for the mirroring calls no source states a length. */
const LONGEST_TOKEN = 64

type WithToken = { ClientToken?: string | undefined; DryRun?: boolean | undefined }

/**
 * A repeated create with the same token answers with the first resource. What happens once that resource was deleted,
 * no source says: see `tokenAfterDelete`.
 */
export function createOnce<T extends { id: string }>(
  state: State,
  action: string,
  input: WithToken,
  find: (id: string) => T | undefined,
  create: () => T,
): T {
  const { ClientToken: token, DryRun: _dryRun, ...parameters } = input
  if (token === undefined || token === '') return create()
  if (token.length > LONGEST_TOKEN || !/^[\x21-\x7e]+$/.test(token)) {
    throw invalidValue('clientToken', token, `Expecting at most ${LONGEST_TOKEN} ASCII characters`)
  }
  const key = `${action}:${token}`
  const fingerprint = createHash('sha256')
    .update(JSON.stringify(sorted(parameters)))
    .digest('base64url')
  const lifetime = state.switches.tokenLifetimeHours * 3_600_000
  forgetTokens(state, lifetime)
  const used = state.tokens.get(key)
  if (used && state.clock.now() - used.at < lifetime) {
    const row = find(used.answer.id)
    const after = state.switches.tokenAfterDelete
    if (used.fingerprint !== fingerprint || (row === undefined && after === 'mismatch')) throw mismatch(token)
    if (row !== undefined) return row
    if (after === 'original') return used.answer as T
  }
  const answer = create()
  state.tokens.set(key, { fingerprint, answer, at: state.clock.now() })
  return answer
}

function forgetTokens(state: State, lifetime: number): void {
  for (;;) {
    const [key, used] = state.tokens.oldest() ?? []
    if (key === undefined || used === undefined || state.clock.now() - used.at < lifetime) return
    state.tokens.delete(key)
  }
}

function mismatch(token: string): AwsError {
  return new AwsError(
    'IdempotentParameterMismatch',
    `The client token '${token}' was used before with other parameters`,
  )
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  )
}
