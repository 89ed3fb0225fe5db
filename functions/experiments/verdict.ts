import type { Comparison, EndpointTally } from '../../contract/comparison.ts'
import { type Experiment, isOver } from '../../contract/experiment.ts'
import type { NoiseDecision } from '../../contract/noise.ts'
import type { Thresholds } from '../../contract/thresholds.ts'
import type { Reason, Verdict } from '../../contract/verdict.ts'
import { canaryOf, rejects } from './canary.ts'
import { driftReasons } from './drift.ts'
import { funnelOf } from './funnel.ts'
import { withoutIgnored } from './ignore.ts'
import { judgeAnswers, percentText } from './judge-endpoint.ts'
import { judgeLatency } from './judge-latency.ts'
import { judgeResources } from './judge-resources.ts'
import { measuredWay } from './measurement.ts'
import { decisionsOf, withDecisions } from './noise.ts'
import type { ResourceTally } from './resource-tally.ts'

/** Chance that any of all questions, asked as often as one likes, is answered with a false alarm. */
const FALSE_ALARM = 0.05
/** Of each endpoint: errors, other statuses, differences, and latency at two quantiles. Each resource is one more. */
const QUESTIONS = 5

/** What is known beside the answers. */
type Known = { decisions?: readonly NoiseDecision[]; resources?: readonly ResourceTally[] }

/**
 * Whether the release is safe. A fail is a statement that holds whatever else is unknown; a pass needs enough to have been
 * seen; everything else is inconclusive.
 */
export const judge = (
  experiment: Experiment,
  whole: Comparison,
  thresholds: Thresholds,
  now: Date,
  { decisions = [], resources: tallies = [] }: Known = {},
): Verdict => {
  const endpoints = withDecisions(
    withoutIgnored(whole.endpoints, thresholds),
    decisionsOf(experiment, decisions),
  )
  const comparison = { ...whole, endpoints }
  const judged = comparison.endpoints.filter(({ compared }) => compared >= thresholds.minimumSamples)
  const asked = experiment.spec.compare?.resources
  const alpha = FALSE_ALARM / (QUESTIONS * Math.max(1, judged.length) + (asked?.figures.length ?? 0))
  const rejected = credentials(comparison, thresholds)
  const question = { thresholds, alpha, ignoreRejections: rejected.length > 0 }
  const latency = judgeLatency(judged, comparison.measurement, question)
  const used = judgeResources(asked, tallies, { thresholds, alpha, slower: endpointsFailing(latency) })
  const against = [
    ...judged.flatMap((endpoint) => judgeAnswers(endpoint, question)),
    ...latency,
    ...driftReasons(comparison.endpoints),
  ]
  const missing = isCompared(experiment, comparison)
    ? [
        ...rejected,
        ...coverage(comparison, thresholds),
        ...loss(experiment, thresholds),
        ...samples(comparison, judged, thresholds),
      ]
    : [notCompared(experiment)]
  const reasons = [...against, ...missing, ...used.reasons].toSorted(
    (a, b) => RANK[a.effect] - RANK[b.effect],
  )
  const [first] = reasons
  const outcome =
    first?.effect === 'fail' ? 'fail' : first?.effect === 'inconclusive' ? 'inconclusive' : 'pass'
  return {
    experiment: experiment.id,
    outcome,
    sentence: sentence(outcome, reasons, comparison, judged),
    final: isOver(experiment.phase),
    at: now.toISOString(),
    reasons,
    coverage: {
      received: experiment.requests.received,
      forwarded: experiment.requests.forwarded,
      expected: comparison.expected,
      compared: comparison.compared,
      judged: judged.reduce((sum, { compared }) => sum + compared, 0),
      lostShare: lostShare(experiment),
      funnel: funnelOf({ requests: experiment.requests, comparison, considered: endpoints, judged }),
    },
    measurement: measuredWay(comparison.measurement),
    resources: used.resources,
    thresholds,
  }
}

