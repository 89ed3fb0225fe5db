import type { VisitField } from './json.ts'
import { replaceEach } from './long-text.ts'
import type { Reader } from './reader.ts'

const DEPTH_MAX = 64

const CDATA = '<![CDATA['
const COMMENT = '<!--'

/**
 * XML with other text and attribute values in it, all else as it was. Names are without their prefix. Latin-1 in and out;
 * what is not well formed is read as far as it can be.
 */
export class XmlReader implements Reader {
  taken = 0
  readonly #visit: VisitField
  readonly #names: string[] = []

  constructor(visit: VisitField) {
    this.#visit = visit
  }

  read(text: string, isLast: boolean): string {
    const names = this.#names
    let result = ''
    let copied = 0
    let i = 0
    const replace = (start: number, end: number, isRaw: boolean, name: string | null) => {
      const raw = text.slice(start, end)
      if (raw.trim() === '') return
      const value = isRaw ? raw : decodeEntities(raw)
      const replaced = this.#visit(name, value, names)
      if (replaced === value) return
      result += text.slice(copied, start) + (isRaw ? replaced : encodeEntities(replaced))
      copied = end
    }
    while (i < text.length) {
      const open = endOf(text, '<', i)
      if (!isLast && open === text.length) break
      replace(i, open, false, names.at(-1) ?? null)
      i = open
      const isData = text.startsWith(CDATA, open)
      const isComment = text.startsWith(COMMENT, open)
      const close = isData
        ? endOf(text, ']]>', open + CDATA.length)
        : isComment
          ? endOf(text, '-->', open + COMMENT.length)
          : tagEnd(text, open + 1)
      if (open === text.length || (!isLast && close === text.length)) break
      if (isData) replace(open + CDATA.length, close, true, names.at(-1) ?? null)
      else if (isComment) replace(open + COMMENT.length, close, true, null)
      else if (text[open + 1] === '/') names.pop()
      else if (text[open + 1] !== '?' && text[open + 1] !== '!') {
        const tag = text.slice(open + 1, close)
        for (const { 0: whole, 1: name = '', 2: value = '', index } of tag.matchAll(ATTRIBUTE)) {
          const end = open + index + whole.length
          replace(end - value.length, end, false, localName(name))
        }
        const [name = ''] = /^[^\s/>]*/.exec(tag.slice(0, 256)) ?? []
        if (!tag.endsWith('/') && names.length < DEPTH_MAX) names.push(localName(name))
      }
      i = Math.min(text.length, close + (isData || isComment ? 3 : 1))
    }
    this.taken = i
    return copied === 0 ? text.slice(0, i) : result + text.slice(copied, i)
  }
}

/** A name has no space and no quote in it, so that it begins in one place only. */
const ATTRIBUTE = /(?<=\s)([^\s"'=<>/]{1,128})\s{0,4}=\s{0,4}["']([^"'<]*)["']/g

const localName = (name: string): string => name.slice(name.indexOf(':') + 1)

const endOf = (text: string, mark: string, from: number): number => {
  const found = text.indexOf(mark, from)
  return found < 0 ? text.length : found
}

/** The > that ends a tag, those in quotes left out. */
const tagEnd = (text: string, start: number): number => {
  let quote = 0
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (quote !== 0) {
      if (code === quote) quote = 0
    } else if (code === 0x22 || code === 0x27) quote = code
    else if (code === 0x3e) return i
  }
  return text.length
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

const decodeEntities = (raw: string): string =>
  raw.includes('&')
    ? replaceEach(
        raw,
        /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/g,
        (whole, hex, decimal, name) => {
          if (name !== undefined) return ENTITIES[name as string] as string
          const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
          return point > 0x10ffff
            ? whole
            : Buffer.from(String.fromCodePoint(point), 'utf8').toString('latin1')
        },
      )
    : raw

const encodeEntities = (text: string): string =>
  replaceEach(text, /[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`)
