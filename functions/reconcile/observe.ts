import type { TrafficMirrorFilter, TrafficMirrorFilterRule, TrafficMirrorSession } from '@aws-sdk/client-ec2'
import type { ExperimentSpec } from '../../contract/experiment.ts'
import type { GatewayConfig } from '../../contract/gateway-config.ts'
import type { GatewayReport } from '../../contract/gateway-report.ts'
import { readTags } from '../../contract/ownership.ts'
import type { SourceEni } from '../../contract/source.ts'
import { NEW_FLEET } from '../experiments/fleet.ts'
import { GATEWAYS_TO_ZERO, schedulePrefix } from '../experiments/names.ts'
import type { Observed, ObservedRule } from '../experiments/observed.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import { zonesOf } from '../gateway/entrance.ts'
import {
  healthyTargets,
  isCrossZone,
  type RunningTask,
  readService,
  runningTasks,
} from '../gateway/service.ts'
import { describeBalancers } from '../mirror/balancers.ts'
import { describeFilters } from '../mirror/filter.ts'
import type { NetworkCapacity } from '../mirror/instance-types.ts'
import { describeSessions, toOthers } from '../mirror/session.ts'
import { resolveSource } from '../mirror/sources.ts'
import { armedAt, listSchedules } from '../schedule/one-time.ts'
import { listActive, readRecord } from '../store/experiments.ts'
import { readFleet } from '../store/fleet.ts'
import { lastReports } from '../store/reports.ts'
import { quarantined } from '../store/vnis.ts'
import { targetGroupsWith, targetsOf } from '../watch/target-groups.ts'
import type { ControlPlane } from './control-plane.ts'

/** What was seen, with what only the meter needs beside the planner’s part of it. */
export type Look = Readonly<{
  seen: Observed
  reports: readonly GatewayReport[]
  tasks: readonly RunningTask[]
  /** By ENI. */
  capacity: ReadonlyMap<string, NetworkCapacity>
}>

const NOTHING: Observed = {
  filters: [],
  rules: [],
  sessions: [],
  taken: [],
  rivals: [],
  vnis: new Set(),
  schedules: new Map(),
  zeroAt: null,
  gateways: { desired: 0, healthy: 0, tasks: [], crossZone: true, zones: [] },
  sources: null,
  missing: [],
  front: [],
  config: { revision: 0, entry: null },
  others: [],
  fleet: NEW_FLEET,
  money: null,
  gone: new Map(),
  lapsed: new Set(),
  turned: new Map(),
  refused: new Set(),
  moved: new Set(),
  announced: null,
  audited: new Set(),
  forgotten: false,
}

/** Reports older than this are not looked for: a task that is silent for so long has none of interest. */
const REPORTS_BACK_MS = 120 * 60_000

/** Looks at everything that is about one experiment. Changes nothing. */
export const observe = async (plane: ControlPlane, record: ExperimentRecord): Promise<Look> => {
  const { clients, config, table } = plane
  const { id, phase, spec } = record.experiment
  const { cluster, service } = config
  const schedules = new Map(
    (await listSchedules(clients.scheduler, config.scheduleGroup, schedulePrefix(id))).map((name) => [
      name,
      null,
    ]),
  )
  if (phase === 'scheduled')
    return { seen: { ...NOTHING, schedules }, reports: [], tasks: [], capacity: new Map() }

  const wanted = phase === 'preparing' || phase === 'mirroring'
  const now = plane.now()
  const [
    filters,
    sessions,
    zeroAt,
    deployed,
    tasks,
    healthy,
    resolved,
    gatewayConfig,
    reports,
    others,
    crossZone,
    fleet,
    resting,
  ] = await Promise.all([
    describeFilters(clients.ec2),
    describeSessions(clients.ec2),
    armedAt(clients.scheduler, GATEWAYS_TO_ZERO, config.scheduleGroup),
    readService(clients.ecs, { cluster, service }),
    runningTasks(clients.ecs, { cluster, service }),
    healthyTargets(clients.elb, config.targetGroup),
    wanted ? resolveSource(clients, spec.source) : null,
    plane.published.read(),
    plane.reports.read(reportsSince(record, now), now).then(lastReports),
    readOthers(plane, id),
    wanted ? isCrossZone(clients.elb, config.loadBalancer) : true,
    readFleet(table),
    wanted ? quarantined(table, now) : [],
  ])

  const isChoosing = phase === 'preparing' && record.life.enis === null
  const front = isChoosing && resolved ? await frontOf(plane, spec, resolved.sources) : []
  const revisions = new Map(reports.map(({ task, revision }) => [task, revision]))
  const fit = new Set(healthy)
  return {
    seen: {
      ...NOTHING,
      ...ofMirroring(filters, sessions, id, config.deployment, new Set(others.map((other) => other.id))),
      vnis: new Set([...vnisOf(sessions, gatewayConfig), ...resting]),
      schedules,
      zeroAt,
      gateways: {
        desired: deployed.desired,
        healthy: healthy.length,
        tasks: tasks.map(({ task, availabilityZone, address }) => ({
          task,
          availabilityZone,
          revision: revisions.get(task) ?? -1,
          healthy: fit.has(address),
        })),
        crossZone,
        zones: crossZone ? [] : await zonesOf(clients.ec2, deployed.subnets),
      },
      sources: resolved?.sources ?? null,
      missing: resolved?.missing ?? [],
      front,
      config: {
        revision: gatewayConfig.revision,
        entry: gatewayConfig.experiments.find((entry) => entry.id === id) ?? null,
      },
      others,
      fleet,
    },
    reports,
    tasks,
    capacity: resolved?.capacity ?? new Map(),
  }
}