const endpointsFailing = (reasons: readonly Reason[]): string[] =>
  reasons.flatMap(({ effect, endpoint }) => (effect === 'fail' && endpoint !== null ? [endpoint] : []))

const RANK: Record<Reason['effect'], number> = { fail: 0, inconclusive: 1, informs: 2 }

const sentence = (
  outcome: Verdict['outcome'],
  reasons: readonly Reason[],
  { compared }: Comparison,
  judged: readonly EndpointTally[],
): string => {
  if (outcome === 'pass')
    return `No difference beyond chance in ${compared} compared requests to ${judged.length} endpoint${judged.length === 1 ? '' : 's'}.`
  const deciding = reasons.filter(({ effect }) => effect === outcome)
  const [first] = deciding
  const more = deciding.length - 1
  const others = more > 0 ? ` There ${more === 1 ? 'is one reason' : `are ${more} reasons`} more.` : ''
  return `${first?.sentence ?? ''}${others}`
}

const isCompared = ({ spec }: Experiment, { expected }: Comparison): boolean =>
  spec.traffic.directions === 'both' && expected > 0

const notCompared = ({ spec }: Experiment): Reason =>
  inconclusive(
    'not-compared',
    spec.traffic.directions === 'both'
      ? 'No request has been forwarded to be compared.'
      : 'Only requests are mirrored: without production’s responses there is nothing to compare with.',
    0,
  )

const credentials = ({ endpoints }: Comparison, thresholds: Thresholds): Reason[] => {
  const canary = canaryOf(endpoints)
  if (!rejects(canary, thresholds)) return []
  const { answered, rejected } = canary
  return [
    inconclusive(
      'credentials',
      `The shadow rejects masked credentials: it answers 401 or 403 to ${percentText(rejected / answered)} of what production answers.`,
      answered,
      rejected / answered,
      thresholds.rejectedPercent / 100,
    ),
  ]
}

const coverage = ({ expected, waiting, compared }: Comparison, { coveragePercent }: Thresholds): Reason[] => {
  const share = compared / Math.max(1, expected - waiting)
  if (share >= coveragePercent / 100) return []
  return [
    inconclusive(
      'coverage',
      `Only ${percentText(share)} of the forwarded requests could be compared.`,
      compared,
      share,
      coveragePercent / 100,
    ),
  ]
}

const lostShare = ({ requests }: Experiment): number =>
  requests.received === 0 ? 0 : (requests.dropped + requests.incomplete) / requests.received

const loss = (experiment: Experiment, { lossPercent }: Thresholds): Reason[] => {
  const share = lostShare(experiment)
  if (share <= lossPercent / 100) return []
  return [
    inconclusive(
      'loss',
      `${percentText(share)} of the requests seen were lost on their way through the gateway.`,
      experiment.requests.received,
      share,
      lossPercent / 100,
    ),
  ]
}

const samples = (
  { endpoints }: Comparison,
  judged: readonly EndpointTally[],
  { minimumSamples, judgedPercent }: Thresholds,
): Reason[] => {
  const compared = endpoints.reduce((sum, endpoint) => sum + endpoint.compared, 0)
  const share = judged.reduce((sum, endpoint) => sum + endpoint.compared, 0) / Math.max(1, compared)
  if (share >= judgedPercent / 100) return []
  return [
    inconclusive(
      'samples',
      `Too little was seen: endpoints with at least ${minimumSamples} compared requests hold ${percentText(share)} of ${compared}.`,
      compared,
      share,
      judgedPercent / 100,
    ),
  ]
}

const inconclusive = (
  rule: Reason['rule'],
  text: string,
  seen: number,
  measured?: number,
  threshold?: number,
): Reason => ({
  rule,
  effect: 'inconclusive',
  sentence: text,
  endpoint: null,
  kind: null,
  path: null,
  samples: seen,
  measured: measured === undefined ? null : { value: measured, low: measured, high: measured },
  threshold: threshold ?? null,
  noise: null,
})
