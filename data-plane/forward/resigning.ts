import { createHmac, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { TokenBucket } from '../select/token-bucket.ts'
import { jwtPart } from './jwt-part.ts'
import type { Minted } from './settings.ts'

/** Longer tokens fit no header that servers read. */
const TOKEN_MAX = 8_192
/** Signed tokens are remembered: so many, and as many of the time before. */
const KNOWN_MAX = 1_000
/** New signatures a second: who sends ever new tokens takes at most about a tenth of a processor. */
const PER_SECOND = { HS256: 5_000, ES256: 1_000, RS256: 200 } as const
/** Times of a token are moved in steps, so that a token of one capture is signed once. */
const STEP_SECONDS = 10
const TIMES = ['exp', 'iat', 'nbf'] as const
/** They say where production’s keys are (RFC 7515 section 4.1). */
const KEY_MEMBERS = ['jku', 'jwk', 'x5u', 'x5c', 'x5t', 'x5t#S256'] as const

/** Gives JSON Web Tokens the signature of the shadow’s key. */
export class Resigning {
  readonly #how: Extract<Minted, { by: 'jwt' }>
  readonly #key: KeyObject | null
  readonly #bucket: TokenBucket
  #known = new Map<string, string>()
  #before = new Map<string, string>()

  /** @throws when the key is none, which the settings have ruled out */
  constructor(how: Extract<Minted, { by: 'jwt' }>) {
    this.#how = how
    this.#key = how.algorithm === 'HS256' ? null : createPrivateKey(how.key)
    this.#bucket = new TokenBucket(PER_SECOND[how.algorithm])
  }

  /**
   * The same token, signed anew, its times moved on by its age; what is no such token comes back as it is. Null while too
   * many are asked for.
   *
   * @param now milliseconds since the epoch
   * @param ageMs since it was captured
   */
  token(token: string, now: number, ageMs: number): string | null {
    const [header = '', payload = '', , ...others] = token.split('.')
    if (token.length > TOKEN_MAX || others.length > 0) return token
    const shift = Math.max(0, Math.floor(ageMs / 1000 / STEP_SECONDS) * STEP_SECONDS)
    const name = `${shift} ${token}`
    const known = this.#known.get(name) ?? this.#before.get(name)
    if (known !== undefined) return known
    const input = signingInput(header, payload, shift, this.#how)
    if (input === null) return token
    if (this.#bucket.take(1, now) === 0) return null
    const signed = `${input}.${this.#signature(input)}`
    if (this.#known.size >= KNOWN_MAX) {
      this.#before = this.#known
      this.#known = new Map()
    }
    this.#known.set(name, signed)
    return signed
  }

  #signature(input: string): string {
    if (this.#key === null) return createHmac('sha256', this.#how.key).update(input).digest('base64url')
    // RFC 7518 section 3.4: both numbers, one after the other.
    return sign('sha256', Buffer.from(input), { key: this.#key, dsaEncoding: 'ieee-p1363' }).toString(
      'base64url',
    )
  }
}

/** What is signed (RFC 7515 section 5.1); null for what is no signed token of JSON. */
const signingInput = (
  header: string,
  payload: string,
  shift: number,
  { algorithm, keyId }: Pick<Extract<Minted, { by: 'jwt' }>, 'algorithm' | 'keyId'>,
): string | null => {
  const head = jwtPart(header)
  const claims = jwtPart(payload)
  if (head === null || claims === null) return null
  for (const member of KEY_MEMBERS) delete head[member]
  const signedHead = encoded({ ...head, alg: algorithm, ...(keyId !== null && { kid: keyId }) })
  if (shift === 0) return `${signedHead}.${payload}`
  for (const name of TIMES) if (typeof claims[name] === 'number') claims[name] += shift
  return `${signedHead}.${encoded(claims)}`
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
