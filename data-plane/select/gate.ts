import { HEADER_LENGTH, hasVni, isLongEnough, vni } from '../wire/vxlan.ts'

/** Every datagram is in exactly one of these. */
export const DATAGRAM_OUTCOMES = [
  'accepted',
  'too_short',
  'not_vxlan',
  'not_geneve',
  'geneve_fragment',
  'geneve_other',
  'unknown_vni',
  'wrong_source',
  'ended',
] as const
export type DatagramOutcome = (typeof DATAGRAM_OUTCOMES)[number]
export type DatagramCounters = Record<DatagramOutcome, number>

export const zeroDatagrams = (): DatagramCounters => ({
  accepted: 0,
  too_short: 0,
  not_vxlan: 0,
  not_geneve: 0,
  geneve_fragment: 0,
  geneve_other: 0,
  unknown_vni: 0,
  wrong_source: 0,
  ended: 0,
})

/** What one source has sent: packets and the bytes of their inner Ethernet frames. */
export type SourceVolume = { packets: number; bytes: number }

/** An ENI whose packets count now. */
export type Admission<Target> = {
  readonly target: Target
  /** The ENI's address as a number: packets of its VNI count from there only. Null admits any address. */
  readonly address: number | null
  /** Milliseconds since the epoch; packets received later do not count. */
  readonly until: number
  readonly volume: SourceVolume
}

/**
 * Decides which datagrams are read at all: anyone in the VPC can send to UDP 4789, so only an active VNI counts, and
 * only from the address of its ENI.
 */
export class Gate<Target> {
  readonly counters: DatagramCounters = zeroDatagrams()
  #byVni: ReadonlyMap<number, Admission<Target>> = new Map()
  #others: Admission<Target> | null = null

  /** @param others what a VNI that is not listed counts for, if anything */
  admitOnly(byVni: ReadonlyMap<number, Admission<Target>>, others: Admission<Target> | null = null): void {
    this.#byVni = byVni
    this.#others = others
  }

  /** The datagram's admission, its volume counted, or null with the reason counted. */
  admit(
    buffer: Buffer,
    offset: number,
    length: number,
    source: number,
    at: number,
  ): Admission<Target> | null {
    if (!isLongEnough(length)) {
      this.counters.too_short++
      return null
    }
    if (!hasVni(buffer, offset)) {
      this.counters.not_vxlan++
      return null
    }
    const admission = this.#byVni.get(vni(buffer, offset)) ?? this.#others
    if (admission === null) {
      this.counters.unknown_vni++
      return null
    }
    if (admission.address !== null && admission.address !== source) {
      this.counters.wrong_source++
      return null
    }
    if (at >= admission.until) {
      this.counters.ended++
      return null
    }
    this.counters.accepted++
    admission.volume.packets++
    admission.volume.bytes += length - HEADER_LENGTH
    return admission
  }
}
