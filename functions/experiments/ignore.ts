import type { EndpointTally } from '../../contract/comparison.ts'
import type { Thresholds } from '../../contract/thresholds.ts'

/** What is left to be judged: without the endpoints, statuses and differences that are to be ignored. */
export const withoutIgnored = (
  endpoints: readonly EndpointTally[],
  { ignore }: Pick<Thresholds, 'ignore'>,
): EndpointTally[] => {
  if (ignore.length === 0) return [...endpoints]
  return endpoints.flatMap((tally) => {
    const rules = ignore.filter(
      ({ endpoint }) => endpoint === undefined || matchesGlob(endpoint, tally.endpoint),
    )
    if (rules.some(({ path }) => path === undefined)) return []
    const isIgnored = (path: string) => rules.some((rule) => matchesGlob(rule.path ?? '', path))
    return [
      {
        ...tally,
        differences: tally.differences.filter(({ path }) => !isIgnored(path)),
        statuses: Object.fromEntries(Object.entries(tally.statuses).filter(([pair]) => !isIgnored(pair))),
      },
    ]
  })
}

/** `*` is any text. Looks at each character once for each `*` at most. */
export const matchesGlob = (glob: string, text: string): boolean => {
  const [first = '', ...others] = glob.split('*')
  if (!text.startsWith(first)) return false
  const last = others.pop()
  if (last === undefined) return text === first
  let at = first.length
  for (const part of others) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
