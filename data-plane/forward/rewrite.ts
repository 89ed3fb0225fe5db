import type { ShadowTarget } from '../../contract/forwarding.ts'
import type { Replacement } from '../../contract/replacement.ts'

type Rules = NonNullable<ShadowTarget['headers']>

/** Rules of a shadow, ready to be applied to every request. */
export type Rewrite = {
  /** Headers as name, value, name, value ...; gives the same array when nothing changed. */
  readonly headers: ((headers: string[]) => string[]) | null
  /** A path with its query. */
  readonly target: ((target: string) => string) | null
}

/** Compiled once, so that a request costs only what its rules do. */
export const compileRewrite = ({ headers, path, query }: ShadowTarget): Rewrite => {
  const rewritePath = path && replaceAll(path)
  const rewriteQuery = query && compileQuery(query)
  return {
    headers: headers ? compileHeaders(headers) : null,
    target:
      rewritePath || rewriteQuery
        ? (target) => {
            const mark = target.indexOf('?')
            const pathPart = mark < 0 ? target : target.slice(0, mark)
            const newPath = rewritePath ? rewritePath(pathPart) : pathPart
            const queryPart = mark < 0 ? null : target.slice(mark + 1)
            const newQuery = rewriteQuery ? rewriteQuery(queryPart) : queryPart
            return newQuery === null ? newPath : `${newPath}?${newQuery}`
          }
        : null,
  }
}

const replaceAll = (replacements: readonly Replacement[]): ((text: string) => string) => {
  const compiled = replacements.map(({ pattern, replacement }) => ({
    pattern: new RegExp(pattern, 'g'),
    replacement,
  }))
  return (text) =>
    compiled.reduce((result, { pattern, replacement }) => result.replace(pattern, replacement), text)
}

type NamedReplacement = Replacement & { name: string }

const byName = (
  rewrites: readonly NamedReplacement[],
  key: (name: string) => string,
): Map<string, (text: string) => string> => {
  const grouped = Map.groupBy(rewrites, ({ name }) => key(name))
  return new Map([...grouped].map(([name, rules]) => [name, replaceAll(rules)]))
}

const compileHeaders = ({ remove = [], rewrite = [], set = [] }: Rules) => {
  const gone = new Set([...remove, ...set.map(({ name }) => name)].map((name) => name.toLowerCase()))
  const rewrites = byName(rewrite, (name) => name.toLowerCase())
  const added = set.flatMap(({ name, value }) => [name, value])
  return (headers: string[]): string[] => {
    const result: string[] = []
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string
      const lowerCase = name.toLowerCase()
      if (gone.has(lowerCase)) continue
      const value = headers[i + 1] as string
      result.push(name, rewrites.get(lowerCase)?.(value) ?? value)
    }
    result.push(...added)
    return result
  }
}

/** Null is no query at all; what no rule names stays as it is, byte for byte. */
const compileQuery = ({ remove = [], rewrite = [], set = [] }: NonNullable<ShadowTarget['query']>) => {
  const gone = new Set([...remove, ...set.map(({ name }) => name)])
  const rewrites = byName(rewrite, (name) => name)
  const added = set.map(({ name, value }) => `${name}=${value}`)
  return (query: string | null): string | null => {
    const kept: string[] = []
    for (const part of query === null ? [] : query.split('&')) {
      const equals = part.indexOf('=')
      const name = equals < 0 ? part : part.slice(0, equals)
      if (gone.has(name)) continue
      const change = rewrites.get(name)
      kept.push(change ? `${name}=${change(equals < 0 ? '' : part.slice(equals + 1))}` : part)
    }
    kept.push(...added)
    return kept.length === 0 && query !== '' ? null : kept.join('&')
  }
}
