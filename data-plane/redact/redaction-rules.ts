import type { RedactedKind, RedactionAction, RedactionRule } from '../../contract/redaction.ts'
import { compileMatch, Facts, type Matched } from '../select/match.ts'

/** Where a value stood. */
export type Place = 'header' | 'cookie' | 'path' | 'query' | 'body'

/** A rule that decides about a value; its name is its place in the spec. */
export type Deciding = { name: string; action: RedactionAction }

type Compiled = {
  deciding: Deciding
  applies: (request: Matched, facts: Facts) => boolean
  names: Readonly<Partial<Record<Place, ReadonlySet<string>>>>
  kinds: ReadonlySet<RedactedKind> | null
}

/** A spec’s rules, ready to be asked. */
export class CompiledRules {
  readonly none = new ActiveRules([])
  readonly #rules: readonly Compiled[]
  readonly #always: ActiveRules | null
  readonly #facts = new Facts()

  constructor(rules: readonly RedactionRule[]) {
    this.#rules = rules.map(compiled)
    this.#always = rules.every(({ match }) => match === undefined) ? new ActiveRules(this.#rules) : null
  }

  /** Those for this request, the first first. */
  for(request: Matched): ActiveRules {
    if (this.#always !== null) return this.#always
    const facts = this.#facts.of(request)
    return new ActiveRules(this.#rules.filter(({ applies }) => applies(request, facts)))
  }
}

export class ActiveRules {
  readonly #rules: readonly Compiled[]

  constructor(rules: readonly Compiled[]) {
    this.#rules = rules
  }

  /** The first rule that names it. */
  naming(place: Place, name: string, keys: readonly string[]): Deciding | null {
    if (this.#rules.length === 0) return null
    const wanted = place === 'header' ? name.toLowerCase() : name
    for (const { names, deciding } of this.#rules) {
      const known = names[place]
      if (known?.has(wanted)) return deciding
      if (known && keys.length > 1 && known.has(keys.join('.'))) return deciding
    }
    return null
  }

  ofKind(kind: RedactedKind): Deciding | null {
    for (const { kinds, deciding } of this.#rules) if (kinds?.has(kind)) return deciding
    return null
  }
}

const compiled = (rule: RedactionRule, index: number): Compiled => {
  const { match, headers, cookies, query, fields, kinds, action } = rule
  const answer = match && compileMatch(match)
  return {
    deciding: { name: `rules[${index}]`, action },
    // Where it cannot be said whether a rule applies, less is kept and more replaced.
    applies: (request, facts) => {
      const said = answer?.(request, facts) ?? 'yes'
      return said === 'yes' || (said === 'undecidable' && action !== 'keep')
    },
    names: {
      ...(headers && { header: new Set(headers.map((name) => name.toLowerCase())) }),
      ...(cookies && { cookie: new Set(cookies) }),
      ...(query && { query: new Set(query) }),
      ...(fields && { body: new Set(fields) }),
    },
    kinds: kinds ? new Set(kinds) : null,
  }
}
