import type { ExperimentSpec } from '../../../contract/experiment.ts'
import type { Pattern, RequestMatch, SampleKey, Selection } from '../../../contract/selection.ts'

/** The requests that reach the shadow, in sentences: share and writes first, then only what differs from the usual. */
export const requestWords = ({ percent, writes, select }: ExperimentSpec['requests']): string[] => [
  shareWords(percent),
  writes === 'hold' ? 'Writes are held back: only GET, HEAD and OPTIONS go.' : 'Writes are forwarded too.',
  ...select.reads.map((match) => `Declared to be a read: ${matchWords(match)}.`),
  ...select.graphql.map((match) => `GraphQL queries go: ${matchWords(match)}.`),
  ...select.writes.map((match) => `Writes that go all the same: ${matchWords(match)}.`),
  ...select.allow.map((match, i) => `${i === 0 ? 'Only' : 'Or'} ${matchWords(match)}.`),
  ...select.deny.map((match) => `Never ${matchWords(match)}.`),
  ...(select.hops === 'once' ? [] : [HOPS[select.hops]]),
  ...(select.healthCheckers === 'include' ? ['Health checks go too.'] : []),
  ...stickyWords(select),
  ...(select.perSecondMax === undefined ? [] : [`At most ${select.perSecondMax} a second.`]),
  ...adaptWords(select.adapt),
]

const HOPS: Readonly<Record<Exclude<Selection['hops'], 'once'>, string>> = {
  outer: 'What comes from another source does not go.',
  each: 'What one source hands on to another goes once for each.',
}

const shareWords = (percent: number): string =>
  percent <= 100
    ? `${percent} % of them.`
    : `${percent} %: GET, HEAD and OPTIONS are sent ${percent / 100} times on average, others once.`

const matchWords = (match: RequestMatch): string => {
  const { methods, paths, hosts, headers, contentTypes, bodyBytes } = match
  const conditions = [
    ...(paths ? [`on ${patterns(paths)}`] : []),
    ...(hosts ? [`for ${patterns(hosts)}`] : []),
    ...(headers ?? []).map(({ name, values }) => `with ${name}${values ? ` ${patterns(values)}` : ''}`),
    ...(contentTypes ? [`of type ${patterns(contentTypes)}`] : []),
    ...(bodyBytes ? [`with a body of ${sizeWords(bodyBytes)}`] : []),
  ]
  return [methods ? methods.join(' or ') : 'requests', ...conditions].join(' ')
}

const patterns = (list: readonly Pattern[]): string =>
  list.map((pattern) => (typeof pattern === 'string' ? pattern : `/${pattern.regexp}/`)).join(' or ')

const sizeWords = ({ min, max }: NonNullable<RequestMatch['bodyBytes']>): string => {
  if (max === undefined) return `at least ${min} bytes`
  return min === undefined ? `at most ${max} bytes` : `${min} to ${max} bytes`
}

const stickyWords = ({ sampleBy, absentKey }: Selection): string[] => {
  if (sampleBy.key === 'request') return []
  const sampled = `Sampled by ${keyWords(sampleBy)}: all requests of one go, or none.`
  if (sampleBy.key === 'client-address' || sampleBy.key === 'connection') return [sampled]
  return [sampled, ABSENT[absentKey]]
}

const keyWords = (key: SampleKey): string => {
  switch (key.key) {
    case 'request':
      return 'request'
    case 'client-address':
      return 'client address'
    case 'connection':
      return 'connection'
    case 'header':
      return `the header ${key.name}`
    case 'cookie':
      return `the cookie ${key.name}`
    case 'query':
      return `the query parameter ${key.name}`
    case 'json':
      return `the field ${key.field} of a JSON body`
  }
}

const ABSENT: Readonly<Record<Selection['absentKey'], string>> = {
  'as-random': 'Without it, each by chance.',
  include: 'Without it, all go.',
  exclude: 'Without it, none goes.',
}

const adaptWords = (adapt: Selection['adapt']): string[] => {
  if (adapt === undefined) return []
  const { perSecond, errorPercentMax, p95MsMax } = adapt
  const limits = [
    ...(perSecond === undefined ? [] : [`${perSecond} requests a second`]),
    ...(errorPercentMax === undefined ? [] : [`${errorPercentMax} % errors`]),
    ...(p95MsMax === undefined ? [] : [`${p95MsMax} ms for 95 % of the answers`]),
  ]
  return [`Fewer while the shadow is above ${limits.join(' or ')}.`]
}
