import { LONG_TEXT, replaceEach } from './long-text.ts'
import type { Reader } from './reader.ts'

/** Null leaves the pair out. */
export type VisitPair = (name: string, value: string) => string | null

/**
 * A query or a form (application/x-www-form-urlencoded) with other values in it; what does not change stays as it was
 * encoded. Latin-1 in and out.
 */
export class FormReader implements Reader {
  taken = 0
  readonly #visit: VisitPair
  #isFirst = true
  /** Every pair so far was left out. */
  #isEmpty = true

  constructor(visit: VisitPair) {
    this.#visit = visit
  }

  read(text: string, isLast: boolean): string {
    let result = ''
    let copied = 0
    let i = 0
    // Each turn takes a pair with the & before it.
    while (i < text.length) {
      const start = this.#isFirst ? i : i + 1
      const ampersand = text.indexOf('&', start)
      if (ampersand < 0 && !isLast) break
      const end = ampersand < 0 ? text.length : ampersand
      const pair = text.slice(start, end)
      const replaced = replacedPair(pair, this.#visit)
      const isChanged = replaced !== pair
      if (isChanged || (this.#isEmpty && start > i)) {
        const from = replaced === null || this.#isEmpty ? i : start
        result += text.slice(copied, from) + (isChanged ? (replaced ?? '') : '')
        copied = isChanged ? end : start
      }
      if (replaced !== null) this.#isEmpty = false
      this.#isFirst = false
      i = end
    }
    this.taken = i
    return copied === 0 ? text.slice(0, i) : result + text.slice(copied, i)
  }
}

const replacedPair = (pair: string, visit: VisitPair): string | null => {
  const equals = pair.indexOf('=')
  const rawValue = equals < 0 ? pair : pair.slice(equals + 1)
  if (rawValue === '') return pair
  const value = decodeForm(rawValue)
  const rawName = equals < 0 ? '' : pair.slice(0, equals)
  const replaced = visit(decodeForm(rawName), value)
  if (replaced === value) return pair
  if (replaced === null) return null
  return equals < 0 ? encodePercent(replaced) : `${rawName}=${encodePercent(replaced)}`
}

const decodeForm = (text: string): string => {
  if (!text.includes('+')) return decodePercent(text)
  return decodePercent(
    text.length > LONG_TEXT ? replaceEach(text, /\+/g, () => ' ') : text.replaceAll('+', ' '),
  )
}

/** Percent-encoded bytes as latin-1; what is no encoding stays. */
export const decodePercent = (text: string): string =>
  text.includes('%')
    ? replaceEach(text, /%([0-9a-fA-F]{2})/g, (_, hex = '') => String.fromCharCode(Number.parseInt(hex, 16)))
    : text

/** Everything but the unreserved characters (RFC 3986 section 2.3), and `@` `:` `,`, which need none in a query. */
export const encodePercent = (latin1: string): string =>
  replaceEach(
    latin1,
    /[^0-9A-Za-z\-._~@:,]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )

/** A path’s segments, decoded one by one; slashes stay where they were. */
export const redactPath = (path: string, visit: (segment: string) => string): string => {
  let changed = ''
  let copied = 0
  for (let start = 0; start <= path.length; ) {
    const slash = path.indexOf('/', start)
    const end = slash < 0 ? path.length : slash
    if (end - start >= 4) {
      const segment = decodePercent(path.slice(start, end))
      const replaced = visit(segment)
      if (replaced !== segment) {
        changed += path.slice(copied, start) + encodePercent(replaced)
        copied = end
      }
    }
    start = end + 1
  }
  return copied === 0 ? path : changed + path.slice(copied)
}
