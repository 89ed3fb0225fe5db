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
 * A multipart body (RFC 7578) with other contents of its parts. Null when it has no such boundary: then nobody knows what
 * is in it. Latin-1 in and out.
 *
 * @param visit gives a part’s contents, or null for a part that cannot be read
 */
export const redactMultipart = (
  text: string,
  boundary: string,
  visit: (part: Part, content: string) => string | null,
  visitFilename: (filename: string) => string,
): string | null => {
  const delimiter = `--${boundary}`
  const first = text.startsWith(delimiter) ? 0 : text.indexOf(`\r\n${delimiter}`)
  if (first < 0) return null
  let result = ''
  let copied = 0
  let at = text.indexOf('\n', first + 2)
  while (at >= 0) {
    const start = at + 1
    const next = text.indexOf(`\r\n${delimiter}`, at - 1)
    const end = next < 0 ? text.length : next
    const blank = text.startsWith('\r\n', start) ? start - 2 : headEnd(text, start, end)
    const hasHead = blank >= start - 2 && blank < end
    if (!hasHead && end > start) return null
    if (hasHead) {
      const head = text.slice(start, Math.max(start, blank))
      const part = partOf(head)
      if (part.filename !== null) {
        const replaced = visitFilename(part.filename)
        const place = start + head.indexOf(part.filename, head.search(/filename/i))
        if (replaced !== part.filename) {
          result += text.slice(copied, place) + replaced.replace(/["\r\n]/g, '_')
          copied = place + part.filename.length
        }
      }
      const from = blank + 4
      const content = text.slice(Math.min(from, end), end)
      const replaced = visit(part, content)
      if (replaced === null) return null
      if (replaced !== content) {
        result += text.slice(copied, from) + replaced
        copied = end
      }
    }
    if (next < 0 || text.startsWith('--', next + 2 + delimiter.length)) break
    at = text.indexOf('\n', next + 2)
  }
  return copied === 0 ? text : result + text.slice(copied)
}

/** Where a part’s head ends; what follows the part is not searched. */
const headEnd = (text: string, start: number, end: number): number => {
  const found = text.slice(start, Math.min(end, start + HEAD_MAX) + 4).indexOf('\r\n\r\n')
  return found < 0 ? Number.NEGATIVE_INFINITY : start + found
}

const partOf = (head: string): Part => {
  const [, disposition = ''] = /(?:^|\n)content-disposition:([^\n]*)/i.exec(head) ?? []
  const [, type = ''] = /(?:^|\n)content-type:[ \t]{0,8}([^\r\n]{1,256})/i.exec(head) ?? []
  return {
    name: parameter(disposition, 'name'),
    filename: parameter(disposition, 'filename'),
    contentType: type === '' ? null : (type.split(';')[0] as string).trim().toLowerCase(),
    type,
  }
}

const parameter = (disposition: string, name: string): string | null => {
  const [, quoted, plain] =
    new RegExp(`;\\s{0,8}${name}=(?:"([^"]*)"|([^\\s;"]+))`, 'i').exec(disposition) ?? []
  return quoted ?? plain ?? null
}
