import { fieldOf, parameter } from './field-lines.ts'
import type { Reader } from './reader.ts'

export type Part = {
  name: string | null
  filename: string | null
  /** Lower case, without parameters; null when the part has none. */
  contentType: string | null
  /** The whole of its Content-Type, parameters included; empty when it has none. */
  type: string
}

const HEAD_MAX = 8192

/** The boundary of a multipart body (RFC 2046 section 5.1.1); null without one. */
export const boundaryOf = (contentType: string): string | null => {
  const [, quoted, plain] = /;\s{0,8}boundary=(?:"([^"]{1,70})"|([^\s;",]{1,70}))/i.exec(contentType) ?? []
  return quoted ?? plain ?? null
}

/**
 * A multipart body (RFC 7578) with other contents of its parts. It cannot be read when it has no such boundary: then nobody
 * knows what is in it. Latin-1 in and out.
 */
export class MultipartReader implements Reader {
  taken = 0
  readonly #delimiter: string
  readonly #mark: string
  readonly #visit: (part: Part) => Reader
  readonly #visitHead: (lines: string) => string
  /** What is to be read next; a head is that of a part with the boundary before it. */
  #next: 'beginning' | 'preamble' | 'head' | 'content' | 'epilogue' | 'nothing' = 'beginning'
  #isFirst = true
  #content: Reader | null = null
  #result = ''

  /**
   * @param visit gives who reads a part’s contents
   * @param visitHead gives what stands in the place of a part’s header fields
   */
  constructor(boundary: string, visit: (part: Part) => Reader, visitHead: (lines: string) => string) {
    this.#delimiter = `--${boundary}`
    this.#mark = `\r\n${this.#delimiter}`
    this.#visit = visit
    this.#visitHead = visitHead
  }

  read(text: string, isLast: boolean): string | null {
    this.#result = ''
    this.taken = 0
    let goesOn = true
    while (goesOn) goesOn = this.#step(text, isLast)
    return this.#next === 'nothing' ? null : this.#result
  }

  #step(text: string, isLast: boolean): boolean {
    switch (this.#next) {
      case 'beginning':
        return this.#beginning(text, isLast)
      case 'preamble':
        return this.#preamble(text, isLast)
      case 'head':
        return this.#head(text, isLast)
      case 'content':
        return this.#contents(text, isLast, text.indexOf(this.#mark, this.taken))
      case 'epilogue':
        this.#leaveOut(text, text.length)
        return false
      case 'nothing':
        return false
    }
  }

  #beginning(text: string, isLast: boolean): boolean {
    if (!isLast && text.length < this.#delimiter.length) return false
    this.#next = text.startsWith(this.#delimiter) ? 'head' : 'preamble'
    return true
  }

  #preamble(text: string, isLast: boolean): boolean {
    const first = text.indexOf(this.#mark, this.taken)
    if (first < 0 && !isLast) this.#leaveOut(text, this.#unmarked(text))
    if (first < 0 && isLast) this.#next = 'nothing'
    if (first < 0) return false
    this.#leaveOut(text, first)
    this.#next = 'head'
    return true
  }

  #head(text: string, isLast: boolean): boolean {
    const boundary = this.taken
    const isClosing = !this.#isFirst && text.startsWith('--', boundary + this.#mark.length)
    const line = isClosing ? -1 : text.indexOf('\n', boundary + 2)
    const start = line + 1
    const isWhole = line >= 0 && text.length >= start + HEAD_MAX + 4 + this.#mark.length
    if (!isLast && !isWhole && !isClosing) return false
    if (line < 0) {
      const end = text.indexOf(this.#delimiter, boundary) + this.#delimiter.length
      this.#pass(text, isClosing ? end + 2 : end)
      this.#next = 'epilogue'
      return true
    }
    const next = text.indexOf(this.#mark, line - 1)
    const end = next < 0 ? text.length : next
    const blank = text.startsWith('\r\n', start) ? start - 2 : headEnd(text, start, end)
    if (blank < start - 2 || blank >= end) {
      // Nothing at all between two boundaries is no part.
      this.#pass(text, Math.min(start, end))
      this.#next = end > start ? 'nothing' : next < 0 ? 'epilogue' : 'head'
      this.#isFirst = false
      return true
    }
    this.#content = this.#visit(this.#part(text, start, Math.max(start, blank)))
    this.#pass(text, Math.min(blank + 4, end))
    this.#next = 'content'
    return this.#contents(text, isLast, next)
  }

  #part(text: string, start: number, end: number): Part {
    const head = text.slice(start, end)
    this.#result += text.slice(this.taken, start) + this.#visitHead(head)
    this.taken = end
    return partOf(head)
  }

  /** @param next where the boundary behind the contents begins; negative when it is not there */
  #contents(text: string, isLast: boolean, next: number): boolean {
    const isWhole = next >= 0 || isLast
    const end = next >= 0 ? next : isLast ? text.length : this.#unmarked(text)
    const reader = this.#content as Reader
    const replaced = reader.read(text.slice(this.taken, end), isWhole)
    if (replaced === null) {
      this.#next = 'nothing'
      return false
    }
    this.#result += replaced
    this.taken += reader.taken
    if (!isWhole) return false
    this.#next = next < 0 ? 'epilogue' : 'head'
    this.#isFirst = false
    return true
  }

  /** Up to where no boundary begins, whatever follows. */
  #unmarked(text: string): number {
    return Math.max(this.taken, text.length - this.#mark.length + 1)
  }

  /** What is in no part readers leave out (RFC 2046 section 5.1.1): its line breaks stay. */
  #leaveOut(text: string, end: number): void {
    this.#result += text.slice(this.taken, end).replace(/[^\r\n]+/g, '')
    this.taken = end
  }

  #pass(text: string, end: number): void {
    this.#result += text.slice(this.taken, end)
    this.taken = end
  }
}

/** Where a part’s head ends; what follows the part is not searched. */
const headEnd = (text: string, start: number, end: number): number => {
  const found = text.slice(start, Math.min(end, start + HEAD_MAX) + 4).indexOf('\r\n\r\n')
  return found < 0 ? Number.NEGATIVE_INFINITY : start + found
}

const partOf = (head: string): Part => {
  const disposition = fieldOf(head, 'content-disposition') ?? ''
  const type = fieldOf(head, 'content-type') ?? ''
  return {
    name: parameter(disposition, 'name'),
    filename: parameter(disposition, 'filename'),
    contentType: type === '' ? null : (type.split(';')[0] as string).trim().toLowerCase(),
    type,
  }
}
