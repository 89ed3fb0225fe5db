import { checkRange, refused } from './problems.ts'

const LARGEST_PAGE = 100

/** One page in order of the key. */
export function listed<T>(
  rows: readonly T[],
  key: (row: T) => string,
  { MaxResults: size, NextToken: token }: { MaxResults?: number | undefined; NextToken?: string | undefined },
): { rows: T[]; nextToken: string | undefined } {
  checkRange('maxResults', size, 1, LARGEST_PAGE)
  const text = token === undefined ? undefined : Buffer.from(token, 'base64url').toString()
  if (text !== undefined && !text.startsWith('after ')) throw refused('Invalid NextToken.')
  const after = text?.slice('after '.length)
  const left = rows
    .filter((row) => after === undefined || key(row) > after)
    .sort((a, b) => (key(a) < key(b) ? -1 : 1))
  const shown = left.slice(0, size ?? LARGEST_PAGE)
  const last = shown.at(-1)
  const more = last !== undefined && left.length > shown.length
  return {
    rows: shown,
    nextToken: more ? Buffer.from(`after ${key(last)}`).toString('base64url') : undefined,
  }
}
