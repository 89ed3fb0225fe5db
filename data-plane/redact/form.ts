/**
 * A query or a form (application/x-www-form-urlencoded) with other values in it; what does not change stays as it was
 * encoded. Null from `visit` leaves a pair out.
 */
export const redactForm = (text: string, visit: (name: string, value: string) => string | null): string => {
  if (text === '') return text
  let isChanged = false
  const parts: string[] = []
  for (const part of text.split('&')) {
    const equals = part.indexOf('=')
    const rawName = equals < 0 ? '' : part.slice(0, equals)
    const rawValue = equals < 0 ? part : part.slice(equals + 1)
    const value = decodeForm(rawValue)
    const replaced = value === '' ? value : visit(decodeForm(rawName), value)
    if (replaced === value) parts.push(part)
    else {
      isChanged = true
      if (replaced !== null)
        parts.push(equals < 0 ? encodePercent(replaced) : `${rawName}=${encodePercent(replaced)}`)
    }
  }
  return isChanged ? parts.join('&') : text
}

const decodeForm = (text: string): string =>
  decodePercent(text.includes('+') ? text.replaceAll('+', ' ') : text)

/** Percent-encoded bytes as latin-1; what is no encoding stays. */
export const decodePercent = (text: string): string =>
  text.includes('%')
    ? text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text

/** Everything but the unreserved characters (RFC 3986 section 2.3), and `@` `:` `,`, which need none in a query. */
export const encodePercent = (latin1: string): string =>
  latin1.replace(
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
