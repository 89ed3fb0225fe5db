import { BadToken } from '../store/table.ts'

type Asked = Readonly<{ maxResults: number; nextToken?: string | undefined }>

/**
 * One page of a list that has to be put together whole, in the order of its keys. A token is the last key of the page
 * before: what comes or goes in between moves nothing. @throws BadToken
 */
export const pageOf = <T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { maxResults, nextToken }: Asked,
): { items: T[]; nextToken: string | null } => {
  const sorted = [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const after = nextToken === undefined ? null : keyIn(nextToken)
  const rest = after === null ? sorted : sorted.filter((item) => keyOf(item) > after)
  const page = rest.slice(0, maxResults)
  const last = page.at(-1)
  const more = rest.length > page.length && last !== undefined
  return { items: page, nextToken: more ? Buffer.from(keyOf(last)).toString('base64url') : null }
}

const keyIn = (token: string): string => {
  const key = Buffer.from(token, 'base64url').toString()
  if (key === '' || Buffer.from(key).toString('base64url') !== token) throw new BadToken()
  return key
}
