import type { RedactedKind } from '../../contract/redaction.ts'
import { replaceCard } from './card.ts'
import { PAYMENT_TEST_TOKENS } from './cloud-key.ts'
import { replaceEmail } from './email.ts'
import { type Fill, keyedFill, MASK } from './fill.ts'
import type { NationalId } from './national-id.ts'
import { replacePhone } from './phone.ts'
import { replaceToken } from './token.ts'

/** What is known about a value beside its kind. */
export type About = {
  id?: NationalId | undefined
  prefix?: string | undefined
  /** Where a length stands somewhere else, as in binary bodies. */
  keepsLength?: boolean
}

/** Pseudonyms are remembered: making one takes some microseconds. So many of them, of values of this length. */
const KNOWN_MAX = 10_000
const KNOWN_LENGTH_MAX = 256

/** Makes what stands in the place of values: under one key the same value always becomes the same other one. */
export class Replacements {
  readonly #key: Buffer | null
  #known = new Map<string, string>()
  #made = new Set<string>()

  /** @param key null masks where pseudonyms are asked for */
  constructor(key: Buffer | null) {
    this.#key = key
  }

  /** Whether a value is a pseudonym or mask that was made lately. */
  hasMade(value: string): boolean {
    return this.#made.has(value)
  }

  made(max: number): string[] {
    return [...this.#made].slice(0, max)
  }

  mask(kind: RedactedKind, value: string, about: About): string {
    const made = make(kind, value, MASK(), about)
    if (made.length <= KNOWN_LENGTH_MAX) this.remember(made)
    return made
  }

  pseudonym(kind: RedactedKind, value: string, about: About): string {
    if (this.#key === null) return this.mask(kind, value, about)
    if (value.length > KNOWN_LENGTH_MAX) return make(kind, value, this.#fill(this.#key, kind, value), about)
    const name = `${kind}${about.keepsLength ? '=' : ' '}${value}`
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const made = make(kind, value, this.#fill(this.#key, kind, value), about)
    this.remember(made)
    this.#known.set(name, made)
    return made
  }

  /** Counts as made: an answer that says it is left as it is. */
  remember(made: string): void {
    if (this.#made.size >= KNOWN_MAX) {
      this.#known = new Map()
      this.#made = new Set()
    }
    this.#made.add(made)
  }

  #fill(key: Buffer, kind: RedactedKind, value: string): Fill {
    return keyedFill(key, kind, normal(kind, value))
  }
}

/** The same person’s address or number is written in several ways. */
const normal = (kind: RedactedKind, value: string): string => {
  if (kind === 'email') return value.toLowerCase()
  if (kind === 'card') return value.replace(/\D/g, '')
  // North America’s with and without its country code.
  if (kind === 'phone') return value.replace(/\D/g, '').replace(/^1(?=[2-9]\d{9}$)/, '')
  return kind === 'national-id' ? value.replace(/[^0-9A-Za-z]/g, '').toUpperCase() : value
}

const make = (
  kind: RedactedKind,
  value: string,
  fill: Fill,
  { id, prefix = '', keepsLength = false }: About,
): string => {
  switch (kind) {
    case 'card':
      return replaceCard(value, fill)
    case 'email':
      return value.includes('@') ? replaceEmail(value, fill, keepsLength) : replaceToken(value, fill)
    case 'phone':
      return replacePhone(value, fill)
    case 'national-id':
      return id ? id.replace(value, fill) : replaceToken(value, fill)
    case 'webhook':
      return keepsLength
        ? replaceToken(value, fill)
        : `https://webhook.invalid/${replaceToken('00000000aaaa', fill)}`
    case 'payment-token':
      return (
        (keepsLength ? undefined : PAYMENT_TEST_TOKENS[prefix]) ??
        prefix + replaceToken(value.slice(prefix.length), fill)
      )
    case 'cloud-key':
      return prefix + replaceToken(value.slice(prefix.length), fill)
    default:
      return replaceToken(value, fill)
  }
}
