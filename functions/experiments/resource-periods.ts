import * as z from 'zod'
import { Timestamp } from '../../contract/experiment.ts'
import { type Resource, SIDES, type Side } from '../../contract/resource.ts'
import { type Figure, judgedAgainst, type Resources } from '../../contract/resources.ts'
import { addMissing, addPeriod, emptyTally, ResourceTally } from './resource-tally.ts'

const total = z.number().nonnegative()

/** What the gateways had counted since the experiment began, at one look. Totals only grow. */
export const Counted = z.object({
  at: Timestamp,
  received: total,
  shadow: total,
  control: total,
  /** Everything is warmed up, and goes on as it should. */
  steady: z.boolean(),
  /** All of the sources’ requests are received. */
  whole: z.boolean(),
})
export type Counted = z.output<typeof Counted>

/** What is known of the resources of an experiment. */
export const ResourceState = z.object({
  /** Oldest first; as far back as a period may still need them. */
  counted: z.array(Counted),
  /** The end of the last period that was added, so that none is added twice; null before the first. */
  through: Timestamp.nullable(),
  tallies: z.array(ResourceTally),
})
export type ResourceState = z.output<typeof ResourceState>

/** Metrics come late, and grow a little while they do: a period is read when two more are over… */
const SETTLED = 2
/** …and what has not come when five more are is missing. */
const LATE = 5
/** More are due only after an outage, and nobody has counted requests then. */
const AT_ONCE = 100
/** Looks farther apart do not tell in which of the periods between them requests were served. */
const LOOKS_APART = 2.5

/** Values of a metric by the beginning of their periods, in milliseconds since 1970; or why it has none. */
export type Read = Readonly<{ values: ReadonlyMap<number, number>; trouble: string | null }>
export type Figures = (of: Resource | 'requests', side: Side) => Read | undefined

export const withCounted = (state: ResourceState, newest: Counted): ResourceState => {
  const last = state.counted.at(-1)
  // Reports that have not come anew say nothing new, unless it is that a pause has begun.
  const others = last && last.at >= newest.at ? state.counted.slice(0, -1) : state.counted
  return {
    ...state,
    counted: [...others, last && last.at >= newest.at ? { ...newest, at: last.at } : newest],
  }
}

/** Beginnings of the periods that are over and may be added now. */
export const duePeriods = (
  { counted, through }: ResourceState,
  { periodSeconds }: Resources,
  now: number,
): number[] => {
  const [oldest, newest] = [counted[0], counted.at(-1)]
  if (oldest === undefined || newest === undefined) return []
  const period = periodSeconds * 1000
  const until = Math.min(now - SETTLED * period, Date.parse(newest.at))
  const known = Math.ceil(Date.parse(oldest.at) / period) * period
  const first = through === null ? known : Math.max(known, Date.parse(through))
  const due: number[] = []
  for (let at = first; at + period <= until; at += period) due.push(at)
  return due.slice(-AT_ONCE)
}

/** Adds the periods that are due, in order, as far as their figures are there or will not come any more. */
export const addPeriods = (
  state: ResourceState,
  resources: Resources,
  figures: Figures,
  { now, tickMs }: Readonly<{ now: number; tickMs: number }>,
): ResourceState => {
  const period = resources.periodSeconds * 1000
  let { through } = state
  const tallies = resources.figures.map(({ resource }) => ({
    ...(state.tallies.find((tally) => tally.resource === resource) ?? emptyTally(resource)),
    trouble: troubleOf(figures, resource),
  }))
  for (const at of duePeriods(state, resources, now)) {
    const end = at + period
    const counts = countsWithin(state.counted, at, end, Math.max(period, LOOKS_APART * tickMs))
    if (counts) {
      const seen = resources.figures.map((figure) => sidesAt(figure, resources, figures, at, counts))
      const isAwaited = seen.some(({ missing }) => missing.length > 0) && now < end + LATE * period
      if (isAwaited) break
      for (const [place, { missing, sides }] of seen.entries()) {
        const tally = tallies[place] as ResourceTally
        const against = judgedAgainst(resources.figures[place] as Figure)
        const { shadow, [against]: other } = sides
        if (missing.length > 0) tallies[place] = addMissing(tally, missing)
        else if (shadow && other && shadow.requests > 0 && other.requests > 0)
          tallies[place] = addPeriod(tally, against, { ...sides, shadow })
      }
    }
    through = new Date(end).toISOString()
  }
  return {
    through,
    tallies,
    counted: withoutOld(state.counted, through, Math.max(period, LOOKS_APART * tickMs)),
  }
}

