import { FieldLines } from './field-lines.ts'
import { HttpMessageReader } from './http-message.ts'
import { boundaryOf, MultipartReader, type Part } from './multipart.ts'
import { type Reader, WholeReader } from './reader.ts'
import { TextReader } from './text.ts'
import type { Values } from './values.ts'
import { XmlReader } from './xml.ts'

const PARTS_DEPTH_MAX = 3

/** What is neither text nor of a known format is looked through, or cannot be read. */
export type Opaque = 'scan' | 'refuse'

/** Text of a content type with other values in it. */
export class ContentReader implements Reader {
  taken = 0
  readonly #type: string
  readonly #values: Values
  readonly #opaque: Opaque
  readonly #depth: number
  #reader: Reader | null = null

  constructor(contentType: string, values: Values, opaque: Opaque, depth = 0) {
    this.#type = contentType
    this.#values = values
    this.#opaque = opaque
    this.#depth = depth
  }

  read(text: string, isLast: boolean): string | null {
    if (this.#reader === null) {
      this.taken = 0
      if (text.length < BEGINNING && !isLast) return ''
      this.#reader = readerOf(this.#type, text, this.#values, this.#opaque, this.#depth)
    }
    const redacted = this.#reader?.read(text, isLast) ?? null
    this.taken = this.#reader?.taken ?? 0
    return redacted
  }
}

/** Null: nobody knows what would be in it. */
const readerOf = (
  contentType: string,
  text: string,
  values: Values,
  opaque: Opaque,
  depth: number,
): Reader | null => {
  const isRefused = opaque === 'refuse'
  const [type = ''] = contentType.split(';', 1)
  switch (formatOf(type.trim().toLowerCase(), contentType, text)) {
    case 'json':
      return values.json('body')
    case 'form':
      return values.form('body')
    case 'xml':
      return new XmlReader((name, value, names) =>
        name === null ? values.text('body', value) : (values.named('body', name, value, names) ?? ''),
      )
    case 'multipart': {
      const boundary = boundaryOf(contentType)
      if (boundary === null || depth >= PARTS_DEPTH_MAX) return null
      const fields = new FieldLines(values)
      return new MultipartReader(
        boundary,
        (part) =>
          isField(part) ? fieldReader(part, values) : new ContentReader(part.type, values, opaque, depth + 1),
        (lines) => fields.redact(lines),
      )
    }
    case 'http':
      if (depth >= PARTS_DEPTH_MAX) return null
      return new HttpMessageReader(values, (inner) => new ContentReader(inner, values, opaque, depth + 1))
    case 'text':
      return isRefused
        ? new WholeReader((whole) => values.text('body', whole))
        : new TextReader(values, false)
    case 'wide':
      return null
    case 'binary':
      return isRefused ? null : new TextReader(values, true)
  }
}

const isField = ({ filename, contentType }: Part): boolean =>
  filename === null && (contentType === null || contentType === 'text/plain')

const fieldReader = ({ name }: Part, values: Values): Reader =>
  new WholeReader((value) => {
    if (value === '') return value
    return name === null ? values.text('body', value) : (values.named('body', name, value, [name]) ?? '')
  })

type Format = 'json' | 'form' | 'xml' | 'multipart' | 'http' | 'text' | 'binary' | 'wide'

/** Spaces that may stand before a text, and the characters of a form’s first name. */
const SPACES_MAX = 64
const NAME_MAX = 64
/** So many characters say of which format a text is, and a byte order mark may stand before them. */
const BEGINNING = 3 + Math.max(SPACES_MAX, NAME_MAX) + 1

const BRACKET = new RegExp(`^(?:\\xef\\xbb\\xbf)?\\s{0,${SPACES_MAX}}([{[<])`)
const PAIR = new RegExp(`^[\\w.[\\]-]{1,${NAME_MAX}}=`)

/** By its type, and where that says nothing by how it begins. */
const formatOf = (type: string, contentType: string, text: string): Format => {
  if (/charset="?utf-?(?:16|32)/i.test(contentType)) return 'wide'
  if (type.startsWith('multipart/')) return 'multipart'
  if (type === 'application/http' || type === 'message/http') return 'http'
  if (/[/+](?:x-)?(?:nd|geo|hal\+)?json(?:-seq|l|lines)?$/.test(type)) return 'json'
  if (type === 'application/x-www-form-urlencoded') return 'form'
  if (/[/+](?:xml|xhtml)$/.test(type) || type === 'image/svg+xml') return 'xml'
  const [, first] = BRACKET.exec(text) ?? []
  if (first === '{' || first === '[') return 'json'
  if (first === '<') return 'xml'
  if (type.startsWith('text/') || TEXTS.has(type)) return 'text'
  if (type === '' && PAIR.test(text)) return 'form'
  return 'binary'
}

const TEXTS = new Set([
  'application/graphql',
  'application/javascript',
  'application/yaml',
  'application/x-yaml',
])
