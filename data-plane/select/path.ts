/** Longer paths are not matched against rules. */
export const PATH_LENGTH_MAX = 4096

/**
 * The path of a request target as rules see it: without query, percent-decoded once as UTF-8, doubled slashes and dot
 * segments resolved (RFC 3986 sections 2.4 and 5.2.4), as most servers read it: else `/%61dmin` or `/x/../admin` would
 * get past a rule about `/admin`. Null when it has no one reading: too long, broken encoding, control characters.
 */
export const rulePath = (target: string): string | null => {
  const path = pathOf(target)
  if (path.length > PATH_LENGTH_MAX) return null
  if (PLAIN.test(path)) return UNRESOLVED.test(path) ? resolved(path) : path
  const decoded = decodeText(path)
  if (decoded === null || CONTROL.test(decoded)) return null
  return UNRESOLVED.test(decoded) ? resolved(decoded) : decoded
}

const PLAIN = /^[\x21-\x24\x26-\x7e]*$/
const UNRESOLVED = /\/\/|\/\.\.?(?:\/|$)/
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i

const pathOf = (target: string): string => {
  const absolute = target.startsWith('/') ? null : ABSOLUTE.exec(target)
  const start = absolute ? absolute[0].length : 0
  const end = target.slice(start, start + PATH_LENGTH_MAX + 2).search(/[?#]/)
  const path = target.slice(start, end < 0 ? undefined : start + end)
  return absolute && path === '' ? '/' : path
}

/** The query of a request target, without its question mark; empty when there is none. */
export const queryOf = (target: string): string => {
  const start = target.indexOf('?')
  if (start < 0) return ''
  const end = target.indexOf('#', start)
  return target.slice(start + 1, end < 0 ? undefined : end)
}

/** Percent-encoded latin-1 text as UTF-8; null for a broken encoding. */
export const decodeText = (text: string): string | null => {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return null
  const bytes = text.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return decodeUtf8(Buffer.from(bytes, 'latin1'))
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\x1f\x7f]/

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Null for what is not UTF-8. */
export const decodeUtf8 = (bytes: Buffer): string | null => {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

const resolved = (path: string): string => {
  const segments = path.split('/')
  const last = segments.at(-1)
  const kept: string[] = []
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const isFolder = last === '' || last === '.' || last === '..'
  return `/${kept.join('/')}${isFolder && kept.length > 0 ? '/' : ''}`
}
