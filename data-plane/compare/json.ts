import type { Differences } from './difference.ts'
import { areTimes, differOnlyInVolatile, isVolatile } from './volatile.ts'

/**
 * Two JSON values by path. Members of objects are aligned by name; elements of arrays by a member that identifies them,
 * else by what they are, else by their place among those left over. Paths name no element: `$.items[*].price`.
 */

/** Values looked at in one comparison, and how deep; what is beyond is `too_complex`. */
const STEPS_MAX = 200_000
const DEPTH_MAX = 64
const PATH_LENGTH_MAX = 200

/** Fractions closer than this, relative to the larger, are equal: the same sum in another order. */
const NUMBER_TOLERANCE = 1e-9

/** Members that identify an element, the likeliest first. */
export const IDENTIFYING = ['id', '_id', 'key', 'uuid', 'guid', 'code', 'sku', 'reference', 'slug', 'name']

type Walk = { readonly found: Differences; readonly at: number; steps: number; exceeded: boolean }

/** @param at when the answers were given: milliseconds since 1970 */
export const compareJson = (
  production: unknown,
  shadow: unknown,
  path: string,
  found: Differences,
  at: number,
): void => {
  const walk: Walk = { found, at, steps: 0, exceeded: false }
  compareValues(walk, production, shadow, path, 0)
  if (walk.exceeded) found.add('too_complex', path)
}

const compareValues = (walk: Walk, a: unknown, b: unknown, path: string, depth: number): void => {
  if (a === b || walk.exceeded) return
  if (depth > DEPTH_MAX || ++walk.steps > STEPS_MAX) {
    walk.exceeded = true
    return
  }
  const type = typeOf(a)
  if (type !== typeOf(b)) walk.found.add('type', path)
  else if (type === 'object') compareObjects(walk, a as Members, b as Members, path, depth)
  else if (type === 'array') compareArrays(walk, a as unknown[], b as unknown[], path, depth)
  else if (type === 'string') walk.found.add('value', path, differOnlyInVolatile(a as string, b as string))
  else if (type !== 'number') walk.found.add('value', path)
  else if (!areClose(a as number, b as number))
    walk.found.add('value', path, areTimes(a as number, b as number, walk.at))
}

type Members = Readonly<Record<string, unknown>>

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value

const areClose = (a: number, b: number): boolean =>
  !(Number.isInteger(a) && Number.isInteger(b)) &&
  Math.abs(a - b) <= NUMBER_TOLERANCE * Math.max(Math.abs(a), Math.abs(b))

const compareObjects = (walk: Walk, a: Members, b: Members, path: string, depth: number): void => {
  const left: string[] = []
  for (const name of Object.keys(a)) {
    if (++walk.steps > STEPS_MAX) break
    if (Object.hasOwn(b, name)) compareValues(walk, a[name], b[name], memberPath(path, name), depth + 1)
    else left.push(name)
  }
  const right = Object.keys(b).filter((name) => !Object.hasOwn(a, name))
  // Made-up names stand for each other.
  const volatile = { left: left.filter(isVolatile), right: right.filter(isVolatile) }
  const pairs = Math.min(volatile.left.length, volatile.right.length)
  for (let i = 0; i < pairs; i++)
    compareValues(walk, a[volatile.left[i] as string], b[volatile.right[i] as string], `${path}.*`, depth + 1)
  if (pairs > 0) walk.found.add('value', `${path}.*`, true)
  const paired = new Set([...volatile.left.slice(0, pairs), ...volatile.right.slice(0, pairs)])
  for (const name of left) if (!paired.has(name)) walk.found.add('missing', memberPath(path, name))
  for (const name of right) if (!paired.has(name)) walk.found.add('extra', memberPath(path, name))
}

