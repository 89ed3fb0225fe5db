import type { ExperimentSpec } from '../../contract/experiment.ts'
import { FILTER_RULES_MAX } from '../../contract/filter-rule.ts'
import { addUsd } from '../../contract/money.ts'
import { ownerOf } from '../../contract/owner.ts'
import type { Plan, PlannedEni } from '../../contract/plan.ts'
import { isNamed, type SourceEni } from '../../contract/source.ts'
import { detectionSeconds } from '../../contract/watch.ts'
import { peakBytesPerSecond } from '../cost/capacity.ts'
import { crossAzShare } from '../cost/cross-az.ts'
import { estimate } from '../cost/estimate.ts'
import { expectedTraffic, groupInputs, peakOf, reserveInputs } from '../cost/expected.ts'
import { claimsOf, lowestCeiling, type MonthLimit, monthOf } from '../cost/month.ts'
import { ruleCosts } from '../cost/rule-costs.ts'
import { ProblemError, wrongField } from '../errors.ts'
import { unexplained } from '../experiments/approval.ts'
import { filterRules } from '../experiments/filter-rules.ts'
import { asLoad, gatewaysFor, type Peak } from '../experiments/gateway-size.ts'
import { headroomOf, tooLittle } from '../experiments/headroom.ts'
import { firstStart, preNoticeMs, preNoticeProblems } from '../experiments/pre-notice.ts'
import { doubts, freeNumber, mayMirror, obstacle, SESSIONS_PER_ENI } from '../experiments/preflight.ts'
import { zonesAmong } from '../experiments/probe.ts'
import { quotasOf } from '../experiments/quotas.ts'
import { readiness } from '../experiments/readiness.ts'
import {
  declaredWarnings,
  prometheusProblems,
  shadowProblems,
  undeclared,
} from '../experiments/shadow-problems.ts'
import { reach } from '../experiments/stages.ts'
import { budgetInForce } from '../store/budgets.ts'
import { sharesOfOwner } from '../store/months.ts'
import { metricsOfLook } from '../watch/metrics.ts'
import type { FoundGroup } from '../watch/target-groups.ts'
import type { Context } from './context.ts'
import { lookAround } from './look-around.ts'
import { refuseForeign } from './sources.ts'

/** A start that was meant as now is not in the past because it took a while to arrive. */
const PAST_TOLERANCE_MS = 120_000
/** Schedules and tags reach farther, but nobody can know a fleet and its prices so long ahead. */
const AHEAD_MAX_MS = 366 * 86_400_000

/**
 * @returns what its sources send at their busiest, as far as it is known
 * @throws ProblemError not-startable, with every reason
 */
export const refuseUnstartable = async (spec: ExperimentSpec, context: Context): Promise<Peak> => {
  const { plan, peak } = await reckon(spec, context)
  const { startable, problems } = plan
  if (startable) return peak
  throw new ProblemError('not-startable', problems.join(' '), {
    errors: problems.map((message) => ({ path: 'body', message })),
  })
}

/** What the experiment would mirror, create and cost. Changes nothing. */
export const makePlan = async (spec: ExperimentSpec, context: Context): Promise<Plan> =>
  (await reckon(spec, context)).plan

