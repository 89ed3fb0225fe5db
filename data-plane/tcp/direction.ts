import * as ethernet from '../wire/ethernet.ts'
import type { Packet } from '../wire/packet.ts'

/**
 * Which end of a connection serves, as far as its first packet says: the end with a service port. When both ends have
 * one, the end that is the mirrored ENI, which the packet's MAC addresses tell. Nothing else is an answer: an ENI also
 * asks others.
 */
export class Direction {
  ports: ReadonlySet<number> | null
  /** MAC addresses of the mirrored ENIs, as numbers, by VNI. */
  macs: ReadonlyMap<number, number>

  constructor(ports: ReadonlySet<number> | null, macs: ReadonlyMap<number, number>) {
    this.ports = ports
    this.macs = macs
  }

  /** Whether the packet touches a service port. */
  isWanted(p: Packet): boolean {
    const { ports } = this
    return ports === null || ports.has(p.destinationPort) || ports.has(p.sourcePort)
  }

  /** 0: the packet's sender, 1: its receiver, -1: unknown. */
  server(p: Packet): -1 | 0 | 1 {
    const { ports } = this
    if (ports === null) return -1
    const receiver = ports.has(p.destinationPort)
    const sender = ports.has(p.sourcePort)
    if (receiver !== sender) return receiver ? 1 : 0
    return receiver ? this.#eni(p) : -1
  }

  /** Which end is the ENI. */
  #eni(p: Packet): -1 | 0 | 1 {
    const mac = this.macs.get(p.vni)
    if (mac === undefined || p.frame === null) return -1
    const isReceiver = ethernet.destination(p.frame, p.frameStart) === mac
    const isSender = ethernet.source(p.frame, p.frameStart) === mac
    if (isReceiver === isSender) return -1
    return isReceiver ? 1 : 0
  }
}
