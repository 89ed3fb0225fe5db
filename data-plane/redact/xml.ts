import type { VisitField } from './json.ts'

const DEPTH_MAX = 64

/**
 * XML with other text and attribute values in it, all else as it was. Names are without their prefix. Latin-1 in and out;
 * what is not well formed is read as far as it can be.
 */
export const redactXml = (text: string, visit: VisitField): string => {
  const names: string[] = []
  let result = ''
  let copied = 0
  let i = 0
  const replace = (start: number, end: number, isRaw: boolean, name: string | null) => {
    const raw = text.slice(start, end)
    if (raw.trim() === '') return
    const value = isRaw ? raw : decodeEntities(raw)
    const replaced = visit(name, value, names)
    if (replaced === value) return
    result += text.slice(copied, start) + (isRaw ? replaced : encodeEntities(replaced))
    copied = end
  }
  while (i < text.length) {
    const open = text.indexOf('<', i)
    const end = open < 0 ? text.length : open
    replace(i, end, false, names.at(-1) ?? null)
    if (open < 0) break
    if (text.startsWith('<![CDATA[', open)) {
      const close = endOf(text, ']]>', open + 9)
      replace(open + 9, close, true, names.at(-1) ?? null)
      i = close + 3
    } else if (text.startsWith('<!--', open)) {
      const close = endOf(text, '-->', open + 4)
      replace(open + 4, close, true, null)
      i = close + 3
    } else {
      const close = tagEnd(text, open + 1)
      if (text[open + 1] === '/') names.pop()
      else if (text[open + 1] !== '?' && text[open + 1] !== '!') {
        const tag = text.slice(open + 1, close)
        const [name = ''] = /^[^\s/>]*/.exec(tag.slice(0, 256)) ?? []
        for (const attribute of tag.matchAll(ATTRIBUTE)) {
          const start = open + 1 + attribute.index + attribute[0].length - 1 - (attribute[2] as string).length
          replace(start, start + (attribute[2] as string).length, false, localName(attribute[1] as string))
        }
        if (!tag.endsWith('/') && names.length < DEPTH_MAX) names.push(localName(name))
      }
      i = close + 1
    }
  }
  return copied === 0 ? text : result + text.slice(copied)
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
    ? raw.replace(
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
  text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`)
