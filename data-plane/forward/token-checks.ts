import { hash } from 'node:crypto'
import type { RequestReason } from '../../contract/traffic.ts'
import type { Request } from '../http/exchange.ts'
import { headerValues } from '../select/headers.ts'
import { TokenBucket } from '../select/token-bucket.ts'
import { tokenIn } from './minting.ts'
import { ProductionKeys } from './production-keys.ts'
import { type Place, placeName, type Shadows } from './settings.ts'

/** Checked tokens are remembered, as hashes: so many, and as many of the time before. */
const KNOWN_MAX = 2_000
/** Signatures checked a second: who sends ever new tokens takes at most about a tenth of a processor. */
const PER_SECOND = 1_000

type Check = { place: Place; name: string; keys: ProductionKeys }

/**
 * Finds tokens that production itself refuses, because no key of its own has signed them, before redaction makes that
 * impossible to see. They are not signed again for the shadow, which then refuses them, too.
 */
export class TokenChecks {
  readonly #checks: readonly Check[]
  readonly #bucket = new TokenBucket(PER_SECOND)
  #known = new Map<string, boolean>()
  #before = new Map<string, boolean>()

  constructor({ list, control }: Shadows) {
    const minted = [...list, ...(control ? [control] : [])].flatMap((shadow) => shadow.minted)
    this.#checks = minted.flatMap((one) =>
      one.by === 'jwt' && one.production !== null
        ? [{ place: one, name: placeName(one), keys: new ProductionKeys(one.production) }]
        : [],
    )
  }

  /**
   * Why the request cannot go now: too many new tokens came at once. Else null, and the request says which places hold a token
   * that nobody of production’s has signed. What is sent again from a file is believed: its tokens may be pseudonyms.
   */
  refusal(request: Request): RequestReason | null {
    if (this.#checks.length === 0 || request.capturedAt !== undefined) return null
    for (const { place, name, keys } of this.#checks)
      for (const value of valuesAt(place, request)) {
        const token = tokenIn(value)
        if (token === null) continue
        const isSigned = this.#isSigned(token, name, keys, request.lastAt)
        if (isSigned === null) return 'held_back.no_credentials'
        if (!isSigned) request.unsigned = new Set(request.unsigned).add(name)
      }
    return null
  }

  #isSigned(token: string, name: string, keys: ProductionKeys, at: number): boolean | null {
    const id = `${name} ${hash('sha256', token)}`
    const known = this.#known.get(id) ?? this.#before.get(id)
    if (known !== undefined) return known
    if (this.#bucket.take(1, at) === 0) return null
    const isSigned = keys.haveSigned(token)
    if (this.#known.size >= KNOWN_MAX) {
      this.#before = this.#known
      this.#known = new Map()
    }
    this.#known.set(id, isSigned)
    return isSigned
  }
}

const valuesAt = ({ in: place, name }: Place, { headers, target }: Request): string[] => {
  if (place === 'header') return headerValues(headers, name.toLowerCase())
  const pairs =
    place === 'cookie'
      ? headerValues(headers, 'cookie').flatMap((value) => value.split(';'))
      : target.slice(target.indexOf('?') + 1).split('&')
  return pairs.filter((pair) => pair.trim().startsWith(`${name}=`))
}
