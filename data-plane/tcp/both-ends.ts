import type { Packet } from '../wire/packet.ts'

/** No VNI: two sources have the address, so that it says nothing. */
const AMBIGUOUS = -1

/**
 * Which copy is read of a connection between two sources that are both mirrored whole: that of the ENI with the lower VNI.
 * Both copies come from different outer addresses, so that the load balancer and the kernel may give them to different
 * tasks and workers; this rule needs nothing but the configuration, so that all of them agree.
 */
export class BothEnds {
  readonly #vnis = new Map<number, number>()

  /** IPv4 addresses as unsigned numbers. */
  constructor(sources: Iterable<{ vni: number; address: number }>) {
    for (const { vni, address } of sources)
      this.#vnis.set(address, (this.#vnis.get(address) ?? vni) === vni ? vni : AMBIGUOUS)
  }

  /** Whether this packet is the copy that is not read. */
  isOther(p: Packet): boolean {
    if (this.#vnis.size < 2 || p.family !== 4) return false
    const sender = this.#vnis.get(p.source0 >>> 0) ?? AMBIGUOUS
    const receiver = this.#vnis.get(p.destination0 >>> 0) ?? AMBIGUOUS
    if (sender === AMBIGUOUS || receiver === AMBIGUOUS || sender === receiver) return false
    return p.vni === Math.max(sender, receiver)
  }
}

export const NOT_AT_BOTH_ENDS = new BothEnds([])
