import type { ExperimentSpec } from '../../contract/experiment.ts'
import { isNamed, type SourceEni } from '../../contract/source.ts'
import type { View } from './observed.ts'

/** AWS mirrors one ENI in at most 3 sessions, whoever made them. */
export const SESSIONS_PER_ENI = 3

type Others = Pick<View['seen'], 'taken' | 'rivals'>

type Wanted = Pick<ExperimentSpec, 'accept'>

/**
 * Verdicts that an experiment tries: what no list knows is tried and reported, what is excluded is not; what AWS’s
 * documentation excludes and tools do all the same only where the spec accepts it.
 */
export const mayMirror = ({ verdict }: SourceEni, { accept }: Wanted): boolean =>
  verdict === 'supported' ||
  verdict === 'unknown' ||
  (verdict === 'undocumented' && accept?.includes('undocumented-sources') === true)

/** Why one ENI cannot be mirrored by one more experiment; null when it can. */
export const obstacle = (source: SourceEni, wanted: Wanted, { taken, rivals }: Others): string | null => {
  const { eni } = source
  if (!mayMirror(source, wanted))
    return source.verdict === 'undocumented'
      ? `${eni}: ${source.reason} To try it, accept undocumented-sources.`
      : `${eni}: ${source.reason}`
  const rival = rivals.find((one) => one.eni === eni)
  if (rival) return `${eni}: experiment ${rival.experiment} mirrors it already.`
  const sessions = taken.filter((one) => one.eni === eni).length
  if (sessions >= SESSIONS_PER_ENI)
    return `${eni}: it has ${sessions} mirror sessions already, and AWS allows ${SESSIONS_PER_ENI}.`
  return null
}

/**
 * Which ENIs the experiment mirrors. What was named by id must all be there and fit; of what a search finds, whatever
 * fits is taken. Null while the source was not resolved.
 */
export const chooseSources = ({ record, seen }: View): { enis: string[] } | { problem: string } | null => {
  if (seen.sources === null) return null
  const { spec } = record.experiment
  const obstacles = seen.sources.flatMap((one) => obstacle(one, spec, seen) ?? [])
  const fit = seen.sources.filter((one) => obstacle(one, spec, seen) === null)
  const problems = isNamed(spec.source)
    ? [...seen.missing, ...obstacles]
    : fit.length === 0
      ? [...seen.missing, ...obstacles]
      : []
  if (problems.length > 0) return { problem: listed(problems) }
  return { enis: fit.map(({ eni }) => eni) }
}

const SHOWN = 5
const listed = (problems: readonly string[]): string =>
  problems.length <= SHOWN
    ? problems.join(' ')
    : `${problems.slice(0, SHOWN).join(' ')} And ${problems.length - SHOWN} more.`
