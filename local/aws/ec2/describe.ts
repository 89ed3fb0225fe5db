import { AwsError } from '../aws-error.ts'
import { list, string, structure } from '../protocol/shape.ts'
import type { Tags } from '../world.ts'
import { invalidValue } from './errors.ts'

export type Filter = { Name?: string | undefined; Values?: string[] | undefined }

export const filtersMember = list(structure({ Name: string, Values: list(string, 'Value') }), 'Filter')

export type Readers<T> = Readonly<Record<string, (row: T) => readonly (string | null | undefined)[]>>

/** EC2's rule: all filters must hold, of each one of its values; `*` and `?` are wildcards, `\*` and `\?` themselves. */
export function filtered<T>(
  rows: readonly T[],
  filters: readonly Filter[] | undefined,
  readers: Readers<T>,
  tagsOf: ((row: T) => Tags) | null,
): T[] {
  const tests = (filters ?? []).map((filter) => testOf(filter, readers, tagsOf))
  return rows.filter((row) => tests.every((test) => test(row)))
}

function testOf<T>(
  { Name: name = '', Values: values = [] }: Filter,
  readers: Readers<T>,
  tagsOf: ((row: T) => Tags) | null,
): (row: T) => boolean {
  const patterns = values.map(wildcard)
  const matches = (text: string | null | undefined) =>
    text !== null && text !== undefined && patterns.some((pattern) => pattern.test(text))
  const read = Object.hasOwn(readers, name) ? readers[name] : undefined
  if (read) return (row) => read(row).some(matches)
  if (tagsOf && name.startsWith('tag:')) return (row) => matches(tagsOf(row)[name.slice(4)])
  if (tagsOf && name === 'tag-key') return (row) => Object.keys(tagsOf(row)).some(matches)
  throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`)
}

function wildcard(value: string): RegExp {
  const source = value.replace(/\\[*?\\]|[*?]|[\\.+^${}()|[\]]/g, (found) =>
    found === '*' ? '.*' : found === '?' ? '.' : found.length === 2 ? found : `\\${found}`,
  )
  return new RegExp(`^${source}$`, 's')
}

const SMALLEST_PAGE = 5
const LARGEST_PAGE = 1000

/**
 * One page in order of id, so that rows that come and go between pages neither repeat nor hide others. Without
 * MaxResults all rows fit on it unless `always` says that the action pages by itself.
 */
export function page<T>(
  rows: readonly T[],
  id: (row: T) => string,
  input: { MaxResults?: number | undefined; NextToken?: string | undefined },
  always: boolean,
): { rows: T[]; nextToken: string | undefined } {
  const { MaxResults: size, NextToken: token } = input
  if (size !== undefined && (size < SMALLEST_PAGE || size > LARGEST_PAGE)) {
    throw invalidValue('maxResults', size, `Expecting a value between ${SMALLEST_PAGE} and ${LARGEST_PAGE}`)
  }
  const after = token === undefined ? undefined : afterOf(token)
  const limit = size ?? (always ? LARGEST_PAGE : Number.POSITIVE_INFINITY)
  if (rows.length <= limit && after === undefined) return { rows: [...rows], nextToken: undefined }
  const ordered = rows
    .filter((row) => after === undefined || id(row) > after)
    .sort((a, b) => (id(a) < id(b) ? -1 : 1))
  const shown = ordered.slice(0, limit)
  const last = shown.at(-1)
  const more = last !== undefined && ordered.length > shown.length
  return { rows: shown, nextToken: more ? Buffer.from(`after ${id(last)}`).toString('base64url') : undefined }
}

function afterOf(token: string): string {
  const text = Buffer.from(token, 'base64url').toString()
  if (!text.startsWith('after '))
    throw invalidValue('nextToken', token, 'Expecting a token of an earlier answer')
  return text.slice('after '.length)
}

/** Rows by explicit id; an id that does not exist is an error, as EC2 has it. */
export function chosen<T>(
  rows: readonly T[],
  id: (row: T) => string,
  ids: readonly string[] | undefined,
  notFound: (id: string) => AwsError,
): readonly T[] {
  if (!ids || ids.length === 0) return rows
  const wanted = new Set(ids)
  const found = rows.filter((row) => wanted.has(id(row)))
  const known = new Set(found.map(id))
  const missing = ids.find((one) => !known.has(one))
  if (missing !== undefined) throw notFound(missing)
  return found
}
