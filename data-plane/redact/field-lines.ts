import { HeaderRedaction } from './headers.ts'
import type { Values } from './values.ts'

const FOLD = /\r?\n[ \t]+/g

/** Header fields as lines within a body: heads of its parts (RFC 2045 section 3) and of messages in it (RFC 9112 section 5). */
export class FieldLines {
  readonly #values: Values
  readonly #headers: HeaderRedaction

  constructor(values: Values) {
    this.#values = values
    this.#headers = new HeaderRedaction(values)
  }

  /** The same lines with other values in them; a value that is to be removed is empty then. */
  redact(lines: string): string {
    return lines
      .split(/(\r?\n(?![ \t]))/)
      .map((line, i) => (i % 2 === 0 ? this.#line(line) : line))
      .join('')
  }

  #line(line: string): string {
    const colon = line.indexOf(':')
    // No field at all.
    if (colon <= 0 || /^[ \t]/.test(line)) return this.#values.scanned('body', line)
    const name = line.slice(0, colon)
    if (name.toLowerCase() === 'content-disposition') return this.#disposition(line)
    // A value may go on in the next line (RFC 9112 section 5.2).
    const value = line
      .slice(colon + 1)
      .replaceAll(FOLD, ' ')
      .trim()
    const [, replaced = ''] = this.#headers.redact([name, value])
    return replaced === value ? line : `${name}: ${replaced}`
  }

  /** The file’s name may say something about somebody. */
  #disposition(line: string): string {
    const filename = parameter(line, 'filename')
    if (filename === null) return line
    const replaced = this.#values.scanned('body', filename)
    if (replaced === filename) return line
    const at = line.indexOf(filename, line.search(/filename/i))
    return line.slice(0, at) + replaced.replace(/["\r\n]/g, '_') + line.slice(at + filename.length)
  }
}

/** The value of a parameter of a field (RFC 6266 section 4.1); null when it has none. */
export const parameter = (field: string, name: string): string | null => {
  const [, quoted, plain] = new RegExp(`;\\s{0,8}${name}=(?:"([^"]*)"|([^\\s;"]+))`, 'i').exec(field) ?? []
  return quoted ?? plain ?? null
}

/** The value of a field among lines; null when there is none. */
export const fieldOf = (lines: string, name: string): string | null =>
  new RegExp(`(?:^|\\n)${name}:[ \\t]{0,8}([^\\r\\n]*)`, 'i').exec(lines)?.[1] ?? null
