import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { ExperimentSpec } from '../../contract/experiment.ts'
import { allTargets } from '../../contract/forwarding.ts'
import { readTags } from '../../contract/ownership.ts'
import type { SourceEni } from '../../contract/source.ts'
import { filterRules } from '../experiments/filter-rules.ts'
import { capacityOf } from '../experiments/fleet.ts'
import type { InstanceTraffic } from '../experiments/headroom.ts'
import { reachableStores } from '../experiments/reachable-stores.ts'
import type { ControlPlane } from '../reconcile/control-plane.ts'
import { errorText } from '../reconcile/failure.ts'
import { loadOfOthers } from '../reconcile/source-load.ts'
import { readFleet } from '../store/fleet.ts'
import type { FlowLogsRead } from '../watch/flow-logs.ts'

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
    { readFargateQuota },
  ] = await Promise.all([
    import('../mirror/sources.ts'),
    import('../mirror/session.ts'),
    import('../mirror/filter.ts'),
    import('../mirror/target.ts'),
    import('../gateway/service.ts'),
    import('../gateway/entrance.ts'),
    import('../gateway/quota.ts'),
  ])
  const [resolved, sessions, filters, targets, crossZone, tasks, entrance, fargate, fleet, others] =
    await Promise.all([
      resolveSource(clients, spec.source),
      describeSessions(clients.ec2),
      describeFilters(clients.ec2),
      describeTargetEnis(clients.ec2),
      isCrossZone(clients.elb, config.loadBalancer),
      runningTasks(clients.ecs, { cluster: config.cluster, service: config.service }),
      describeEntrance(clients, config),
      readFargateQuota(clients, new Date(plane.now())),
      readFleet(plane.table),
      loadOfOthers(plane, window),
    ])
  const [{ measured, groups, unmeasured }, flows] = await Promise.all([
    measure(spec, resolved.sources, plane),
    readFlows(spec, resolved.sources, plane),
  ])
  const { describeBalancers } = await import('../mirror/balancers.ts')
  const stores = await reaching(spec, resolved.sources, plane)
  const balancers = await describeBalancers(clients, new Set(groups.flatMap((group) => group.balancers)))
  return {
    ...resolved,
    targets,
    measured,
    groups,
    balancers,
    stores,
    flows,
    unmeasured,
    zones: tasks.map(({ availabilityZone }) => availabilityZone),
    ground: {
      ...entrance,
      fargate,
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

/** What flow logs tell of the mirrored ports. The estimate is wider without them, and no plan fails for it. */
const readFlows = async (
  spec: ExperimentSpec,
  sources: readonly SourceEni[],
  { clients, config, traffic, now }: ControlPlane,
): Promise<FlowLogsRead> => {
  const wanted = {
    sources: sources.map(({ eni, subnet, vpc, address }) => ({ eni, subnet, vpc, address })),
    rules: filterRules(spec),
    groups: config.flowLogGroups,
  }
  try {
    return await traffic.flowsOf(clients, wanted, new Date(now()))
  } catch (error) {
    const unread = `Flow logs could not be read (${errorText(error)}): every port of the sources counts.`
    return { tally: null, from: '', unread }
  }
}

/** Where the shadows may reach production’s data stores. It warns, and so a plan is made without it, too. */
const reaching = async (
  { shadow }: ExperimentSpec,
  sources: readonly SourceEni[],
  { clients }: ControlPlane,
): Promise<string[]> => {
  const { describeSurroundings } = await import('../mirror/surroundings.ts')
  const hosts = new Set(allTargets(shadow).map(({ url }) => new URL(url).hostname.replace(/^\[|\]$/g, '')))
  try {
    const seen = { hosts: [...hosts], sources: sources.map(({ eni }) => eni) }
    return reachableStores(await describeSurroundings(clients, seen, addressesOf))
  } catch (error) {
    return [
      `Security groups could not be read (${errorText(error)}): whether the shadow reaches production’s data stores is not known.`,
    ]
  }
}

const RESOLVE_MS = 2_000

/** As this control plane sees the name; names of a VPC that it is not in lead nowhere for it. */
const addressesOf = async (host: string): Promise<readonly string[]> => {
  if (isIP(host) !== 0) return [host]
  const late = setTimeout(RESOLVE_MS, [], { ref: false })
  const found = lookup(host, { all: true }).then((all) => all.map(({ address }) => address))
  return Promise.race([found.catch(() => []), late])
}
