import type {
  MirroredLoadBalancer,
  MirroredRule,
  MirroredSession,
  MirroredTarget,
  MirroringSnapshot,
} from './mirroring-snapshot.ts'
import type { MirrorRule, MirrorSession, NetworkInterface } from './rows.ts'
import type { State } from './state.ts'
import type { LoadBalancerDeclaration } from './world.ts'

/** The port of VXLAN (RFC 7348), on which AWS sends mirrored packets. */
const VXLAN_PORT = 4789

/** What the taps have to do now. The revision is the stream's. */
export function mirroringOf(state: State): Omit<MirroringSnapshot, 'revision' | 'at'> {
  const rules = new Map<string, MirrorRule[]>()
  for (const rule of state.mirrorRules.list().sort((a, b) => a.number - b.number)) {
    const key = `${rule.filterId} ${rule.direction}`
    rules.set(key, [...(rules.get(key) ?? []), rule])
  }
  const { sourcePortSymmetry, sourcePortMin, sourcePortMax } = state.switches
  return {
    sessions: state.mirrorSessions.list().flatMap((session) => {
      const source = state.networkInterfaces.get(session.networkInterfaceId)
      return source ? [mirroredSession(state, session, source, rules)] : []
    }),
    loadBalancers: state.world.loadBalancers.map((balancer) => mirroredLoadBalancer(state, balancer)),
    switches: { sourcePortSymmetry, sourcePortMin, sourcePortMax },
  }
}

function mirroredSession(
  state: State,
  session: MirrorSession,
  source: NetworkInterface,
  rules: ReadonlyMap<string, MirrorRule[]>,
): MirroredSession {
  const target = state.mirrorTargets.get(session.targetId)
  const filter = state.mirrorFilters.get(session.filterId)
  const reason = inactivity(state, session, source)
  const balanced = target?.kind === 'network-load-balancer'
  const destination =
    target?.kind === 'network-interface' ? state.networkInterfaces.get(target.networkInterfaceId) : undefined
  return {
    id: session.id,
    number: session.number,
    networkInterfaceId: source.id,
    privateIp: source.privateIp,
    mac: source.mac,
    availabilityZone: state.subnet(source.subnetId)?.availabilityZone ?? '',
    instanceId: source.attachment?.instanceId ?? null,
    active: reason === null,
    reason,
    virtualNetworkId: session.virtualNetworkId,
    packetLength: session.packetLength,
    filterId: session.filterId,
    networkServices: filter?.networkServices ?? [],
    ingress: (rules.get(`${session.filterId} ingress`) ?? []).map(mirroredRule),
    egress: (rules.get(`${session.filterId} egress`) ?? []).map(mirroredRule),
    targetId: session.targetId,
    target: balanced
      ? { kind: 'load-balancer', arn: target.loadBalancerArn }
      : { kind: 'interface', privateIp: destination?.privateIp ?? '' },
  }
}

/** Why AWS would mirror nothing; it goes on billing all the same (traffic mirroring guide, pricing and targets). */
function inactivity(state: State, session: MirrorSession, source: NetworkInterface): string | null {
  const instance = source.attachment && state.instances.get(source.attachment.instanceId)
  if (instance && instance.state !== 'running') return `instance ${instance.state}`
  const target = state.mirrorTargets.get(session.targetId)
  if (!target) return 'target deleted'
  if (target.kind === 'network-interface') {
    return state.networkInterfaces.get(target.networkInterfaceId) ? null : 'target interface deleted'
  }
  const balancer = state.loadBalancer(target.loadBalancerArn)
  if (!balancer) return 'target load balancer deleted'
  const listens = balancer.listeners.some(
    ({ protocol, port }) => port === VXLAN_PORT && (protocol === 'UDP' || protocol === 'TCP_UDP'),
  )
  return listens ? null : `no UDP listener on ${VXLAN_PORT}`
}

function mirroredRule(rule: MirrorRule): MirroredRule {
  const { sourcePorts, destinationPorts } = rule
  return {
    id: rule.id,
    number: rule.number,
    action: rule.action,
    protocol: rule.protocol,
    sourceCidr: rule.sourceCidr,
    destinationCidr: rule.destinationCidr,
    sourcePorts: sourcePorts && [sourcePorts.from, sourcePorts.to],
    destinationPorts: destinationPorts && [destinationPorts.from, destinationPorts.to],
  }
}

function mirroredLoadBalancer(state: State, balancer: LoadBalancerDeclaration): MirroredLoadBalancer {
  return {
    arn: balancer.arn,
    crossZone: balancer.crossZone ?? false,
    zones: balancer.zones.map(({ subnetId, privateIp }) => ({
      availabilityZone: state.subnet(subnetId)?.availabilityZone ?? '',
      privateIp,
    })),
    listeners: balancer.listeners.map(({ protocol, port, targetGroupArn }) => ({
      protocol,
      port,
      targetGroupArn,
      targets: state.targets
        .list()
        .filter((row) => row.groupArn === targetGroupArn)
        .map(
          (row): MirroredTarget => ({
            ip: addressOf(state, row.id),
            port: row.port,
            availabilityZone: row.availabilityZone ?? '',
            state: row.state,
          }),
        ),
    })),
  }
}

function addressOf(state: State, id: string): string {
  if (!id.startsWith('i-')) return id
  const primary = state.networkInterfaces
    .list()
    .find(({ attachment }) => attachment?.instanceId === id && attachment.deviceIndex === 0)
  return primary?.privateIp ?? ''
}
