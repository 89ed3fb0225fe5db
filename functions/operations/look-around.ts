import type { ExperimentSpec } from '../../contract/experiment.ts'
import { readTags } from '../../contract/ownership.ts'
import type { SourceEni } from '../../contract/source.ts'
import type { InstanceTraffic } from '../experiments/headroom.ts'
import type { ControlPlane } from '../reconcile/control-plane.ts'
import { errorText } from '../reconcile/failure.ts'

/** Everything that a plan asks AWS. Changes nothing. */
export const lookAround = async (spec: ExperimentSpec, plane: ControlPlane) => {
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
  const [resolved, sessions, filters, targets, crossZone, tasks, entrance] = await Promise.all([
    resolveSource(clients, spec.source),
    describeSessions(clients.ec2),
    describeFilters(clients.ec2),
    describeTargetEnis(clients.ec2),
    isCrossZone(clients.elb, config.loadBalancer),
    runningTasks(clients.ecs, { cluster: config.cluster, service: config.service }),
    describeEntrance(clients, config),
  ])
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
