import {
  type RedactedKind,
  type Redaction,
  type RedactionAction,
  type Region,
  SIDE_EFFECT_KINDS,
} from '../../contract/redaction.ts'
import { addCounts } from '../../contract/traffic.ts'
import { ByName } from '../http/by-name.ts'
import type { Matched } from '../select/match.ts'
import { encodedBase64, readBase64 } from './base64.ts'
import { decodePercent, encodePercent, FormReader } from './form.ts'
import { GrowingBytes } from './growing-bytes.ts'
import { JsonReader } from './json.ts'
import { redactJwt } from './jwt.ts'
import { LONG_TEXT } from './long-text.ts'
import { kindOfName } from './names.ts'
import { type ActiveRules, CompiledRules, type Place } from './redaction-rules.ts'
import { type About, Replacements } from './replacement.ts'
import { SCAN_LENGTH_MIN, type ScanProgress, scan } from './scan.ts'

/** What was replaced, by `what.place`: a kind or a rule, and where it stood. */
export type RedactionCounts = Record<string, number>

/** Whose values they are. The shadow answers with pseudonyms that it was sent: they stay as they are. */
export type Origin = 'request' | 'production' | 'shadow'

/** Encodings within encodings. */
const LAYERS_MAX = 4
/** Longer texts are looked through as they are, for none of them is base64 or percent-encoded as a whole. */
const LAYERED_LENGTH_MAX = 1 << 20
const NO_KEYS: readonly string[] = []
const KINDS = new ByName(kindOfName)

/** Decides about single values: which rule or kind one falls under, and what stands in its place. */
export class Values {
  counts: RedactionCounts = {}
  readonly #settings: Redaction
  readonly #regions: ReadonlySet<Region>
  readonly #replacements: Replacements
  readonly #rules: CompiledRules
  /** Without redaction, and no kind or rule that asks for any: there is nothing to look for but what writes tell. */
  readonly #isOff: boolean
  #active: ActiveRules
  #layer = 0
  #from: Origin = 'request'
  #isWrite = false

  constructor(settings: Redaction, key: Buffer | null) {
    this.#settings = settings
    this.#regions = new Set(settings.regions)
    this.#replacements = new Replacements(key)
    this.#rules = new CompiledRules(settings.rules)
    const asked = [...Object.values(settings.kinds), ...settings.rules.map(({ action }) => action)]
    this.#isOff = settings.mode === 'off' && asked.every((action) => action === 'keep')
    this.#active = this.#rules.none
  }

  /**
   * What follows belongs to this request; what is replaced in answers is not counted.
   *
   * @param isWrite or an answer, which may speak of what writes have told
   */
  begin(request: Matched, from: Origin, isWrite: boolean): void {
    this.#active = this.#rules.for(request)
    this.#from = from
    this.#isWrite = isWrite
  }

  /** Whether all that follows is left as it is. */
  get keepsAll(): boolean {
    return this.#isOff && !this.#rewritesSideEffects
  }

  /** Pseudonyms and masks that were made lately, the first of them. */
  made(max: number): string[] {
    return this.#replacements.made(max)
  }

  /** What was made elsewhere is known, and counted, as if it had been made here. */
  adopt(made: readonly string[], counts: RedactionCounts): void {
    for (const one of made) this.#replacements.remember(one)
    this.counts = addCounts(this.counts, counts) as RedactionCounts
  }

