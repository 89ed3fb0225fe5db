import type { ExperimentSpec } from '../../contract/experiment.ts'
import { shadowTargets } from '../../contract/forwarding.ts'
import { readTags } from '../../contract/ownership.ts'
import type { Plan } from '../../contract/plan.ts'
import { isNamed, type SourceEni } from '../../contract/source.ts'
import { detectionSeconds } from '../../contract/watch.ts'
import { peakBytesPerSecond } from '../cost/capacity.ts'
import { crossAzShare } from '../cost/cross-az.ts'
import { estimate } from '../cost/estimate.ts'
import { ruleCosts } from '../cost/rule-costs.ts'
import { GATEWAY_SIZE } from '../cost/usage.ts'
import { wrongField } from '../errors.ts'
import { filterRules } from '../experiments/filter-rules.ts'
import { gatewaysFor } from '../experiments/gateway-size.ts'
import { mayMirror, obstacle } from '../experiments/preflight.ts'
import type { ControlPlane } from '../reconcile/control-plane.ts'
import { metricsPerLook } from '../watch/metrics.ts'
import type { Context } from './context.ts'
import { refuseForeign } from './sources.ts'

/** A start that was meant as now is not in the past because it took a while to arrive. */
const PAST_TOLERANCE_MS = 120_000
/** Schedules and tags reach farther, but nobody can know a fleet and its prices so long ahead. */
const AHEAD_MAX_MS = 366 * 86_400_000

/** What the experiment would mirror, create and cost. Changes nothing. */
export const makePlan = async (spec: ExperimentSpec, context: Context): Promise<Plan> => {
  const now = context.now()
  const startAt = startOf(spec, now)
  const endAt = new Date(startAt.getTime() + spec.window.durationSeconds * 1000)
  const plane = await context.plane()
  refuseForeign(spec.source, plane.config)
  const surroundings = await lookAround(spec, plane)
  const { sources, capacity, missing, zones, crossZone } = surroundings

  const judged = sources.map((source) => ({ source, why: obstacle(source, spec, surroundings) }))
  const fit = judged.flatMap(({ source, why }) => (why === null ? [source] : []))
  const obstacles = judged.flatMap(({ why }) => why ?? [])
  const mustFit = isNamed(spec.source) || fit.length === 0
  const problems = [...(mustFit ? [...missing, ...obstacles] : []), ...pointsAtProduction(spec, sources)]
  const warnings = [
    ...(mustFit ? [] : [...missing, ...obstacles.map((why) => `Left out: ${why}`)]),
    ...fit.flatMap((source) =>
      source.verdict === 'unknown' || source.verdict === 'undocumented'
        ? [`${source.eni} is tried: ${source.reason}`]
        : [],
    ),
  ]

  const { settings, prices } = plane
  // What cannot start now, because others mirror it, is priced all the same: it may start later.
  const priced = fit.length > 0 ? fit : sources.filter((source) => mayMirror(source, spec))
  const gateways = gatewaysFor(priced.length)
  const crossAz = crossAzShare(
    priced.map(({ availabilityZone }) => availabilityZone),
    zones,
    crossZone,
  )
  const money = estimate(
    {
      startAt,
      endAt,
      capacities: priced.map(({ eni }) => peakBytesPerSecond(capacity.get(eni))),
      crossAz,
      gateways,
      gatewaySize: GATEWAY_SIZE,
      budgetUsd: spec.budgetUsd,
      tickSeconds: settings.tickMs / 1000,
      lateSeconds: settings.precisionMs / 1000,
      leaseSeconds: (settings.leaseMs + settings.precisionMs) / 1000,
      reportSeconds: settings.tickMs / 1000,
      metricsPerLook: metricsPerLook(spec.abort, priced.length),
      preparingSeconds: PREPARING_TICKS * (settings.tickMs / 1000),
    },
    prices,
  )
  if (priced.length > 0 && !money.start.affordable) problems.push(`It cannot begin. ${money.start.reason}`)
  else if (money.windowProblem !== null) warnings.push(money.windowProblem)

  return {
    startable: problems.length === 0,
    problems,
    warnings,
    startAt: startAt.toISOString(),
    endAt: endAt.toISOString(),
    sources,
    rules: filterRules(spec).map((rule) => ({ ...rule, costs: ruleCosts(crossAz.share, prices) })),
    gateways,
    estimate: money.estimate,
    reserveUsd: money.reserveUsd,
    overshootUsd: money.overshootUsd,
    abort: spec.abort.map((rule) => ({
      rule,
      detectsWithinSeconds: detectionSeconds(rule, settings.tickMs / 1000),
    })),
    pricesFrom: prices.from,
  }
}

/** Gateways start, become healthy and acknowledge their configuration: about as long as two looks. */
const PREPARING_TICKS = 2

const startOf = ({ window }: ExperimentSpec, now: Date): Date => {
  if (window.startAt === undefined) return now
  const startAt = new Date(window.startAt)
  if (startAt.getTime() < now.getTime() - PAST_TOLERANCE_MS)
    throw wrongField('body.window.startAt', 'It is in the past; leave it out to start now')
  if (startAt.getTime() > now.getTime() + AHEAD_MAX_MS)
    throw wrongField('body.window.startAt', 'It is more than a year ahead')
  return startAt
}

const lookAround = async (spec: ExperimentSpec, { clients, config }: ControlPlane) => {
  const [{ resolveSource }, { describeSessions }, { isCrossZone, runningTasks }] = await Promise.all([
    import('../mirror/sources.ts'),
    import('../mirror/session.ts'),
    import('../gateway/service.ts'),
  ])
  const [resolved, sessions, crossZone, tasks] = await Promise.all([
    resolveSource(clients, spec.source),
    describeSessions(clients.ec2),
    isCrossZone(clients.elb, config.loadBalancer),
    runningTasks(clients.ecs, { cluster: config.cluster, service: config.service }),
  ])
  return {
    ...resolved,
    crossZone,
    zones: tasks.map(({ availabilityZone }) => availabilityZone),
    taken: sessions.map(({ NetworkInterfaceId: eni = '', SessionNumber: number = 0 }) => ({ eni, number })),
    rivals: sessions.flatMap(({ NetworkInterfaceId: eni = '', Tags }) => {
      const tags = readTags(Tags, config.deployment)
      return tags ? [{ eni, experiment: tags.experiment }] : []
    }),
  }
}

/** A copy that is sent back to where it was taken from would be a second request to production. */
const pointsAtProduction = ({ shadow, traffic }: ExperimentSpec, sources: readonly SourceEni[]): string[] =>
  shadowTargets(shadow).flatMap(({ url }) => {
    const { hostname, port, protocol } = new URL(url)
    const shadowPort = Number(port) || (protocol === 'https:' ? 443 : 80)
    const source = sources.find(({ address }) => address === hostname)
    return source && (traffic.ports?.includes(shadowPort) ?? true)
      ? [
          `The shadow’s address ${url} is production itself (${source.eni}): nothing is forwarded to production.`,
        ]
      : []
  })
