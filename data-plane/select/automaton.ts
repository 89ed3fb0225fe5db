import type { PatternNode, Ranges } from '../../contract/text-pattern.ts'

/**
 * Steps without consuming a character (`next`), or over one in `ranges`. `at` is an assertion that must hold to go on.
 */
type State = { ranges: Ranges | null; at: 'start' | 'end' | null; next: number[] }

/** Sets of states that were met, as one: where each kind of character leads, and whether a match ends here. */
type Met = { members: readonly number[]; steps: Int32Array; matches: boolean; matchesAtEnd: boolean }

/** A pattern whose sets grow beyond this starts over: time stays linear in the text and memory bounded. */
const MET_MAX = 256

const UNKNOWN = -1

/**
 * Finds a pattern anywhere in a text, in one pass whatever pattern and text are: the sets of positions that the pattern
 * can be at are computed when they are first met and kept (R. Thompson 1968; Aho, Sethi, Ullman 3.7).
 */
export class Automaton {
  readonly #states: State[] = []
  readonly #match: number
  readonly #first: number
  /** Code units that no set of the pattern tells apart have the same number. */
  readonly #bounds: readonly number[]
  readonly #kinds: Uint16Array
  #met: Met[] = []
  #numbers = new Map<string, number>()
  #begin = UNKNOWN

  constructor(pattern: PatternNode) {
    this.#match = this.#add(null, null, [])
    this.#first = this.#build(pattern, this.#match)
    const bounds = new Set([0])
    for (const { ranges } of this.#states)
      for (const [low, high] of ranges ?? []) bounds.add(low).add(high + 1)
    this.#bounds = [...bounds].filter((bound) => bound <= 0xffff).sort((a, b) => a - b)
    this.#kinds = new Uint16Array(256)
    for (let code = 0; code < 256; code++) this.#kinds[code] = this.#search(code)
  }

  test(text: string): boolean {
    if (this.#met.length > MET_MAX) this.#forget()
    if (this.#begin === UNKNOWN) this.#begin = this.#number(this.#closure([this.#first], true), true)
    let at = this.#met[this.#begin] as Met
    for (let i = 0; i < text.length; i++) {
      if (at.matches) return true
      const code = text.charCodeAt(i)
      const kind = code < 256 ? (this.#kinds[code] as number) : this.#search(code)
      let next = at.steps[kind] as number
      if (next === UNKNOWN) {
        next = this.#number(this.#step(at, this.#bounds[kind] as number), false)
        at.steps[kind] = next
        if (this.#met.length > MET_MAX) {
          const kept = (this.#met[next] as Met).members
          this.#forget()
          next = this.#number(kept, false)
        }
      }
      at = this.#met[next] as Met
    }
    return at.matchesAtEnd
  }

  #forget(): void {
    this.#met = []
    this.#numbers = new Map()
    this.#begin = UNKNOWN
  }

  #step(from: Met, code: number): readonly number[] {
    const reached = [this.#first]
    for (const member of from.members) {
      const { ranges, next } = this.#states[member] as State
      if (ranges?.some(([low, high]) => code >= low && code <= high)) reached.push(...next)
    }
    return this.#closure(reached, false)
  }

  /** Everything that is reached without a character, in order of number. */
  #closure(from: readonly number[], isStart: boolean): readonly number[] {
    const seen = new Set<number>()
    const open = [...from]
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (seen.has(state)) continue
      seen.add(state)
      const { ranges, at, next } = this.#states[state] as State
      if (ranges !== null || at === 'end' || (at === 'start' && !isStart)) continue
      open.push(...next)
    }
    return [...seen].sort((a, b) => a - b)
  }

  /** @param isStart whether nothing of the text has been read: `^` holds */
  #number(members: readonly number[], isStart: boolean): number {
    const key = `${isStart ? '^' : ''}${members.join()}`
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#met.push({
      members,
      steps: new Int32Array(this.#bounds.length).fill(UNKNOWN),
      matches: members.includes(this.#match),
      matchesAtEnd: this.#reachesMatchAtEnd(members, isStart),
    })
    this.#numbers.set(key, this.#met.length - 1)
    return this.#met.length - 1
  }

  #reachesMatchAtEnd(members: readonly number[], isStart: boolean): boolean {
    const seen = new Set<number>()
    const open = [...members]
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (seen.has(state)) continue
      seen.add(state)
      const { ranges, at, next } = this.#states[state] as State
      if (ranges !== null || (at === 'start' && !isStart)) continue
      open.push(...next)
    }
    return seen.has(this.#match)
  }

  #search(code: number): number {
    let low = 0
    let high = this.#bounds.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#bounds[middle] as number) <= code) low = middle
      else high = middle - 1
    }
    return low
  }

  #add(ranges: Ranges | null, at: State['at'], next: number[]): number {
    return this.#states.push({ ranges, at, next }) - 1
  }

  /** The state that `node` begins with when `next` is what comes behind it. */
  #build(node: PatternNode, next: number): number {
    switch (node.kind) {
      case 'set':
        return this.#add(node.ranges, null, [next])
      case 'start':
      case 'end':
        return this.#add(null, node.kind, [next])
      case 'sequence':
        return node.items.reduceRight((behind, item) => this.#build(item, behind), next)
      case 'choice':
        return this.#add(
          null,
          null,
          node.options.map((option) => this.#build(option, next)),
        )
      case 'repeat': {
        let behind = next
        if (Number.isFinite(node.max))
          for (let i = node.min; i < node.max; i++)
            behind = this.#add(null, null, [this.#build(node.item, behind), next])
        else {
          behind = this.#add(null, null, [next])
          this.#states[behind]?.next.push(this.#build(node.item, behind))
        }
        for (let i = 0; i < node.min; i++) behind = this.#build(node.item, behind)
        return behind
      }
    }
  }
}
