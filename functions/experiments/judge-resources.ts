import { metricWords, RESOURCES, type Resource, SIDES, type Side } from '../../contract/resource.ts'
import { type Figure, judgedAgainst, metricsOf, type Resources } from '../../contract/resources.ts'
import type { Thresholds } from '../../contract/thresholds.ts'
import type { ComparedResource, Estimate, Reason } from '../../contract/verdict.ts'
import { percentText } from './judge-endpoint.ts'
import { emptyTally, logRatio, type ResourceTally } from './resource-tally.ts'
import { meanFactor } from './statistics.ts'

/**
 * Within these shares both have served alike, so that what a service uses without any request, and what held-back requests
 * would have used, weighs the same on both; beyond them a figure per request informs only.
 */
const ALIKE = [0.9, 1 / 0.9] as const

type Question = Readonly<{
  thresholds: Thresholds
  /** Chance of a false alarm per resource. */
  alpha: number
  /** Endpoints that fail for latency: what they use more of is the same regression. */
  slower: readonly string[]
}>

export type JudgedResources = Readonly<{ resources: ComparedResource[]; reasons: Reason[] }>

/** What of the resources speaks against the release, or leaves it open; all of them, as far as they are known. */
export const judgeResources = (
  asked: Resources | undefined,
  tallies: readonly ResourceTally[],
  question: Question,
): JudgedResources => {
  const judged = (asked?.figures ?? []).map((figure) => {
    const { resource } = figure
    const tally = tallies.find((one) => one.resource === resource) ?? emptyTally(resource)
    const compared = compare(figure, tally, asked as Resources, question)
    return { compared, reasons: reasonsOf(compared, question) }
  })
  return {
    resources: judged.map(({ compared }) => compared),
    reasons: judged.flatMap(({ reasons }) => reasons),
  }
}

const compare = (
  figure: Figure,
  tally: ResourceTally,
  asked: Resources,
  { thresholds, alpha }: Question,
): ComparedResource => {
  const { resource } = figure
  const against = judgedAgainst(figure)
  const { sides, periods } = tally
  const per1000 = (side: Side): number | null => {
    const known = sides[side]
    return known && known.requests > 0 ? (1000 * known.amount) / known.requests : null
  }
  const [shadow, other] = [sides.shadow, sides[against]]
  const served = shadow && other ? shadow.requests / other.requests : null
  const measured: Omit<ComparedResource, 'state' | 'says' | 'ratio'> = {
    resource,
    against,
    production: per1000('production'),
    control: per1000('control'),
    shadow: per1000('shadow'),
    served,
    requests: Math.round(shadow?.requests ?? 0),
    periods,
    missing: Object.fromEntries(
      SIDES.flatMap((side) => (tally.missing[side] ? [[side, tally.missing[side]]] : [])),
    ),
  }
  const is = (
    state: ComparedResource['state'],
    says: string,
    ratio: Estimate | null = null,
  ): ComparedResource => ({ ...measured, state, says, ratio })
  const { name } = RESOURCES[resource]
  const absent = SIDES.filter((side) => (tally.missing[side] ?? 0) > periods)
  if (absent.length > 0)
    return is(
      'missing',
      `${capital(name)} cannot be compared: there were no figures of ${absent.map((side) => whose(side, tally, asked)).join(', nor of ')}.`,
    )
  if (served !== null && !isAlike(served) && RESOURCES[resource].isLevel)
    return is(
      'unlike',
      `${capital(name)} ${isAre(resource)} not compared: the shadow served ${percentText(served)} of ${NAME[against]}’s requests, and this does not grow with them.`,
    )
  if (periods >= thresholds.resourcePeriods && other?.amount === 0 && (shadow?.amount ?? 0) > 0)
    return is(
      'compared',
      `Per 1,000 requests the shadow ${RESOURCES[resource].uses} ${figureText(measured.shadow)} ${name}, ${NAME[against]} none.`,
    )
  const ratio = periods < thresholds.resourcePeriods ? null : ratioOf(tally, against, alpha)
  if (ratio === null)
    return is(
      'waiting',
      `${capital(name)} ${isAre(resource)} not compared yet: there are figures of ${periods} periods of ${asked.periodSeconds} s so far.`,
    )
  return is('compared', comparedWords(measured, ratio, asked), ratio)
}

