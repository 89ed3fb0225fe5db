import { ByName } from '../http/by-name.ts'
import type { RawHeaders } from '../http/exchange.ts'
import { decodePercent, encodePercent } from './form.ts'
import type { Values } from './values.ts'

/** Headers that say how a message is to be read, and nothing about anybody. */
const PLAIN = new Set([
  ...['accept', 'accept-charset', 'accept-encoding', 'accept-language', 'accept-ranges', 'age', 'allow'],
  ...[
    'cache-control',
    'connection',
    'content-encoding',
    'content-language',
    'content-length',
    'content-range',
  ],
  ...[
    'content-type',
    'date',
    'expect',
    'expires',
    'host',
    'if-modified-since',
    'if-unmodified-since',
    'keep-alive',
  ],
  ...[
    'last-modified',
    'range',
    'retry-after',
    'server',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'user-agent',
  ],
  ...[
    'vary',
    'grpc-encoding',
    'grpc-accept-encoding',
    'grpc-timeout',
    'grpc-status',
    'strict-transport-security',
  ],
])

/** In lower case; null for those that are left as they are. */
const LOOKED_INTO = new ByName((name) => {
  const lowerCase = name.toLowerCase()
  return PLAIN.has(lowerCase) ? null : lowerCase
})

/** Header fields with other values in them; the same array when nothing changed. */
export class HeaderRedaction {
  readonly #values: Values

  constructor(values: Values) {
    this.#values = values
  }

  redact(headers: RawHeaders): RawHeaders {
    let changed: string[] | null = null
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string
      const value = headers[i + 1] as string
      const lookedInto = LOOKED_INTO.of(name)
      const replaced = lookedInto === null || value === '' ? value : this.#value(lookedInto, value)
      if (changed === null && replaced !== value) changed = headers.slice(0, i)
      if (changed !== null && replaced !== null) changed.push(name, replaced)
    }
    return changed ?? headers
  }

  #value(name: string, value: string): string | null {
    switch (name) {
      case 'authorization':
      case 'proxy-authorization':
        return this.#authorization(name, value)
      case 'cookie':
        return this.#cookies(value)
      case 'set-cookie':
        return this.#setCookie(value)
      default:
        return this.#values.named('header', name, value)
    }
  }

  #authorization(name: string, value: string): string | null {
    const values = this.#values
    const kept = values.ruled('header', name, value)
    if (kept !== undefined) return kept
    const [scheme = '', ...rest] = value.split(' ')
    const credentials = rest.join(' ')
    if (credentials === '') return values.secret('credential', 'header', value)
    if (scheme.toLowerCase() === 'basic') {
      const [user = '', ...password] = Buffer.from(credentials, 'base64').toString('latin1').split(':')
      const both = [user, password.join(':')].map((part) =>
        part === '' ? part : values.secret(part.includes('@') ? 'email' : 'credential', 'header', part),
      )
      if (both.includes(null)) return null
      return both.join(':') === [user, ...password].join(':')
        ? value
        : `${scheme} ${Buffer.from(both.join(':'), 'latin1').toString('base64')}`
    }
    const replaced = values.secret('credential', 'header', credentials)
    return replaced === null ? null : `${scheme} ${replaced}`
  }

  /** RFC 6265 section 4.2.1. */
  #cookies(value: string): string | null {
    let isChanged = false
    const kept: string[] = []
    for (const pair of value.split(';')) {
      const replaced = this.#cookie(pair)
      if (replaced !== pair) isChanged = true
      if (replaced !== null) kept.push(replaced)
    }
    if (!isChanged) return value
    return kept.length === 0 ? null : kept.join(';').trimStart()
  }

  #setCookie(value: string): string | null {
    const end = value.indexOf(';')
    const pair = end < 0 ? value : value.slice(0, end)
    const replaced = this.#cookie(pair)
    return replaced === null ? null : replaced + (end < 0 ? '' : value.slice(end))
  }

  #cookie(pair: string): string | null {
    const equals = pair.indexOf('=')
    if (equals < 0) return pair
    const name = pair.slice(0, equals).trim()
    const raw = pair.slice(equals + 1)
    const quoted = raw.startsWith('"') && raw.endsWith('"') && raw.length > 1
    const inner = quoted ? raw.slice(1, -1) : raw
    const value = decodePercent(inner)
    const replaced = this.#cookieValue(name, value)
    if (replaced === value) return pair
    if (replaced === null) return null
    const encoded = inner === value ? replaced : encodePercent(replaced)
    return `${pair.slice(0, equals + 1)}${quoted ? `"${encoded}"` : encoded}`
  }

  #cookieValue(name: string, value: string): string | null {
    const values = this.#values
    if (value === '') return value
    const ruled = values.ruled('cookie', name, value)
    if (ruled !== undefined) return ruled
    const replaced = values.named('cookie', name, value)
    return replaced === value && isLong(value) ? values.secret('credential', 'cookie', value) : replaced
  }
}

/** What is long enough to be guessed by nobody, and has digits, names a session or a person whatever the cookie is called. */
const LONG = 16
const isLong = (value: string): boolean => value.length >= LONG && /\d/.test(value)
