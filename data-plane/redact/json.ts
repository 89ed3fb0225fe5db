import { replaceEach } from './long-text.ts'
import type { Reader } from './reader.ts'

/**
 * What is asked about a value: its name where it has one (the next key above, for members of arrays), and the keys from
 * the root to it. The same value back changes nothing.
 */
export type VisitField = (name: string | null, value: string, keys: readonly string[]) => string

/** What is asked about a key, which may itself be personal data. */
export type VisitKey = (key: string) => string

/** Keys are kept to this depth; deeper ones are still visited, by their own names. */
const DEPTH_MAX = 64

/**
 * JSON with other values in it, all else byte for byte as it was: it is read as a sequence of strings and numbers, so that
 * several documents in a row, one that was cut off and one with mistakes are read too. Latin-1 in and out.
 */
export class JsonReader implements Reader {
  taken = 0
  readonly #visit: VisitField
  readonly #visitKey: VisitKey
  readonly #keys: string[] = []
  readonly #objects: boolean[] = []
  /** How many keys lead to the container at each depth. */
  readonly #above: number[] = []
  #depth = 0

  constructor(visit: VisitField, visitKey: VisitKey) {
    this.#visit = visit
    this.#visitKey = visitKey
  }

  read(text: string, isLast: boolean): string {
    const length = text.length
    const keys = this.#keys
    const objects = this.#objects
    const above = this.#above
    const visit = this.#visit
    const visitKey = this.#visitKey
    let depth = this.#depth
    let result = ''
    let copied = 0
    let i = 0
    while (i < length) {
      const code = text.charCodeAt(i)
      if (code === 0x22) {
        const end = stringEnd(text, i + 1)
        const mayBeKey = depth > DEPTH_MAX || objects[depth - 1] !== false
        const behind = mayBeKey ? spaceEnd(text, end + 1) : end + 1
        if (!isLast && behind >= length) break
        const raw = text.slice(i + 1, end)
        const value = raw.includes('\\') ? unescaped(raw) : raw
        const isKey = mayBeKey && text.charCodeAt(behind) === 0x3a
        const replaced = isKey
          ? visitKey(value)
          : visit(keys.length > 0 ? (keys[keys.length - 1] as string) : null, value, keys)
        if (isKey) {
          shorten(keys, depth > DEPTH_MAX ? DEPTH_MAX : (above[depth - 1] ?? 0))
          keys.push(value)
        }
        if (replaced !== value) {
          result += text.slice(copied, i + 1) + escaped(replaced)
          copied = Math.min(end, length)
        }
        i = end + 1
      } else if (code === 0x7b || code === 0x5b) {
        if (depth < DEPTH_MAX) {
          objects[depth] = code === 0x7b
          above[depth] = keys.length
        }
        depth++
        i++
      } else if (code === 0x7d || code === 0x5d) {
        if (depth > 0) depth--
        if (depth < DEPTH_MAX) shorten(keys, above[depth] ?? 0)
        i++
      } else if ((code >= 0x30 && code <= 0x39) || code === 0x2d) {
        const end = numberEnd(text, i)
        if (!isLast && end === length) break
        const value = text.slice(i, end)
        const replaced = visit(keys.length > 0 ? (keys[keys.length - 1] as string) : null, value, keys)
        if (replaced !== value) {
          result += text.slice(copied, i) + asNumber(replaced)
          copied = end
        }
        i = end
      } else i++
    }
    this.#depth = depth
    this.taken = Math.min(i, length)
    return copied === 0 ? text.slice(0, this.taken) : result + text.slice(copied, this.taken)
  }
}

/** Setting an array's length costs more than taking out the one or two that are too many. */
const shorten = (keys: string[], length: number): void => {
  while (keys.length > length) keys.pop()
}

/** Where the quote is that ends a string; the end of the text when there is none. */
const stringEnd = (text: string, start: number): number => {
  for (let end = text.indexOf('"', start); end >= 0; end = text.indexOf('"', end + 1)) {
    let first = end
    while (first > start && text.charCodeAt(first - 1) === 0x5c) first--
    // Behind an odd number of backslashes it is part of the string.
    if ((end - first) % 2 === 0) return end
  }
  return text.length
}

/** Where the spaces that begin here end. */
const spaceEnd = (text: string, start: number): number => {
  let i = start
  while (i < text.length && isSpace(text.charCodeAt(i))) i++
  return i
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09

const numberEnd = (text: string, start: number): number => {
  let i = start + 1
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const goesOn =
      (code >= 0x30 && code <= 0x39) ||
      code === 0x2e ||
      code === 0x2d ||
      code === 0x2b ||
      code === 0x65 ||
      code === 0x45
    if (!goesOn) break
  }
  return i
}

/** Whatever came out as a number: without a leading zero (RFC 8259 section 6), 0 for what is none. */
const asNumber = (text: string): string => (NUMBER.test(text) ? text.replace(/^(-?)0(?=\d)/, '$11') : '0')

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** So many code units in a row, of which no pair of surrogates is torn apart, or another escape. */
const ESCAPE =
  /(?:\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}){1,1000}|\\./gs

/** Escapes resolved; characters beyond ASCII as the bytes of their UTF-8, like those that are not escaped. */
const unescaped = (raw: string): string =>
  replaceEach(raw, ESCAPE, (sequence) => {
    const char = sequence[1] as string
    if (char !== 'u' || sequence.length < 6) return ESCAPES[char] ?? char
    const units = Buffer.allocUnsafe(sequence.length / 3)
    for (let i = 2; i < sequence.length; i += 6)
      units.writeUInt16LE(Number.parseInt(sequence.slice(i, i + 4), 16), (i - 2) / 3)
    return Buffer.from(units.toString('utf16le'), 'utf8').toString('latin1')
  })

const escaped = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
  replaceEach(text, /["\\\0-\x1f]/g, (char) =>
    char === '"' || char === '\\' ? `\\${char}` : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
