import type { ExperimentSpec } from '../../contract/experiment.ts'
import { readTags } from '../../contract/ownership.ts'
import type { SourceEni } from '../../contract/source.ts'
import { capacityOf } from '../experiments/fleet.ts'
import type { InstanceTraffic } from '../experiments/headroom.ts'
import type { Ground } from '../experiments/readiness.ts'
import type { ControlPlane } from '../reconcile/control-plane.ts'
import { errorText } from '../reconcile/failure.ts'
import { listActive, readRecord } from '../store/experiments.ts'
import { readFleet } from '../store/fleet.ts'

/** Everything that a plan asks AWS. Changes nothing. */
export const lookAround = async (
  spec: ExperimentSpec,
  plane: ControlPlane,
  window: Readonly<{ startAt: Date; endAt: Date }>,
) => {
  const { clients, config } = plane
  const [
    { resolveSource },
    { describeSessions, toOthers },
    { describeFilters },
    { describeTargetEnis },
    { isCrossZone, runningTasks },
    { describeEntrance },
  ] = await Promise.all([
    import('../mirror/sources.ts'),
    import('../mirror/session.ts'),
    import('../mirror/filter.ts'),
    import('../mirror/target.ts'),
    import('../gateway/service.ts'),
    import('../gateway/entrance.ts'),
  ])
  const [resolved, sessions, filters, targets, crossZone, tasks, entrance, fleet, others] = await Promise.all(
    [
      resolveSource(clients, spec.source),
      describeSessions(clients.ec2),
      describeFilters(clients.ec2),
      describeTargetEnis(clients.ec2),
      isCrossZone(clients.elb, config.loadBalancer),
      runningTasks(clients.ecs, { cluster: config.cluster, service: config.service }),
      describeEntrance(clients, config),
      readFleet(plane.table),
      othersIn(plane, window),
    ],
  )
  const { measured, groups, unmeasured } = await measure(spec, resolved.sources, plane)
  const { describeBalancers } = await import('../mirror/balancers.ts')
  const balancers = await describeBalancers(clients, new Set(groups.flatMap((group) => group.balancers)))
  return {
    ...resolved,
    targets,
    measured,
    groups,
    balancers,
    unmeasured,
    zones: tasks.map(({ availabilityZone }) => availabilityZone),
    ground: {
      ...entrance,
      crossZone,
      runningTasks: tasks.length,
      tasksMax: config.gatewaysMax,
      taskCapacity: capacityOf(fleet),
      others,
      sessions: sessions.length,
      filters: filters.length,
    },
    taken: toOthers(sessions, filters, config.deployment),
    rivals: sessions.flatMap(({ NetworkInterfaceId: eni = '', Tags }) => {
      const tags = readTags(Tags, config.deployment)
      return tags ? [{ eni, experiment: tags.experiment }] : []
    }),
  }
}

/** What other experiments ask of the gateways within that window. */
const othersIn = async (
  { table }: ControlPlane,
  { startAt, endAt }: Readonly<{ startAt: Date; endAt: Date }>,
): Promise<Ground['others']> => {
  const records = await Promise.all((await listActive(table)).map(({ id }) => readRecord(table, id)))
  const others = { sources: 0, peakBytesPerSecond: 0 }
  for (const record of records) {
    if (!record || record.experiment.phase === 'ended') continue
    const { experiment, life } = record
    if (new Date(experiment.startAt) >= endAt || new Date(experiment.endAt) <= startAt) continue
    others.sources += Math.max(experiment.sources, life.enis?.length ?? 0)
    others.peakBytesPerSecond += life.peakBytesPerSecond
  }
  return others
}

/** What CloudWatch and the load balancers tell of the sources’ traffic. Without them a plan is less sure, not impossible. */
const measure = async (
  spec: ExperimentSpec,
  sources: readonly SourceEni[],
  { clients, traffic, now }: ControlPlane,
) => {
  const at = new Date(now())
  const instances = [...new Set(sources.flatMap(({ instance }) => instance ?? []))]
  const { targetsOf } = await import('../watch/target-groups.ts')
  const targets = targetsOf(sources, spec.traffic.ports ?? null)
  try {
    const [measured, groups] = await Promise.all([
      traffic.of(clients.cloudwatch, instances, at),
      targets.ids.length === 0 ? [] : traffic.groupsOf(clients, targets, at),
    ])
    return { measured, groups, unmeasured: null }
  } catch (error) {
    return {
      measured: new Map<string, InstanceTraffic>(),
      groups: [],
      unmeasured: `CloudWatch could not be read (${errorText(error)}): the sources’ traffic is not known.`,
    }
  }
}
