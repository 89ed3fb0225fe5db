import { JsonReader } from './json.ts'

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
    'groups',
    'permissions',
    'realm_access',
    'resource_access',
    'azp',
    'client_id',
    'acr',
    'amr',
  ],
])

/** Stands for header and signature of what was answered: what a token says is compared, not by whom it was signed. */
const UNSIGNED = `${Buffer.from('{"alg":"none"}').toString('base64url')}.`

/**
 * A token of the same form whose claims are replaced, and whose signature therefore holds under no key. An encrypted one,
 * or one that cannot be read, is replaced as a whole.
 *
 * @param claim gives what stands in the place of a claim’s value
 * @param opaque the same for what cannot be read
 * @param keepsSignature a text of its form stands where it stood
 */
export const redactJwt = (
  token: string,
  claim: (name: string | null, value: string) => string,
  opaque: (text: string) => string,
  keepsSignature: boolean,
): string => {
  const [header = '', payload = '', signature = '', ...others] = token.split('.')
  const claims = others.length === 0 ? Buffer.from(payload, 'base64url').toString('latin1') : ''
  if (!claims.startsWith('{'))
    return `${header}.${[payload, signature, ...others].map(opaqueUnlessEmpty(opaque)).join('.')}`
  const changed = new JsonReader(
    (name, value, keys) => (PLAIN_CLAIMS.has(keys[0] ?? '') ? value : claim(name, value)),
    (key) => key,
  ).read(claims, true)
  const said = Buffer.from(changed, 'latin1').toString('base64url')
  if (!keepsSignature) return `${UNSIGNED}${said}.`
  return `${header}.${said}.${opaqueUnlessEmpty(opaque)(signature)}`
}

const opaqueUnlessEmpty =
  (opaque: (text: string) => string) =>
  (text: string): string =>
    text === '' ? text : opaque(text)