const compareArrays = (
  walk: Walk,
  a: readonly unknown[],
  b: readonly unknown[],
  path: string,
  depth: number,
): void => {
  walk.steps += a.length + b.length
  const inner = short(`${path}[*]`)
  const names = identities(a, b)
  const left = names?.left ?? a.map((value) => contentOf(walk, value, depth))
  const right = names?.right ?? b.map((value) => contentOf(walk, value, depth))
  if (walk.exceeded) return
  const pairs = align(left, right)
  if (names !== null) for (const [i, j] of pairs) compareValues(walk, a[i], b[j], inner, depth + 1)
  if (pairs.some(([, j], index) => index > 0 && j < (pairs[index - 1] as Pair)[1]))
    walk.found.add('order', inner)

  const leftOver = without(a, new Set(pairs.map(([i]) => i)))
  const rightOver = without(b, new Set(pairs.map(([, j]) => j)))
  // Elements with names of their own that have no counterpart are others; without names they may be the same, changed.
  const changed = names === null ? Math.min(leftOver.length, rightOver.length) : 0
  for (let i = 0; i < changed; i++) compareValues(walk, leftOver[i], rightOver[i], inner, depth + 1)
  if (leftOver.length > changed) walk.found.add('missing', inner)
  if (rightOver.length > changed) walk.found.add('extra', inner)
}

type Pair = readonly [left: number, right: number]

/** Which element stands for which: equal texts in order of their appearance. */
const align = (left: readonly string[], right: readonly string[]): Pair[] => {
  const places = new Map<string, number[]>()
  for (const [place, text] of right.entries()) {
    const others = places.get(text)
    if (others) others.push(place)
    else places.set(text, [place])
  }
  for (const list of places.values()) list.reverse()
  const pairs: Pair[] = []
  for (const [place, text] of left.entries()) {
    const other = places.get(text)?.pop()
    if (other !== undefined) pairs.push([place, other])
  }
  return pairs
}

const without = (values: readonly unknown[], places: ReadonlySet<number>): unknown[] =>
  values.filter((_, place) => !places.has(place))

/** The elements’ names by the first member that has one for each, and at least half of them in common; null for none. */
const identities = (
  a: readonly unknown[],
  b: readonly unknown[],
): { left: string[]; right: string[] } | null => {
  if (!isMembers(a[0]) || !isMembers(b[0])) return null
  for (const member of IDENTIFYING) {
    const left = namesBy(member, a)
    const right = left && namesBy(member, b)
    if (!left || !right) continue
    const common = new Set(left)
    const shared = right.filter((name) => common.has(name)).length
    if (2 * shared >= Math.min(left.length, right.length)) return { left, right }
  }
  return null
}

const isMembers = (value: unknown): value is Members => typeOf(value) === 'object'

const namesBy = (member: string, values: readonly unknown[]): string[] | null => {
  const names: string[] = []
  const seen = new Set<string>()
  for (const value of values) {
    const name = isMembers(value) && Object.hasOwn(value, member) ? value[member] : undefined
    if (typeof name !== 'string' && typeof name !== 'number') return null
    const text = `${typeof name} ${name}`
    if (seen.has(text)) return null
    seen.add(text)
    names.push(text)
  }
  return names
}

/** A text that equal values have in common, whatever the order of their members. */
const contentOf = (walk: Walk, value: unknown, depth: number): string => {
  if (walk.exceeded) return ''
  if (depth > DEPTH_MAX || ++walk.steps > STEPS_MAX) {
    walk.exceeded = true
    return ''
  }
  if (Array.isArray(value)) return `[${value.map((inner) => contentOf(walk, inner, depth + 1)).join()}]`
  if (!isMembers(value)) return JSON.stringify(value)
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${contentOf(walk, value[name], depth + 1)}`)
  return `{${members.join()}}`
}

const PLAIN_NAME = /^[A-Za-z_$][\w$-]{0,63}$/

const memberPath = (path: string, name: string): string => {
  if (PLAIN_NAME.test(name) && !isVolatile(name)) return short(`${path}.${name}`)
  return short(
    isVolatile(name) || /^\d+$/.test(name) ? `${path}.*` : `${path}[${JSON.stringify(name.slice(0, 64))}]`,
  )
}

const short = (path: string): string =>
  path.length <= PATH_LENGTH_MAX ? path : `${path.slice(0, PATH_LENGTH_MAX - 1)}…`
