import {
  constants,
  createHmac,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { jwtPart } from './jwt-part.ts'

/** Algorithms of RFC 7518 section 3.1 and RFC 8037, with the one type of key that each takes: no other is tried. */
const ALGORITHMS: Readonly<
  Record<string, { hash: string | null; type: string; isPss?: boolean; curve?: string }>
> = {
  HS256: { hash: 'sha256', type: 'secret' },
  HS384: { hash: 'sha384', type: 'secret' },
  HS512: { hash: 'sha512', type: 'secret' },
  RS256: { hash: 'sha256', type: 'rsa' },
  RS384: { hash: 'sha384', type: 'rsa' },
  RS512: { hash: 'sha512', type: 'rsa' },
  PS256: { hash: 'sha256', type: 'rsa', isPss: true },
  PS384: { hash: 'sha384', type: 'rsa', isPss: true },
  PS512: { hash: 'sha512', type: 'rsa', isPss: true },
  ES256: { hash: 'sha256', type: 'ec', curve: 'prime256v1' },
  ES384: { hash: 'sha384', type: 'ec', curve: 'secp384r1' },
  ES512: { hash: 'sha512', type: 'ec', curve: 'secp521r1' },
  EdDSA: { hash: null, type: 'ed25519' },
}

type Key = { id: string | null; algorithm: string | null; key: KeyObject }

/** RFC 7518 section 3.2: as long as the hash. */
const SECRET_BYTES_MIN = 32

/** The keys that production verifies its tokens with. */
export class ProductionKeys {
  readonly #keys: readonly Key[]

  /**
   * @param text a JSON Web Key or a set of them (RFC 7517), a public key or certificate in PEM, or else the secret of HMAC
   * @throws when it holds no key
   */
  constructor(text: string) {
    this.#keys = keysIn(text.trim())
    if (this.#keys.length === 0) throw new Error('no key')
  }

  /** Whether one of them has signed the token (RFC 7515 section 5.2). Says nothing about its times. */
  haveSigned(token: string): boolean {
    const [header = '', payload = '', signature = '', ...others] = token.split('.')
    const head = jwtPart(header)
    if (head === null || others.length > 0 || signature === '' || 'crit' in head) return false
    const { alg, kid } = head
    const algorithm = typeof alg === 'string' && Object.hasOwn(ALGORITHMS, alg) ? ALGORITHMS[alg] : undefined
    if (algorithm === undefined) return false
    const input = Buffer.from(`${header}.${payload}`, 'latin1')
    const signed = Buffer.from(signature, 'base64url')
    return this.#keys.some(
      (one) =>
        (one.algorithm === null || one.algorithm === alg) &&
        (one.id === null || typeof kid !== 'string' || one.id === kid) &&
        hasSigned(one.key, algorithm, input, signed),
    )
  }
}

const hasSigned = (
  key: KeyObject,
  { hash, type, isPss, curve }: (typeof ALGORITHMS)[string],
  input: Buffer,
  signature: Buffer,
): boolean => {
  if (type === 'secret') {
    if (key.type !== 'secret') return false
    const expected = createHmac(hash as string, key)
      .update(input)
      .digest()
    return expected.length === signature.length && timingSafeEqual(expected, signature)
  }
  if (key.asymmetricKeyType !== type) return false
  if (curve !== undefined && key.asymmetricKeyDetails?.namedCurve !== curve) return false
  const { RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST } = constants
  const pss = isPss && { padding: RSA_PKCS1_PSS_PADDING, saltLength: RSA_PSS_SALTLEN_DIGEST }
  return verify(hash, input, { key, dsaEncoding: 'ieee-p1363', ...pss }, signature)
}

const keysIn = (text: string): Key[] => {
  if (text.startsWith('{')) {
    const set = JSON.parse(text) as JsonWebKey & { keys?: unknown }
    return (Array.isArray(set.keys) ? set.keys : [set]).map(keyOf)
  }
  if (text.includes('-----BEGIN'))
    // A variable of one line holds a PEM with its line ends written out.
    return [{ id: null, algorithm: null, key: createPublicKey(text.replaceAll('\\n', '\n')) }]
  if (Buffer.byteLength(text) < SECRET_BYTES_MIN) return []
  return [{ id: null, algorithm: null, key: createSecretKey(Buffer.from(text)) }]
}

const keyOf = (jwk: JsonWebKey & { kid?: unknown; alg?: unknown }): Key => ({
  id: typeof jwk.kid === 'string' ? jwk.kid : null,
  algorithm: typeof jwk.alg === 'string' ? jwk.alg : null,
  key:
    jwk.kty === 'oct'
      ? createSecretKey(Buffer.from(jwk.k ?? '', 'base64url'))
      : createPublicKey({ key: jwk, format: 'jwk' }),
})
