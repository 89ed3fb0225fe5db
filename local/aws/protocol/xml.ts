/** What an XML answer is built from: nested names; undefined and null are left out, dates are ISO 8601. */
export type XmlValue =
  | string
  | number
  | boolean
  | Date
  | null
  | undefined
  | readonly XmlValue[]
  | Repeated
  | { readonly [name: string]: XmlValue }

/** A list whose element is repeated without one around it (flattened, as SQS has it). */
export class Repeated {
  readonly items: readonly XmlValue[]

  constructor(items: readonly XmlValue[]) {
    this.items = items
  }
}

/** `listElement`: EC2 says `item`, the other query services say `member`. */
export function xml(name: string, value: XmlValue, listElement: 'item' | 'member'): string {
  if (value === undefined || value === null) return ''
  if (value instanceof Repeated) return value.items.map((item) => xml(name, item, listElement)).join('')
  const content = inner(value, listElement)
  return content === '' && typeof value === 'object' ? `<${name}/>` : `<${name}>${content}</${name}>`
}

function inner(
  value: Exclude<XmlValue, undefined | null | Repeated>,
  listElement: 'item' | 'member',
): string {
  if (typeof value === 'string') return escapeText(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map((item) => xml(listElement, item, listElement)).join('')
  return Object.entries(value as Record<string, XmlValue>)
    .map(([name, child]) => xml(name, child, listElement))
    .join('')
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

export function escapeText(text: string): string {
  // Control characters have no form in XML 1.0 at all; AWS refuses most of them on the way in.
  return text.replace(/[&<>"]/g, (c) => ENTITIES[c] ?? c).replace(/(?![\t\n\r])\p{Cc}/gu, '\ufffd')
}
