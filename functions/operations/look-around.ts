import type { ExperimentSpec } from '../../contract/experiment.ts'
import { readTags } from '../../contract/ownership.ts'
import type { InstanceTraffic } from '../experiments/headroom.ts'
import type { ControlPlane } from '../reconcile/control-plane.ts'
import { errorText } from '../reconcile/failure.ts'

/** Everything that a plan asks AWS. Changes nothing. */
export const lookAround = async (spec: ExperimentSpec, { clients, config, traffic, now }: ControlPlane) => {
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
  const instances = [...new Set(resolved.sources.flatMap(({ instance }) => instance ?? []))]
  const { measured, unmeasured } = await traffic
    .of(clients.cloudwatch, instances, new Date(now()))
    .then((found) => ({ measured: found, unmeasured: null }))
    .catch((error: unknown) => ({
      measured: new Map<string, InstanceTraffic>(),
      unmeasured: `CloudWatch could not be read (${errorText(error)}): the sources’ traffic is not known.`,
    }))
  return {
    ...resolved,
    targets,
    measured,
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
