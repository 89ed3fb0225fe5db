import type { Direction } from '../../data-plane/wire/conversation.ts'
import { vxlanPayload } from '../../data-plane/wire/emit.ts'
import type { MirroredLoadBalancer, MirroredSession, MirroringSnapshot } from '../aws/mirroring-snapshot.ts'
import type { Flow } from './flow.ts'
import { toNumber } from './ipv4.ts'
import { type Endpoint, UdpFlows } from './load-balancer.ts'
import type { Meter } from './meter.ts'
import { bySource, type CompiledSession, chooseSession } from './session-choice.ts'
import { outerSourcePort, type SourcePorts } from './source-port.ts'
import { truncate } from './truncate.ts'

/** IANA's port for VXLAN, where AWS sends mirrored packets. */
export const VXLAN_PORT = 4789

/** Where the copies of one flow in one direction go, worked out once per revision. */
export type Route = Readonly<{
  session: MirroredSession
  direction: Direction
  from: Endpoint
}>

/** Sends one datagram from the interface's own address; false when the system has no room for it now. */
export type Send = (from: Endpoint, to: Endpoint, payload: Buffer) => boolean

/**
 * VPC Traffic Mirroring from the interface to the load balancer's target: which session takes a packet, how much of it,
 * and where to. Nothing is mirrored before the first `update`.
 */
export class Mirror {
  readonly #send: Send
  readonly #meter: Meter
  readonly #now: () => number
  readonly #flows = new UdpFlows()
  #sources = new Map<string, CompiledSession[]>()
  #loadBalancers = new Map<string, MirroredLoadBalancer>()
  #ports: SourcePorts = { symmetric: true, min: 65_408, max: 65_535 }
  /** Changes with every update: a route is good for one revision. */
  revision = 0

  constructor(options: { send: Send; meter: Meter; now: () => number }) {
    this.#send = options.send
    this.#meter = options.meter
    this.#now = options.now
  }

  /** Null: nothing is known about sessions, nothing is mirrored. */
  update(snapshot: MirroringSnapshot | null): void {
    this.revision += 1
    this.#sources = bySource(snapshot?.sessions ?? [])
    this.#loadBalancers = new Map(snapshot?.loadBalancers.map((balancer) => [balancer.arn, balancer]))
    if (snapshot) {
      const { sourcePortSymmetry, sourcePortMin, sourcePortMax } = snapshot.switches
      this.#ports = { symmetric: sourcePortSymmetry, min: sourcePortMin, max: sourcePortMax }
    }
  }

  /** Null when no session's filter accepts packets of this flow in this direction. */
  route(networkInterface: string, direction: Direction, flow: Flow): Route | null {
    const sessions = this.#sources.get(networkInterface)
    const session = sessions ? chooseSession(sessions, direction, flow) : null
    if (!session) return null
    return {
      session,
      direction,
      from: { ip: session.privateIp, port: outerSourcePort(flow, this.#ports) },
    }
  }

  /** Sends a copy of a frame on its way. */
  copy(route: Route, frame: Buffer): void {
    const { session, direction, from } = route
    const kept = truncate(session, frame)
    const instance = session.instanceId ?? session.networkInterfaceId
    const payload = vxlanPayload(session.virtualNetworkId, kept)
    if (session.target.kind === 'interface') {
      this.#count(
        instance,
        direction,
        kept.length,
        this.#send(from, { ip: session.target.privateIp, port: VXLAN_PORT }, payload),
      )
      return
    }
    const balancer = this.#loadBalancers.get(session.target.arn)
    const packet = {
      source: toNumber(from.ip),
      sourcePort: from.port,
      zone: session.availabilityZone,
      port: VXLAN_PORT,
    }
    const routed = balancer ? this.#flows.route(balancer, packet, this.#now()) : null
    const sent = routed === null || this.#send(from, routed.target, payload)
    this.#count(instance, direction, kept.length, sent)
    if (balancer && routed && sent)
      this.#meter.processed(balancer.arn, routed.zone, kept.length, routed.newFlow)
  }

  #count(instance: string, direction: Direction, length: number, sent: boolean): void {
    if (sent) this.#meter.mirrored(instance, direction, length)
    else this.#meter.skipped(instance, direction, length)
  }
}