/** Where production’s requests come in, beside the sources themselves. */
const frontOf = async (
  { clients }: ControlPlane,
  { traffic }: ExperimentSpec,
  sources: readonly SourceEni[],
): Promise<string[]> => {
  if (sources.length === 0) return []
  const groups = await targetGroupsWith(clients.elb, targetsOf(sources, traffic.ports ?? null))
  const arns = new Set(groups.flatMap(({ LoadBalancerArns = [] }) => LoadBalancerArns))
  return (await describeBalancers(clients, arns)).flatMap(({ addresses }) => addresses).sort()
}

const reportsSince = ({ experiment, life }: ExperimentRecord, now: number): number => {
  const last = experiment.meteredAt ?? life.preparingSince
  const since = last === null ? now : Date.parse(last)
  return Math.max(now - REPORTS_BACK_MS, Math.min(now, since) - 120_000)
}

/** Experiments beside this one that need gateways now. */
const readOthers = async (plane: ControlPlane, id: string): Promise<Observed['others']> => {
  const active = (await listActive(plane.table)).filter((other) => other.id !== id)
  const records = await Promise.all(active.map((other) => readRecord(plane.table, other.id)))
  return records.flatMap((other) => {
    if (!other || other.experiment.phase === 'scheduled' || other.experiment.phase === 'ended') return []
    const { endAt } = other.experiment
    return [
      {
        id: other.experiment.id,
        peakBytesPerSecond: other.life.peakBytesPerSecond,
        peakPacketsPerSecond: other.life.peakPacketsPerSecond,
        endAt: other.life.extension?.endAt ?? endAt,
        sources: Math.max(
          other.experiment.sources,
          other.experiment.phase === 'preparing' ? (other.life.enis?.length ?? 0) : 0,
        ),
      },
    ]
  })
}

const vnisOf = (sessions: readonly TrafficMirrorSession[], config: GatewayConfig): ReadonlySet<number> =>
  new Set([
    ...sessions.flatMap(({ VirtualNetworkId }) => VirtualNetworkId ?? []),
    ...config.experiments.flatMap(({ sources }) => sources.map(({ vni }) => vni)),
  ])

const ofMirroring = (
  filters: readonly TrafficMirrorFilter[],
  sessions: readonly TrafficMirrorSession[],
  id: string,
  deployment: string,
  active: ReadonlySet<string>,
): Pick<Observed, 'filters' | 'rules' | 'sessions' | 'taken' | 'rivals'> => {
  const ourFilters = filters.filter(({ Tags }) => readTags(Tags, deployment)?.experiment === id)
  const owned = sessions.map((session) => ({ session, tags: readTags(session.Tags, deployment) }))
  const ours = owned.filter(({ tags }) => tags?.experiment === id)
  const others = owned.filter(({ tags }) => tags?.experiment !== id)
  return {
    filters: ourFilters.map(({ TrafficMirrorFilterId: filter = '' }) => filter),
    rules: ourFilters.flatMap(({ IngressFilterRules = [], EgressFilterRules = [] }) =>
      [...IngressFilterRules, ...EgressFilterRules].map(toRule),
    ),
    sessions: ours.map(({ session, tags }) => ({
      session: session.TrafficMirrorSessionId ?? '',
      eni: session.NetworkInterfaceId ?? '',
      vni: session.VirtualNetworkId ?? 0,
      expiresAt: tags?.expiresAt ?? null,
    })),
    taken: toOthers(
      others.map(({ session }) => session),
      filters,
      deployment,
    ),
    rivals: others.flatMap(({ session, tags }) =>
      // What belongs to none that is active is on its way out, or Describe shows it though it is gone.
      tags && active.has(tags.experiment)
        ? [{ eni: session.NetworkInterfaceId ?? '', experiment: tags.experiment }]
        : [],
    ),
  }
}

const toRule = (rule: TrafficMirrorFilterRule): ObservedRule => ({
  rule: rule.TrafficMirrorFilterRuleId ?? '',
  filter: rule.TrafficMirrorFilterId ?? '',
  direction: rule.TrafficDirection === 'egress' ? 'egress' : 'ingress',
  number: rule.RuleNumber ?? 0,
  accepts: rule.RuleAction === 'accept',
})
