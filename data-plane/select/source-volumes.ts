import { addressNumber } from '../source/datagram-source.ts'
import type { Admission, SourceVolume } from './gate.ts'

type Sources = readonly { vni: number; address: string | null }[] | 'any'

/** No 32-bit number: nothing comes from it. */
const NO_ADDRESS = -1

/** What each source of an experiment has sent, by VNI; it goes on where it was when sources come and go. */
export class SourceVolumes {
  readonly #volumes = new Map<string, SourceVolume>()

  /** What lets a source’s packets in to `target`. @param until milliseconds since the epoch */
  admissions<Target>(
    target: Target,
    { sources, until }: { sources: Sources; until: number },
  ): { vni: number | 'any'; admission: Admission<Target> }[] {
    const admission = (vni: string, address: number | null): Admission<Target> => {
      const volume = this.#volumes.get(vni) ?? { packets: 0, bytes: 0 }
      this.#volumes.set(vni, volume)
      return { target, address, until, volume }
    }
    if (sources === 'any') return [{ vni: 'any', admission: admission('any', null) }]
    return sources.map(({ vni, address }) => ({
      vni,
      // An IPv6 address never equals the number of an IPv4 one: such a source is refused, not let in unchecked.
      admission: admission(String(vni), address === null ? null : (addressNumber(address) ?? NO_ADDRESS)),
    }))
  }

  snapshot(): Record<string, SourceVolume> {
    return Object.fromEntries([...this.#volumes].map(([vni, volume]) => [vni, { ...volume }]))
  }
}
