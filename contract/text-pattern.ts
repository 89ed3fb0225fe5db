/**
 * Text patterns that can be matched in one pass over the text: globs, and the regular expressions that need no going
 * back. Both become the same tree.
 */

/** Inclusive ranges of UTF-16 code units. */
export type Ranges = readonly (readonly [number, number])[]

export type PatternNode =
  | { kind: 'set'; ranges: Ranges }
  | { kind: 'sequence'; items: readonly PatternNode[] }
  | { kind: 'choice'; options: readonly PatternNode[] }
  | { kind: 'repeat'; item: PatternNode; min: number; max: number }
  | { kind: 'start' }
  | { kind: 'end' }

export const PATTERN_LENGTH_MAX = 512

/** Characters a pattern stands for once its counted repeats are written out. */
export const PATTERN_SIZE_MAX = 300

/** What is not a pattern; the message says why. */
export class PatternError extends Error {}

const ANY: Ranges = [[0, 0xffff]]

/** `*` is any text without a slash, `**` any text; a pattern of a path ends in `/**` also for the folder itself. */
export const parsePathGlob = (glob: string): PatternNode => {
  const folder = glob.endsWith('/**') ? glob.slice(0, -3) : null
  const items = globItems(folder ?? glob, [
    [0, 0x2e],
    [0x30, 0xffff],
  ])
  if (folder !== null)
    items.push({
      kind: 'repeat',
      item: { kind: 'sequence', items: [char('/'), anything(ANY)] },
      min: 0,
      max: 1,
    })
  return whole(items)
}

/** `*` is any text. */
export const parseTextGlob = (glob: string): PatternNode => whole(globItems(glob, ANY))

const globItems = (glob: string, one: Ranges): PatternNode[] =>
  [...glob.matchAll(/\*+|[^*]/gs)].map(([part]) => {
    if (!part.startsWith('*')) return char(part)
    return anything(part.length > 1 ? ANY : one)
  })

const whole = (items: readonly PatternNode[]): PatternNode => ({
  kind: 'sequence',
  items: [{ kind: 'start' }, ...items, { kind: 'end' }],
})

const char = (text: string): PatternNode => {
  const code = text.charCodeAt(0)
  return { kind: 'set', ranges: [[code, code]] }
}

const anything = (ranges: Ranges): PatternNode => ({
  kind: 'repeat',
  item: { kind: 'set', ranges },
  min: 0,
  max: Number.POSITIVE_INFINITY,
})

/**
 * JavaScript's syntax and meaning (without flags), less what needs going back: no back references, no looking around,
 * no word boundaries, no named groups. Throws PatternError.
 */
export const parseRegexp = (source: string): PatternNode => {
  if (source.length > PATTERN_LENGTH_MAX)
    throw new PatternError(`a pattern has at most ${PATTERN_LENGTH_MAX} characters`)
  const node = new RegexpParser(source).parse()
  if (patternSize(node) > PATTERN_SIZE_MAX)
    throw new PatternError(`its repeats written out it has more than ${PATTERN_SIZE_MAX} characters`)
  return node
}

/** How many character sets the pattern has with its counted repeats written out. */
export const patternSize = (node: PatternNode): number => {
  switch (node.kind) {
    case 'set':
      return 1
    case 'start':
    case 'end':
      return 0
    case 'sequence':
      return node.items.reduce((sum, item) => sum + patternSize(item), 0)
    case 'choice':
      return node.options.reduce((sum, option) => sum + patternSize(option), 0)
    case 'repeat': {
      const times = Number.isFinite(node.max) ? node.max : node.min + 1
      return Math.max(1, times) * Math.max(1, patternSize(node.item))
    }
  }
}

const DIGIT: Ranges = [[0x30, 0x39]]
const WORD: Ranges = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]
const SPACE: Ranges = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]
const LINE_END: Ranges = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
]

const inverted = (ranges: Ranges): Ranges => {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0])
  const rest: [number, number][] = []
  let next = 0
  for (const [low, high] of sorted) {
    if (low > next) rest.push([next, low - 1])
    next = Math.max(next, high + 1)
  }
  if (next <= 0xffff) rest.push([next, 0xffff])
  return rest
}

const CLASSES: Readonly<Record<string, Ranges>> = {
  d: DIGIT,
  D: inverted(DIGIT),
  w: WORD,
  W: inverted(WORD),
  s: SPACE,
  S: inverted(SPACE),
}
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 }

/** Groups within groups. */
const DEPTH_MAX = 20

class RegexpParser {
  readonly #source: string
  #at = 0
  #depth = 0

  constructor(source: string) {
    this.#source = source
  }

