import { redactJson } from './json.ts'

/** Claims that say what a token is, when it holds and for which service, not whose it is (RFC 7519 section 4.1). */
const PLAIN_CLAIMS = new Set([
  ...[
    'iss',
    'aud',
    'exp',
    'iat',
    'nbf',
    'auth_time',
    'typ',
    'token_use',
    'scope',
    'scp',
    'roles',
    'acr',
    'amr',
  ],
])

/**
 * A token of the same form whose claims are replaced, and whose signature therefore holds under no key. An encrypted one,
 * or one that cannot be read, is replaced as a whole.
 *
 * @param claim gives what stands in the place of a claim’s value
 */
export const redactJwt = (
  token: string,
  claim: (value: string) => string,
  opaque: (text: string) => string,
): string => {
  const [header = '', payload = '', signature = '', ...others] = token.split('.')
  const claims = others.length === 0 ? Buffer.from(payload, 'base64url').toString('latin1') : ''
  if (!claims.startsWith('{'))
    return `${header}.${[payload, signature, ...others].map(opaqueUnlessEmpty(opaque)).join('.')}`
  const changed = redactJson(
    claims,
    (_, value, keys) => (PLAIN_CLAIMS.has(keys[0] ?? '') ? value : claim(value)),
    (key) => key,
  )
  return `${header}.${Buffer.from(changed, 'latin1').toString('base64url')}.${opaqueUnlessEmpty(opaque)(signature)}`
}

const opaqueUnlessEmpty =
  (opaque: (text: string) => string) =>
  (text: string): string =>
    text === '' ? text : opaque(text)
