import type { ExperimentSpec } from '../../contract/experiment.ts'
import { MIRROR_QUOTAS } from '../../contract/mirror-quotas.ts'
import { isNamed, type SourceEni } from '../../contract/source.ts'
import { filterRules } from './filter-rules.ts'
import type { View } from './observed.ts'
import { inOrder, isStaged, wantedOf } from './stages.ts'
import { type OtherSession, takes } from './starvation.ts'

/** AWS mirrors one ENI in at most 3 sessions, whoever made them. */
export const SESSIONS_PER_ENI = MIRROR_QUOTAS.sessionsPerInterface

/** Session numbers are taken from the lowest priority upward: whoever comes later and matters more wins over us. */
const LOWEST_PRIORITY = 32_766

type Others = Pick<View['seen'], 'taken' | 'rivals'>
type Wanted = Pick<ExperimentSpec, 'accept' | 'traffic' | 'source'>

/** The number that the next session on an ENI gets. */
export const freeNumber = (taken: readonly Pick<OtherSession, 'eni' | 'number'>[], eni: string): number => {
  const numbers = new Set(taken.flatMap((one) => (one.eni === eni ? [one.number] : [])))
  let number = LOWEST_PRIORITY
  while (numbers.has(number)) number--
  return number
}

/**
 * Verdicts that an experiment tries: what no list knows is tried and reported, what is excluded is not; what AWS’s
 * documentation excludes and tools do all the same only where the spec accepts it.
 */
export const mayMirror = ({ verdict }: SourceEni, { accept }: Pick<Wanted, 'accept'>): boolean =>
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
  const others = taken.filter((one) => one.eni === eni)
  if (others.length >= SESSIONS_PER_ENI)
    return `${eni}: it has ${others.length} mirror sessions already, and AWS allows ${SESSIONS_PER_ENI}.`
  return others.length === 0 ? null : inTheWay(eni, wanted, others)
}

/** A packet is mirrored once: others may leave us none, and we must not take theirs. */
const inTheWay = (eni: string, wanted: Wanted, others: readonly OtherSession[]): string | null => {
  const number = freeNumber(others, eni)
  const rules = filterRules(wanted)
  for (const other of others) {
    if (other.ours) continue
    const taking = takes(other.rules, rules)
    if (other.number < number && taking === 'everything')
      return `${eni}: the session ${other.session}, which has priority with number ${other.number}, takes every packet that this filter wants: nothing would be left.`
    if (other.number > number && taking !== 'nothing')
      return taking === 'unknown'
        ? `${eni}: the filter of the session ${other.session} (number ${other.number}) cannot be seen: this experiment might take its packets.`
        : `${eni}: with the number ${number} it would take packets from the session ${other.session} (number ${other.number}).`
  }
  return null
}

/** What is doubtful about an ENI that can be mirrored. */
export const doubts = (source: SourceEni, wanted: Wanted, { taken }: Others): string[] => {
  const { eni, verdict, reason } = source
  const rules = filterRules(wanted)
  const tried = verdict === 'unknown' || verdict === 'undocumented' ? [`${eni} is tried: ${reason}`] : []
  const starved = taken.flatMap((other) => {
    if (other.eni !== eni || other.ours) return []
    const taking = takes(other.rules, rules)
    if (taking === 'nothing') return []
    return taking === 'unknown'
      ? [
          `${eni}: the session ${other.session} (number ${other.number}) may take packets first: its filter cannot be seen.`,
        ]
      : [
          `${eni}: the session ${other.session} (number ${other.number}) takes some of the packets first; they are not mirrored again.`,
        ]
  })
  return [...tried, ...starved]
}

/** ENIs of the source that can be mirrored, those mirrored already among them. */
export const candidates = ({ record, seen }: Pick<View, 'record' | 'seen'>): SourceEni[] =>
  (seen.sources ?? []).filter((source) => obstacle(source, record.experiment.spec, seen) === null)

/**
 * Which ENIs the experiment mirrors first: of a ramp, those of its first stage. What was named by id must all be there and
 * fit; of what a search finds, whatever fits is taken. Null while the source was not resolved.
 */
export const chooseSources = ({ record, seen }: View): { enis: string[] } | { problem: string } | null => {
  if (seen.sources === null) return null
  const { spec } = record.experiment
  const obstacles = seen.sources.flatMap((one) => obstacle(one, spec, seen) ?? [])
  const fit = candidates({ record, seen })
  const problems = isNamed(spec.source) || fit.length === 0 ? [...seen.missing, ...obstacles] : []
  if (problems.length > 0) return { problem: listed(problems) }
  const first = isStaged(record.experiment) ? inOrder(fit).slice(0, wantedOf(record, fit)) : fit
  return { enis: first.map(({ eni }) => eni) }
}

const SHOWN = 5
const listed = (problems: readonly string[]): string =>
  problems.length <= SHOWN
    ? problems.join(' ')
    : `${problems.slice(0, SHOWN).join(' ')} And ${problems.length - SHOWN} more.`