  parse(): PatternNode {
    const node = this.#choice()
    if (this.#at < this.#source.length) throw new PatternError('a ) without its (')
    return node
  }

  #choice(): PatternNode {
    const options = [this.#sequence()]
    while (this.#take('|')) options.push(this.#sequence())
    return options.length === 1 ? (options[0] as PatternNode) : { kind: 'choice', options }
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = []
    while (this.#at < this.#source.length && this.#peek() !== '|' && this.#peek() !== ')')
      items.push(this.#repeated(this.#atom()))
    return { kind: 'sequence', items }
  }

  #repeated(item: PatternNode): PatternNode {
    const [quantifier, low, comma, high] = this.#match(/[*+?]|\{(\d{1,3})(,?)(\d{0,3})\}/y) ?? []
    if (quantifier === undefined) return item
    if (item.kind === 'start' || item.kind === 'end') throw new PatternError('nothing to repeat')
    this.#take('?') // How much is taken first does not change whether there is a match.
    if (quantifier === '*' || quantifier === '+')
      return { kind: 'repeat', item, min: quantifier === '+' ? 1 : 0, max: Number.POSITIVE_INFINITY }
    if (quantifier === '?') return { kind: 'repeat', item, min: 0, max: 1 }
    const min = Number(low)
    const max = comma === '' ? min : high === '' ? Number.POSITIVE_INFINITY : Number(high)
    if (max < min) throw new PatternError(`${quantifier}: the numbers are out of order`)
    return { kind: 'repeat', item, min, max }
  }

  #atom(): PatternNode {
    const character = this.#next()
    switch (character) {
      case '^':
        return { kind: 'start' }
      case '$':
        return { kind: 'end' }
      case '.':
        return { kind: 'set', ranges: inverted(LINE_END) }
      case '(':
        return this.#group()
      case '[':
        return { kind: 'set', ranges: this.#set() }
      case '\\':
        return { kind: 'set', ranges: this.#escape() }
      case '*':
      case '+':
      case '?':
        throw new PatternError(`nothing to repeat before ${character}`)
      case '{':
      case '}':
      case ']':
        throw new PatternError(`write \\${character} for the character ${character}`)
      default:
        return char(character)
    }
  }

  #group(): PatternNode {
    if (this.#peek() === '?' && this.#match(/\?:/y) === null)
      throw new PatternError('groups that look around or have a name are not supported')
    if (++this.#depth > DEPTH_MAX) throw new PatternError(`more than ${DEPTH_MAX} groups in each other`)
    const node = this.#choice()
    this.#depth--
    if (!this.#take(')')) throw new PatternError('a ( without its )')
    // Kept apart, so that a quantifier behind it does not meet a bare ^ or $.
    return { kind: 'sequence', items: [node] }
  }

  #set(): Ranges {
    const isInverted = this.#take('^')
    const ranges: (readonly [number, number])[] = []
    while (!this.#take(']')) {
      const from = this.#member()
      const isRange = this.#peek() === '-' && this.#source[this.#at + 1] !== ']'
      if (!isRange) {
        ranges.push(...from)
        continue
      }
      this.#at++
      const low = single(from)
      const high = single(this.#member())
      if (low === null || high === null || high < low) throw new PatternError('a range out of order in [ ]')
      ranges.push([low, high])
    }
    return isInverted ? inverted(ranges) : ranges
  }

  #member(): Ranges {
    if (this.#at >= this.#source.length) throw new PatternError('a [ without its ]')
    const character = this.#next()
    if (character !== '\\') return [[character.charCodeAt(0), character.charCodeAt(0)]]
    if (this.#take('b')) return [[8, 8]]
    return this.#take('-') ? [[0x2d, 0x2d]] : this.#escape()
  }

  #escape(): Ranges {
    const [, short, long] = this.#match(/x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})/y) ?? []
    const hex = short ?? long
    if (hex !== undefined) return [[Number.parseInt(hex, 16), Number.parseInt(hex, 16)]]
    if (this.#at >= this.#source.length) throw new PatternError('a \\ with nothing after it')
    const character = this.#next()
    const named = CLASSES[character]
    if (named) return named
    const control = CONTROLS[character]
    if (control !== undefined && !(character === '0' && /\d/.test(this.#peek()))) return [[control, control]]
    if (/[0-9A-Za-z]/.test(character)) throw new PatternError(`\\${character} is not supported`)
    return [[character.charCodeAt(0), character.charCodeAt(0)]]
  }

  #peek(): string {
    return this.#source[this.#at] ?? ''
  }

  #next(): string {
    return this.#source[this.#at++] ?? ''
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at++
    return true
  }

  #match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at
    const found = sticky.exec(this.#source)
    if (found) this.#at = sticky.lastIndex
    return found
  }
}

/** The one character of a set that has one, else null. */
const single = (ranges: Ranges): number | null => {
  const [first] = ranges
  return ranges.length === 1 && first && first[0] === first[1] ? first[0] : null
}
