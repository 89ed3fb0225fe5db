import type { MirroredLoadBalancer, MirroredTarget } from '../aws/mirroring-snapshot.ts'
import { hash32 } from './hash.ts'

/** After this long without a packet the next one is a new flow, perhaps to another target. Not configurable at AWS. */
export const UDP_IDLE_MS = 120_000

export type Endpoint = Readonly<{ ip: string; port: number }>
export type Routed = Readonly<{ target: Endpoint; newFlow: boolean; zone: string }>

type FlowEntry = { target: Endpoint; usedAt: number }

/**
 * A network load balancer's way with UDP: a flow, by its 5-tuple, stays with one target while it is not idle, even when
 * that target turns unhealthy or drains; it moves when the target is gone.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/network/introduction.html
 */
export class UdpFlows {
  readonly #flows = new Map<string, FlowEntry>()

  /** Null when nothing listens on that UDP port or there is no target: the packet is lost without a word. */
  route(
    balancer: MirroredLoadBalancer,
    packet: { source: number; sourcePort: number; zone: string; port: number },
    now: number,
  ): Routed | null {
    const listener = balancer.listeners.find(
      ({ protocol, port }) => port === packet.port && (protocol === 'UDP' || protocol === 'TCP_UDP'),
    )
    const node = balancer.zones.find(({ availabilityZone }) => availabilityZone === packet.zone)
    const zone = (node ?? balancer.zones[0])?.availabilityZone ?? packet.zone
    const targets = listener?.targets.filter(
      (target) => balancer.crossZone || target.availabilityZone === zone || target.availabilityZone === 'all',
    )
    if (targets === undefined || targets.length === 0) return null

    const key = `${balancer.arn} ${packet.port} ${packet.source} ${packet.sourcePort}`
    const known = this.#flows.get(key)
    if (known && now - known.usedAt < UDP_IDLE_MS && targets.some((target) => same(target, known.target))) {
      known.usedAt = now
      return { target: known.target, newFlow: false, zone }
    }
    const candidates = eligible(targets)
    const chosen = candidates[hash32(packet.source, packet.sourcePort, packet.port) % candidates.length]
    if (!chosen) return null
    const target = { ip: chosen.ip, port: chosen.port }
    this.#flows.set(key, { target, usedAt: now })
    return { target, newFlow: true, zone }
  }
}

/** Healthy ones; with none healthy, all that are registered (fail open). In a fixed order, so that the hash is stable. */
const eligible = (targets: readonly MirroredTarget[]): MirroredTarget[] => {
  const healthy = targets.filter(({ state }) => state === 'healthy')
  const open = healthy.length > 0 ? healthy : targets.filter(({ state }) => state !== 'draining')
  return [...open].sort((a, b) => (a.ip === b.ip ? a.port - b.port : a.ip < b.ip ? -1 : 1))
}

const same = (a: Endpoint, b: Endpoint): boolean => a.port === b.port && a.ip === b.ip