/** As of this look: what is put right is forgotten. */
const troubleOf = (figures: Figures, resource: Resource): ResourceTally['trouble'] =>
  Object.fromEntries(
    SIDES.flatMap((side) => {
      const trouble = figures(resource, side)?.trouble ?? figures('requests', side)?.trouble
      return trouble ? [[side, trouble]] : []
    }),
  )

type Sides = Partial<Record<Side, { amount: number; requests: number }>>
type Counts = Readonly<{ received: number | null; shadow: number; control: number }>

const sidesAt = (
  figure: Figure,
  { requests }: Resources,
  figures: Figures,
  at: number,
  counts: Counts,
): { missing: Side[]; sides: Sides } => {
  const own = { production: counts.received, control: counts.control, shadow: counts.shadow }
  const needed: readonly Side[] = ['shadow', judgedAgainst(figure)]
  const missing: Side[] = []
  const sides: Sides = {}
  for (const side of SIDES) {
    if (figure[side] === undefined) continue
    const counter = requests[side]
    const amount = figures(figure.resource, side)?.values.get(at)
    const served =
      counter === undefined || counter === 'mirrored' ? own[side] : figures('requests', side)?.values.get(at)
    // Not all was mirrored then: nothing is missing, the period just does not tell.
    if (served === null) continue
    if (amount !== undefined && served !== undefined) sides[side] = { amount, requests: served }
    else if (needed.includes(side)) missing.push(side)
  }
  return { missing, sides }
}

/** Requests between two times, by a straight line between looks; null where that is no steady time, or not known. */
const countsWithin = (
  counted: readonly Counted[],
  from: number,
  until: number,
  apartMs: number,
): Counts | null => {
  const timeOf = ({ at }: Counted): number => Date.parse(at)
  const first = counted.findLastIndex((one) => timeOf(one) <= from)
  const last = counted.findIndex((one) => timeOf(one) >= until)
  if (first < 0 || last < 0) return null
  const span = counted.slice(first, last + 1)
  const isApart = span.some((one, i) => i > 0 && timeOf(one) - timeOf(span[i - 1] as Counted) > apartMs)
  if (isApart || !span.every(({ steady }) => steady)) return null
  const at = (time: number, of: 'received' | 'shadow' | 'control'): number => {
    const after = span.findIndex((one) => timeOf(one) >= time)
    const [a, b] = [span[Math.max(0, after - 1)] as Counted, span[after] as Counted]
    const length = timeOf(b) - timeOf(a)
    return length === 0 ? b[of] : a[of] + ((b[of] - a[of]) * (time - timeOf(a))) / length
  }
  const grown = (of: 'received' | 'shadow' | 'control'): number => at(until, of) - at(from, of)
  return {
    received: span.every(({ whole }) => whole) ? grown('received') : null,
    shadow: grown('shadow'),
    control: grown('control'),
  }
}

/** The last one before the next period stays: that period begins on a line from it. */
const withoutOld = (counted: readonly Counted[], through: string | null, apartMs: number): Counted[] =>
  through === null
    ? [...counted]
    : counted.filter(({ at }) => Date.parse(at) >= Date.parse(through) - 2 * apartMs)
