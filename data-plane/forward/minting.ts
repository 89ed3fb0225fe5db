import type { Prepared } from './prepare.ts'
import { Resigning } from './resigning.ts'
import { type Minted, type Place, placeName } from './settings.ts'

/** What stands in the place of a value; null where none can be made now. */
type Replace = (value: string, age: Age) => string | null
type Age = { now: number; ageMs: number }
type Compiled = Place & { replace: Replace; absent: string | null; signs: boolean }

/** Puts the shadow’s own credentials into the place of production’s, whose pseudonyms it would not accept. */
export class Minting {
  readonly #all: readonly Compiled[]
  readonly #clock: () => number

  /** @param clock milliseconds since the epoch */
  constructor(minted: readonly Minted[], clock: () => number) {
    this.#all = minted.flatMap((one) => compiled(one))
    this.#clock = clock
  }

  /**
   * Changes a request that is otherwise ready. False when it cannot be sent with the credentials that it needs.
   *
   * @param capturedAt milliseconds since the epoch
   * @param unsigned places of tokens that are not signed, because production’s keys have not signed them
   */
  apply(prepared: Prepared, capturedAt: number, unsigned?: ReadonlySet<string>): boolean {
    const now = this.#clock()
    const age = { now, ageMs: now - capturedAt }
    return this.#all.every(
      (one) => (one.signs && unsigned?.has(placeName(one)) === true) || put(prepared, one, age),
    )
  }
}

const compiled = (one: Minted): Compiled[] => {
  if (one.by === 'missing') return []
  const { in: place, name } = one
  if (one.by === 'secret') {
    const { value, always } = one
    const replace: Replace = (before) => schemeOf(name, before) + value
    return [
      { in: place, name, replace, absent: always ? schemeOf(name, 'Bearer ') + value : null, signs: false },
    ]
  }
  const resigning = new Resigning(one)
  const replace: Replace = (before, { now, ageMs }) => {
    const found = tokenIn(before)
    if (found === null) return before
    const token = resigning.token(found, now, ageMs)
    return token === null ? null : before.replace(found, () => token)
  }
  return [{ in: place, name, replace, absent: null, signs: true }]
}

/** The first JSON Web Token in a value; null without one. */
export const tokenIn = (value: string): string | null => TOKEN.exec(value)?.[0] ?? null

/** RFC 7515 section 3.1: base64url of `{"` first, then two more parts. Begins where its characters do, so that each is read once. */
const TOKEN = /(?<![\w-])eyJ[\w-]{1,8192}\.[\w-]{1,8192}\.[\w-]{0,8192}/

const schemeOf = (name: string, value: string): string =>
  /^(?:proxy-)?authorization$/i.test(name) ? (/^[\w-]{1,30} +/.exec(value)?.[0] ?? '') : ''

const put = (prepared: Prepared, { in: place, name, replace, absent }: Compiled, age: Age): boolean => {
  const { headers } = prepared
  let isThere = false
  let isDone = true
  const change = (value: string): string => {
    isThere = true
    const replaced = replace(value, age)
    isDone &&= replaced !== null
    return replaced ?? ''
  }
  if (place === 'query') {
    const path = withQuery(prepared.path, name, change, absent)
    prepared.path = path
    if (prepared.isHttp2) headers[headers.indexOf(':path') + 1] = path
    return isDone
  }
  const wanted = place === 'cookie' ? 'cookie' : name.toLowerCase()
  let last = -1
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() !== wanted) continue
    const value = headers[i + 1] as string
    last = i + 1
    headers[last] = place === 'cookie' ? withCookie(value, name, change) : change(value)
  }
  if (!isThere && absent !== null) {
    if (place === 'header') headers.push(name, absent)
    else if (last < 0) headers.push(prepared.isHttp2 ? 'cookie' : 'Cookie', `${name}=${absent}`)
    else headers[last] += `; ${name}=${absent}`
  }
  return isDone
}

/** RFC 6265 section 4.2.1. */
const withCookie = (value: string, name: string, change: (value: string) => string): string =>
  value
    .split(';')
    .map((pair) => {
      const equals = pair.indexOf('=')
      return equals > 0 && pair.slice(0, equals).trim() === name
        ? `${pair.slice(0, equals + 1)}${change(pair.slice(equals + 1))}`
        : pair
    })
    .join(';')

const withQuery = (
  path: string,
  name: string,
  change: (value: string) => string,
  absent: string | null,
): string => {
  const mark = path.indexOf('?')
  const parts = mark < 0 ? [] : path.slice(mark + 1).split('&')
  let isThere = false
  const changed = parts.map((part) => {
    const [named = '', ...rest] = part.split('=')
    if (named !== name) return part
    isThere = true
    return `${named}=${encodeURIComponent(change(rest.join('=')))}`
  })
  if (!isThere && absent !== null) changed.push(`${name}=${encodeURIComponent(absent)}`)
  return changed.length === 0 ? path : `${mark < 0 ? path : path.slice(0, mark)}?${changed.join('&')}`
}