const reckon = async (spec: ExperimentSpec, context: Context): Promise<{ plan: Plan; peak: Peak }> => {
  const now = context.now()
  const plane = await context.plane()
  refuseBadStart(spec, now)
  const startAt = firstStart(spec, now, plane.settings)
  const endAt = new Date(startAt.getTime() + spec.window.durationSeconds * 1000)
  refuseForeign(spec.source, plane.config)
  const [seen, prices, month] = await Promise.all([
    lookAround(spec, plane, { startAt, endAt }),
    plane.prices.current(),
    monthOfOwner(spec, startAt, context),
  ])
  const ceiling = lowestCeiling(spec.budgetUsd, month ? [month] : [], month?.owner ?? '')
  const { settings } = plane

  const sources = seen.sources.map((source) => planned(source, spec, seen))
  const fit = sources.filter(({ mirrored }) => mirrored)
  // What cannot start now, because others mirror it, is priced all the same: it may start later.
  const priced = fit.length > 0 ? fit : sources.filter((source) => mayMirror(source, spec))
  const rules = filterRules(spec)
  const zones = priced.map(({ availabilityZone }) => availabilityZone)
  const crossAz = crossAzShare(zones, seen.zones, seen.ground.crossZone)
  const expected = expectedTraffic(instancesOf(priced), seen.measured, spec.traffic, seen.flows)
  const peak = peakOf(expected)
  const gateways = gatewaysFor(priced.length, asLoad(peak), seen.ground.taskCapacity)
  const money = estimate(
    {
      startAt,
      endAt,
      capacities: priced.map(({ eni }) => peakBytesPerSecond(seen.capacity.get(eni))),
      expected: expected?.mirrored ?? null,
      filtered: expected?.filtered ?? null,
      crossAz,
      gateways,
      gatewaySize: context.config.gatewaySize,
      budgetUsd: ceiling.usd,
      budgetName: ceiling.name,
      tickSeconds: settings.tickMs / 1000,
      lateSeconds: settings.precisionMs / 1000,
      leaseSeconds: (settings.leaseMs + settings.precisionMs) / 1000,
      reportSeconds: settings.tickMs / 1000,
      metricsPerLook: metricsOfLook(spec, priced.length),
      preparingSeconds: PREPARING_TICKS * (settings.tickMs / 1000),
      recording: spec.requests.record
        ? { megabytes: spec.requests.record.megabytes, days: plane.config.recordsMs / 86_400_000 }
        : null,
    },
    prices,
  )

  const need = {
    zones,
    sessions: priced.length,
    gateways,
    vcpus: context.config.gatewaySize.vcpus,
    peak,
  }
  const ready = readiness(seen.ground, need)
  const room = crowded(fit)
  const roomAccepted = spec.accept?.includes('little-headroom') === true
  const lacking = [...seen.missing, ...sources.flatMap(({ problem }) => problem ?? [])]
  const mustFit = isNamed(spec.source) || fit.length === 0
  const affordable = priced.length === 0 || money.start.affordable
  const problems = [
    ...(mustFit ? lacking : []),
    ...undeclared(spec),
    ...unexplained(spec, context.config.fourEyes),
    ...unrecordable(spec, context.config.recordsBucket),
    ...preNoticeProblems(spec, context.config),
    ...shadowProblems(spec, sources, seen.balancers, context.config.allowed),
    ...prometheusProblems(spec, context.config.prometheus),
    ...ready.problems,
    ...(roomAccepted ? [] : room.map((why) => `${why} To start all the same, accept little-headroom.`)),
    ...(affordable ? [] : [`It cannot begin. ${money.start.reason}`]),
  ]
  const warnings = [
    ...(mustFit ? [] : lacking.map((why) => `Left out: ${why}`)),
    ...fit.flatMap((source) => source.doubts),
    ...seen.groups.flatMap(unreadable),
    ...ready.warnings,
    ...declaredWarnings(spec),
    ...seen.stores,
    ...(roomAccepted ? room : []),
    ...(seen.unmeasured === null ? [] : [seen.unmeasured]),
    ...(affordable && money.windowProblem !== null ? [money.windowProblem] : []),
  ]
  const seconds = spec.window.durationSeconds
  const plan: Plan = {
    startable: problems.length === 0,
    problems: bounded(problems),
    warnings: bounded(warnings),
    startAt: startAt.toISOString(),
    endAt: endAt.toISOString(),
    preNoticeMinutes: preNoticeMs(spec, settings) / 60_000,
    found: sources.length,
    sources:
      sources.length <= SOURCES_SHOWN ? sources : sources.toSorted(doubtfulFirst).slice(0, SOURCES_SHOWN),
    rules: rules.map((rule) => ({
      ...rule,
      costs: ruleCosts(rule, { crossAzShare: crossAz.share, seconds, expected }, prices),
    })),
    gateways,
    created: {
      sessions: fit.length,
      filters: 1,
      rules: rules.length,
      rulesLeft: FILTER_RULES_MAX - rules.length,
      // Each session's and each rule's own; the start or the end; the gateways' way to zero.
      // A rule has its lease and, for a moment, the one that this replaces.
      schedules: fit.length + 2 * rules.length + 2,
      gateways: Math.max(0, gateways - seen.ground.runningTasks),
    },
    estimate: {
      ...money.estimate,
      assumptions: [
        ...money.estimate.assumptions,
        ...(seen.flows.unread === null ? [] : [seen.flows.unread]),
      ],
    },
    inputs: [...(expected?.inputs ?? []), ...reserveInputs(money.peak), ...seen.groups.flatMap(groupInputs)],
    quotas: quotasOf(seen.ground, need, {
      rules: rules.length,
      sessionsOnOne: sources.reduce(
        (most, { sessionsLeft }) => Math.max(most, SESSIONS_PER_ENI - sessionsLeft),
        0,
      ),
    }),
    reserveUsd: money.reserveUsd,
    overshootUsd: money.overshootUsd,
    probe: spec.probe
      ? {
          sources: zonesAmong(priced),
          of: priced.length,
          seconds: spec.probe.seconds,
          after: spec.probe.after,
        }
      : null,
    ramp: (spec.ramp?.stages ?? []).map(({ sources: share, requests, seconds = null }) => ({
      sources: reach(priced.length, share),
      of: priced.length,
      requests,
      seconds,
      sessionUsdPerHour: reach(priced.length, share) * prices.prices['mirror-session-hour'].usd,
    })),
    abort: spec.abort.map((rule) => ({
      rule,
      detectsWithinSeconds: detectionSeconds(rule, settings.tickMs / 1000),
    })),
    pricesFrom: prices.from,
    month: month && {
      owner: month.owner,
      month: month.month,
      budgetUsd: month.budgetUsd,
      leftUsd: Math.max(0, addUsd(month.budgetUsd, -month.othersUsd)),
    },
  }
  return { plan, peak }
}