/** Null while there are too few periods for any interval. */
const ratioOf = (tally: ResourceTally, against: Against, alpha: number): Estimate | null => {
  const found = logRatio(tally, against)
  // One of them used nothing in any period, and not the one that is judged against alone.
  if (found === null) return tally.sides[against]?.amount === 0 ? exactly(1) : exactly(0)
  const reach = meanFactor(tally.periods, alpha) * found.error
  return Number.isFinite(reach)
    ? { value: found.ratio, low: found.ratio * Math.exp(-reach), high: found.ratio * Math.exp(reach) }
    : null
}

const exactly = (value: number): Estimate => ({ value, low: value, high: value })

const reasonsOf = (compared: ComparedResource, { thresholds, slower }: Question): Reason[] => {
  const { resource, state, says, ratio, served, against } = compared
  const decides = thresholds.resources.includes(resource)
  const threshold = thresholds.resourcePercent / 100
  const reason = (effect: Reason['effect'], sentence: string, measured: Estimate | null = null): Reason => ({
    rule: 'resources',
    effect,
    sentence,
    endpoint: null,
    kind: null,
    path: resource,
    samples: compared.requests,
    measured,
    threshold: measured === null ? null : threshold,
    noise: null,
  })
  if (state === 'unlike') return [reason('informs', says)]
  if (state !== 'compared') return [reason(decides ? 'inconclusive' : 'informs', says)]
  if (ratio === null) return [reason('informs', says)]
  const more = { value: ratio.value - 1, low: ratio.low - 1, high: ratio.high - 1 }
  if (more.low <= threshold) return []
  if (!isAlike(served ?? 0))
    return [
      reason(
        'informs',
        `${says} The shadow served ${percentText(served ?? 0)} of ${NAME[against]}’s requests: this informs only.`,
        more,
      ),
    ]
  if (!decides) return [reason('informs', says, more)]
  return slower.length === 0
    ? [reason('fail', says, more)]
    : [reason('informs', `${says} This may be why ${slower.join(' and ')} is slower.`, more)]
}

type Against = ComparedResource['against']
const NAME: Readonly<Record<Against, string>> = { control: 'the control', production: 'production' }

const isAlike = (served: number): boolean => served >= ALIKE[0] && served <= ALIKE[1]

const comparedWords = (
  compared: Omit<ComparedResource, 'state' | 'says' | 'ratio'>,
  ratio: Estimate,
  { periodSeconds }: Resources,
): string => {
  const { name, uses } = RESOURCES[compared.resource]
  const figures = `${figureText(compared.shadow)} against ${figureText(compared[compared.against])}`
  return (
    `Per 1,000 requests the shadow ${uses} ${figureText(ratio.value)} times ${NAME[compared.against]}’s ${name}: ` +
    `${figures}, in ${compared.periods} periods of ${periodSeconds} s.`
  )
}

/** A side’s metrics, to be looked for. */
const whose = (side: Side, { resource, trouble }: ResourceTally, asked: Resources): string => {
  const named = metricsOf(asked)
    .filter((one) => one.side === side && (one.of === resource || one.of === 'requests'))
    .map(({ metric }) => metricWords(metric))
  const why = trouble[side] === undefined ? '' : `: ${trouble[side]}`
  return `${side === 'production' ? side : `the ${side}`} (${named.join('; ')}${why})`
}

const isAre = (resource: Resource): string => (RESOURCES[resource].name.endsWith('s') ? 'are' : 'is')

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

export const figureText = (value: number | null): string =>
  value === null ? '–' : value.toLocaleString('en-US', { maximumSignificantDigits: 3 })
