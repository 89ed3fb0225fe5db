import { FieldLines, fieldOf } from './field-lines.ts'
import type { Reader } from './reader.ts'
import { redactTarget } from './target.ts'
import type { Values } from './values.ts'

/** A longer head is not read. */
const HEAD_MAX = 64 << 10
const REQUEST_LINE = /^(\S+ +)(\S+)( +HTTP\/[\d.]+)?$/

/**
 * An HTTP message within a body, as batches of requests hold them (application/http, RFC 9112 section 10.2), with other values
 * in its target, fields and content. Latin-1 in and out.
 */
export class HttpMessageReader implements Reader {
  taken = 0
  readonly #values: Values
  readonly #contentOf: (contentType: string) => Reader
  #content: Reader | null = null

  /** @param contentOf gives who reads what is behind the head */
  constructor(values: Values, contentOf: (contentType: string) => Reader) {
    this.#values = values
    this.#contentOf = contentOf
  }

  read(text: string, isLast: boolean): string | null {
    if (this.#content !== null) return this.#contents(this.#content, '', text, 0, isLast)
    this.taken = 0
    const blank = /\r?\n\r?\n/.exec(text.slice(0, HEAD_MAX))
    if (blank === null && text.length >= HEAD_MAX) return null
    if (blank === null && !isLast) return ''
    const head = blank === null ? text : text.slice(0, blank.index)
    // Of a content coding within a body nobody undoes.
    if (fieldOf(head, 'content-encoding') !== null) return null
    this.#content = this.#contentOf(fieldOf(head, 'content-type') ?? '')
    const separator = blank?.[0] ?? ''
    const redacted = this.#head(head) + separator
    const isEmpty = isLast && text.length === head.length + separator.length
    if (isEmpty) {
      this.taken = text.length
      return redacted
    }
    return this.#contents(this.#content, redacted, text, head.length + separator.length, isLast)
  }

  #contents(content: Reader, before: string, text: string, start: number, isLast: boolean): string | null {
    const redacted = content.read(start === 0 ? text : text.slice(start), isLast)
    this.taken = start + content.taken
    return redacted === null ? null : before + redacted
  }

  #head(head: string): string {
    const [line = ''] = head.split(/\r?\n/, 1)
    const first = line.replace(
      REQUEST_LINE,
      (_, method: string, target: string, version = '') =>
        method + (method.startsWith('HTTP/') ? target : redactTarget(this.#values, target)) + version,
    )
    return first + new FieldLines(this.#values).redact(head.slice(line.length))
  }
}
