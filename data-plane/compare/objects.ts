import { decodeBody } from './body.ts'
import { isId } from './endpoint.ts'
import { rawHeaderMap } from './headers.ts'
import { IDENTIFYING } from './json.ts'

/** Which objects a message is about, and when the youngest of them was written. */
export type Objects = {
  ids: string[]
  /** Milliseconds since 1970; 0 when it does not say. */
  writtenAt: number
}

/** Values looked at in one body, how deep, and ids taken from it. */
const STEPS_MAX = 20_000
const DEPTH_MAX = 32
const IDS_MAX = 2_000
const ID_LENGTH_MAX = 128

/** A name that is no id of its own. */
const NAMES = new Set(IDENTIFYING.filter((name) => name !== 'name'))
/** Members that say when an object was written, not when it was read. */
const WRITTEN =
  /^(?:created|updated|modified|changed|placed|inserted|registered|issued|last_?(?:modified|updated))(?:_?(?:at|on|date|time))?$/i

type Message = { headers: readonly string[]; body: Buffer }

/** @param at milliseconds since 1970, when it was said: a later time is not one of writing */
export const objectsOf = ({ headers, body }: Message, at: number): Objects => {
  const map = rawHeaderMap(headers)
  const found: Objects = { ids: [], writtenAt: 0 }
  noteTime(found, map.get('last-modified')?.[0], at)
  const [location] = map.get('location') ?? []
  if (location !== undefined) found.ids.push(...lastId(location))
  const decoded = decodeBody(body, map)
  if ('failure' in decoded || decoded.body.length === 0) return found
  try {
    walk(JSON.parse(decoded.body.toString()), { found, at, steps: 0 }, 0)
  } catch {
    return found
  }
  return found
}

type Walk = { found: Objects; at: number; steps: number }

const walk = (value: unknown, walked: Walk, depth: number): void => {
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return
  for (const [name, member] of Object.entries(value)) {
    if (++walked.steps > STEPS_MAX) return
    if (typeof member === 'object') walk(member, walked, depth + 1)
    else if (NAMES.has(name)) noteId(walked.found, member)
    else if (WRITTEN.test(name)) noteTime(walked.found, member, walked.at)
  }
}

const noteId = ({ ids }: Objects, value: unknown): void => {
  if (typeof value !== 'string' && typeof value !== 'number') return
  const id = String(value)
  if (id !== '' && id.length <= ID_LENGTH_MAX && ids.length < IDS_MAX) ids.push(id)
}

const noteTime = (found: Objects, value: unknown, at: number): void => {
  const time = typeof value === 'number' ? (value > 1e11 ? value : value * 1000) : Date.parse(String(value))
  // What was stamped at this very moment says when it was read.
  if (time > found.writtenAt && time < at - READ_MS) found.writtenAt = time
}
const READ_MS = 1_000

const ID_NAME = /(?:^|[-_.])(?:ids?|key|uuid|ref|reference|sku|code)$|Ids?$/

/** The ids in the path and the query of a request’s target. */
export const idsInTarget = (target: string): string[] => {
  const [path = '', query = ''] = target.split('?', 2)
  return [
    ...path.split('/').filter((segment) => segment !== '' && isId(segment)),
    ...[...new URLSearchParams(query)].flatMap(([name, value]) => (ID_NAME.test(name) ? [value] : [])),
  ]
    .filter(({ length }) => length <= ID_LENGTH_MAX)
    .slice(0, 32)
    .map(decoded)
}

/** The object that a path ends at: none when it ends at a collection. */
export const lastId = (target: string): string[] => {
  const last = target.split(/[?#]/, 1)[0]?.split('/').filter(Boolean).at(-1) ?? ''
  return last !== '' && isId(last) && last.length <= ID_LENGTH_MAX ? [decoded(last)] : []
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