/** The owner’s month in which it would begin, as it stands now; null without a budget for it. */
const monthOfOwner = async (
  spec: ExperimentSpec,
  startAt: Date,
  { table, caller }: Context,
): Promise<(MonthLimit & { owner: string }) | null> => {
  const owner = ownerOf({ spec, createdBy: caller })
  const month = monthOf(startAt)
  const budget = await budgetInForce(table, owner)
  if (budget === null) return null
  const othersUsd = claimsOf(await sharesOfOwner(table, month, owner))
  return { owner, month, budgetUsd: budget.monthUsd, othersUsd, beforeUsd: 0 }
}

/** Gateways start, become healthy and acknowledge their configuration: about as long as two looks. */
const PREPARING_TICKS = 2

/** Fleets are large, and answers are not: whoever wants each of them asks for a preview, page by page. */
const SOURCES_SHOWN = 200
const SENTENCES_SHOWN = 50

const bounded = (sentences: readonly string[]): string[] =>
  sentences.length <= SENTENCES_SHOWN
    ? [...sentences]
    : [...sentences.slice(0, SENTENCES_SHOWN), `And ${sentences.length - SENTENCES_SHOWN} more.`]

/** Those that people have to look at, each in the order of their ids. */
const doubtfulFirst = (a: PlannedEni, b: PlannedEni): number => {
  const doubtful = ({ mirrored, doubts: some }: PlannedEni) => Number(!mirrored || some.length > 0)
  return doubtful(b) - doubtful(a) || (a.eni < b.eni ? -1 : 1)
}

type Seen = Awaited<ReturnType<typeof lookAround>>

const planned = (source: SourceEni, spec: ExperimentSpec, seen: Seen): PlannedEni => {
  const { eni, instance } = source
  const problem = seen.targets.has(eni)
    ? `${eni}: it is a mirror target itself, and AWS does not mirror those.`
    : obstacle(source, spec, seen)
  const used = seen.taken.filter((one) => one.eni === eni).length
  const baseline = seen.capacity.get(eni)?.baselineBps ?? 0
  return {
    ...source,
    mirrored: problem === null,
    problem,
    doubts: problem === null ? doubts(source, spec, seen) : [],
    sessionsLeft: Math.max(0, SESSIONS_PER_ENI - used),
    sessionNumber: problem === null ? freeNumber(seen.taken, eni) : null,
    network: headroomOf(seen.measured.get(instance ?? '') ?? null, spec.traffic.directions, baseline),
  }
}

/** Instances whose network is nearly full, each once, the fullest first. */
const crowded = (sources: readonly PlannedEni[]): string[] => {
  const rooms = new Map(
    sources.flatMap(({ instance, name, network }) =>
      instance === null || network === null ? [] : [[instance, { name: name ?? instance, network }]],
    ),
  )
  return [...rooms.values()]
    .sort((a, b) => b.network.share - a.network.share)
    .flatMap(({ name, network }) => tooLittle(name, network) ?? [])
}

/** What a load balancer says to the sources, as far as the gateway could not read it. */
const unreadable = ({ name, protocol, version }: FoundGroup): string[] => {
  if (protocol === 'HTTPS' || protocol === 'TLS')
    return [`The target group ${name} speaks ${protocol} to the sources: what is encrypted cannot be read.`]
  return version === 'HTTP2' || version === 'GRPC'
    ? [
        `The target group ${name} speaks ${version} to the sources: connections that are older than the experiment cannot be read.`,
      ]
    : []
}

const instancesOf = (sources: readonly SourceEni[]): string[] => [
  ...new Set(sources.flatMap(({ instance }) => instance ?? [])),
]

const refuseBadStart = ({ window }: ExperimentSpec, now: Date): void => {
  if (window.startAt === undefined) return
  const startAt = new Date(window.startAt)
  if (startAt.getTime() < now.getTime() - PAST_TOLERANCE_MS)
    throw wrongField('body.window.startAt', 'It is in the past; leave it out to start now')
  if (startAt.getTime() > now.getTime() + AHEAD_MAX_MS)
    throw wrongField('body.window.startAt', 'It is more than a year ahead')
}

const unrecordable = ({ requests }: ExperimentSpec, bucket: string | null): string[] =>
  requests.record !== undefined && bucket === null
    ? ['This deployment keeps no records (SHADOWMETER_RECORDS_BUCKET): leave requests.record out.']
    : []
