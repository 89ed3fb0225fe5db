import type { Request } from '../http/exchange.ts'

/** A longer document is taken for a write, unread. */
const DOCUMENT_LENGTH_MAX = 256 * 1024
/** Requests in one batch: each must be a read. */
const BATCH_MAX = 100

/**
 * Whether a GraphQL request over HTTP only reads: every operation of every document in its body is a query
 * (spec.graphql.org, October 2021, section 2.3). Not so: a document with any mutation or subscription, whichever operation
 * is asked for; a persisted query, which names its document elsewhere; whatever cannot be read.
 */
export const isGraphqlRead = ({ headers, body }: Request): boolean => {
  if (isCoded(headers)) return false
  const text = body.toString('utf8')
  if (isOfType(headers, 'application/graphql')) return isQueryDocument(text)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return false
  }
  const requests = Array.isArray(parsed) ? parsed : [parsed]
  return (
    requests.length > 0 &&
    requests.length <= BATCH_MAX &&
    requests.every(
      (one: unknown) =>
        typeof one === 'object' &&
        one !== null &&
        'query' in one &&
        typeof one.query === 'string' &&
        isQueryDocument(one.query),
    )
  )
}

/** Strings and comments may hold anything; what is left are names, punctuation and numbers. */
const TOKEN = /"""(?:\\"""|[^"]|"(?!""))*"""|"(?:\\.|[^"\\\n\r])*"|#[^\n\r]*|[A-Za-z_]\w*|[{}()[\]"]|[\s\S]/g

/**
 * Whether all definitions of a document are queries and fragments. A definition begins with its keyword, or a brace for a
 * query without name, and ends with its selection set; whatever does not fit is no query.
 */
export const isQueryDocument = (document: string): boolean => {
  if (document.length > DOCUMENT_LENGTH_MAX) return false
  let operations = 0
  let depth = 0
  /** Of the current definition: brackets of its variables are not its selection set. */
  let isInside = false
  for (const [token] of document.matchAll(TOKEN)) {
    if (token === '"') return false
    if (token === '{' || token === '(' || token === '[') {
      if (!isInside) {
        if (token !== '{') return false
        isInside = true
        operations++
      }
      depth++
    } else if (token === '}' || token === ')' || token === ']') {
      depth--
      if (depth < 0) return false
      if (depth === 0 && token === '}') isInside = false
    } else if (!isInside && /^[A-Za-z_]/.test(token)) {
      if (token === 'query') operations++
      else if (token !== 'fragment') return false
      isInside = true
    } else if (!isInside && !IGNORED.test(token)) return false
  }
  return depth === 0 && !isInside && operations > 0
}

/** White space, commas, a byte order mark, comments. */
const IGNORED = /^(?:[\s,\ufeff]|#.*)$/

const isCoded = (headers: readonly string[]): boolean =>
  headers.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'content-encoding')

const isOfType = (headers: readonly string[], type: string): boolean =>
  headers.some(
    (name, i) =>
      i % 2 === 0 &&
      name.toLowerCase() === 'content-type' &&
      (headers[i + 1] ?? '').split(';')[0]?.trim().toLowerCase() === type,
  )