  /** What a rule that names the value makes of it; undefined when none does. */
  ruled(
    place: Place,
    name: string,
    value: string,
    keys: readonly string[] = NO_KEYS,
  ): string | null | undefined {
    const rule = this.#active.naming(place, name, keys)
    if (rule === null) return undefined
    const kind = KINDS.of(name)
    return this.#act(
      rule.action,
      rule.name,
      place,
      kind !== null && fits(kind, value) ? kind : 'credential',
      value,
      {},
    )
  }

  /** A value with its name; null where it is to be left out. */
  named(place: Place, name: string, value: string, keys: readonly string[] = NO_KEYS): string | null {
    const ruled = this.ruled(place, name, value, keys)
    if (ruled !== undefined) return ruled
    const kind = KINDS.of(name)
    if (kind !== null && fits(kind, value)) {
      const action = this.#actionOf(kind)
      if (action !== 'keep') return this.#replaceNamed(kind, action, place, value)
    }
    return this.text(place, value)
  }

  /** A value without a name, or one whose name says nothing: what is recognised in it. */
  text(place: Place, value: string): string {
    if (this.#settings.unlisted === 'replace' && this.#layer === 0)
      return this.#act(this.#mode, 'unlisted', place, 'credential', value, {}) ?? ''
    if (value.length < SCAN_LENGTH_MIN) return value
    if (this.#layer >= LAYERS_MAX || value.length > LAYERED_LENGTH_MAX) return this.scanned(place, value)
    this.#layer++
    const changed = this.#layers(place, value)
    this.#layer--
    return changed ?? this.scanned(place, value)
  }

  /**
   * What is recognised in a text as it stands.
   *
   * @param progress of a text that comes in pieces: what stands for this one from its start to where it is certain
   */
  scanned(place: Place, value: string, keepsLength = false, progress: ScanProgress | null = null): string {
    let long = null as GrowingBytes | null
    let result = ''
    let copied = progress === null ? 0 : progress.start
    scan(
      value,
      this.#regions,
      ({ kind, start, end, id, prefix }) => {
        const action = this.#actionOf(kind)
        if (action === 'keep') return
        const found = value.slice(start, end)
        const done = keepsLength && action === 'remove' ? 'mask' : action
        const replaced = this.#act(done, this.#whatOf(kind), place, kind, found, { id, prefix, keepsLength })
        result += value.slice(copied, start) + (replaced ?? '')
        copied = end
        if (result.length < LONG_TEXT) return
        long ??= new GrowingBytes(value.length)
        long.append(result)
        result = ''
      },
      progress,
    )
    if (progress === null && copied === 0) return value
    result += value.slice(copied, progress === null ? value.length : progress.certain)
    if (long === null) return result
    long.append(result)
    return long.text()
  }

  /** A key of JSON or the like; most are names that were met before. */
  key(place: Place, key: string): string {
    return KINDS.of(key) === null && /[@\d]/.test(key) ? this.scanned(place, key) : key
  }

  /** What is a secret whatever its name: the value of an Authorization header, a long cookie. */
  secret(kind: RedactedKind, place: Place, value: string): string | null {
    const action = this.#actionOf(kind)
    return action === 'keep' ? value : this.#replaceNamed(kind, action, place, value)
  }

  /** JSON within something else, or a body. */
  json(place: Place): JsonReader {
    return new JsonReader(
      (name, value, keys) =>
        name === null ? this.text(place, value) : (this.named(place, name, value, keys) ?? ''),
      (key) => this.key(place, key),
    )
  }

  form(place: Place): FormReader {
    return new FormReader((name, value) =>
      name === '' ? this.text(place, value) : this.named(place, name, value, [name]),
    )
  }

  get #mode(): RedactionAction {
    return this.#settings.mode === 'off' ? 'keep' : this.#settings.mode
  }

  #actionOf(kind: RedactedKind): RedactionAction {
    return this.#active.ofKind(kind)?.action ?? this.#settings.kinds[kind] ?? this.#modeOf(kind)
  }

  /** Without redaction a write still must not reach anybody. */
  #modeOf(kind: RedactedKind): RedactionAction {
    const rewrites = this.#settings.mode === 'off' && this.#rewritesSideEffects
    return rewrites && SIDE_EFFECT_KINDS.has(kind) ? 'pseudonymise' : this.#mode
  }

  get #rewritesSideEffects(): boolean {
    return this.#isWrite && this.#settings.sideEffects === 'rewrite'
  }

  /** The whole of a value is of this kind; a token in it that can be read is replaced as what it is. */
  #replaceNamed(kind: RedactedKind, action: RedactionAction, place: Place, value: string): string | null {
    if (action !== 'remove') {
      // A token, a number or an address that can be recognised becomes the same as it does elsewhere.
      const inner = this.#recognised(place, value)
      if (inner !== null) return inner
      // `Jane <jane@example.com>`
      const scanned = kind === 'email' ? this.scanned(place, value) : value
      if (scanned !== value) return scanned
    }
    return this.#act(action, this.#whatOf(kind), place, kind, value, {})
  }

  #whatOf(kind: RedactedKind): string {
    return this.#active.ofKind(kind)?.name ?? kind
  }

  /** A value that is something recognisable as a whole; null when it is not. */
  #recognised(place: Place, value: string): string | null {
    let whole = false
    scan(value, this.#regions, ({ start, end, kind }) => {
      whole ||= start === 0 && end === value.length && kind !== 'credential'
    })
    return whole ? this.scanned(place, value) : null
  }

  #act(
    action: RedactionAction,
    what: string,
    place: Place,
    kind: RedactedKind,
    value: string,
    about: About,
  ): string | null {
    if (action === 'keep') return value
    if (this.#from === 'shadow' && this.#replacements.hasMade(value)) return value
    if (this.#from === 'request') {
      const name = `${what}.${place}`
      this.counts[name] = (this.counts[name] ?? 0) + 1
    }
    if (action === 'remove') return null
    const replacements = this.#replacements
    if (kind === 'jwt' && !about.keepsLength) {
      const opaque = (text: string) =>
        action === 'mask'
          ? replacements.mask('credential', text, {})
          : replacements.pseudonym('credential', text, {})
      const isAsked = this.#from === 'request'
      return redactJwt(value, (name, claim) => this.#claim(action, name, claim), opaque, isAsked)
    }
    return action === 'mask'
      ? replacements.mask(kind, value, about)
      : replacements.pseudonym(kind, value, about)
  }

  /** Who a token speaks of is the same person as elsewhere. */
  #claim(action: 'mask' | 'pseudonymise', name: string | null, claim: string): string {
    if (this.#from === 'shadow' && this.#replacements.hasMade(claim)) return claim
    const named = claim.includes('@') ? 'email' : name === null ? null : KINDS.of(name)
    const kind = named !== null && fits(named, claim) ? named : null
    if (kind === null && name !== 'sub' && PLAIN_CLAIM.test(claim)) return claim
    return action === 'mask'
      ? this.#replacements.mask(kind ?? 'credential', claim, {})
      : this.#replacements.pseudonym(kind ?? 'credential', claim, {})
  }

  /** The value with what is encoded in it redacted; null when it is no encoding of anything, or nothing is in it. */
  #layers(place: Place, value: string): string | null {
    const first = value.charCodeAt(0)
    if (first === 0x7b || first === 0x5b) {
      const changed = this.json(place).read(value, true)
      return changed === value ? null : changed
    }
    const query = value.indexOf('?')
    if (query >= 0 && value.indexOf('=', query) > 0)
      return `${this.text(place, value.slice(0, query))}?${this.form(place).read(value.slice(query + 1), true)}`
    const isPercent = value.includes('%') && /%[0-9a-fA-F]{2}/.test(value)
    const decoded = isPercent ? decodePercent(value) : readBase64(value)
    if (decoded === null) return null
    const changed = this.text(place, decoded)
    if (changed === decoded) return null
    return isPercent ? encodePercent(changed) : encodedBase64(changed, value)
  }
}

/** Claims that are no more than a switch, a count or a time. */
const PLAIN_CLAIM = /^(?:true|false|null|-?[\d.]{1,10})$/

/** Whether a value can be of the kind that its name says: `card: "gold"` and `phone: true` are not. */
const fits = (kind: RedactedKind, value: string): boolean => {
  if (value === '') return false
  switch (kind) {
    case 'card':
      return count(value) >= 12
    case 'phone':
      return count(value) >= 6 && value.length <= 40
    case 'national-id':
      return count(value) >= 5
    case 'email':
      return value.includes('@')
    case 'webhook':
      return /^https?:/i.test(value)
    default:
      return value !== 'true' && value !== 'false'
  }
}

const count = (value: string): number => {
  let digits = 0
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code >= 0x30 && code <= 0x39) digits++
  }
  return digits
}
