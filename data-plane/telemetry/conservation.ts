import { REQUEST_REASONS, SHADOW_RESULTS } from '../../contract/traffic.ts'
import type { RequestCounters } from './request-counters.ts'
import { type Snapshot, totalVolume } from './snapshot.ts'

/**
 * The conservation law: every datagram, packet, payload byte and request is in exactly one counter. Says each equation that does not
 * hold, with its numbers; holds at any moment between two datagrams.
 */
export const violations = (snapshot: Snapshot): string[] => {
  const found: string[] = []
  const equal = (what: string, left: number, right: number) => {
    if (left !== right) found.push(`${what}: ${left} ≠ ${right}`)
  }
  equal('datagrams received = sum of their outcomes', snapshot.received, sum(snapshot.datagrams))

  let packets = 0
  for (const [id, experiment] of Object.entries(snapshot.experiments)) {
    const volume = totalVolume(experiment.sources)
    packets += volume.packets
    equal(
      `${id}: packets of all sources = sum of what became of them`,
      volume.packets,
      sum(experiment.packets),
    )
    const { received = 0, gap: _, ...places } = experiment.bytes
    equal(`${id}: payload bytes = sum of what became of them`, received, sum(places))
    const counted: Record<string, RequestCounters> = {
      requests: experiment.requests,
      copies: experiment.copies,
    }
    for (const [name, { requests }] of Object.entries(experiment.shadows)) counted[`${name}'s`] = requests
    for (const [what, { seen, waiting, forwarded, inFlight, refused, shadow }] of Object.entries(counted)) {
      const refusedSum = REQUEST_REASONS.reduce((total, reason) => total + refused[reason], 0)
      const answered = SHADOW_RESULTS.reduce((total, result) => total + shadow[result], 0)
      equal(`${id}: ${what} seen = waiting + forwarded + refused`, seen, waiting + forwarded + refusedSum)
      equal(`${id}: ${what} forwarded = in flight + results`, forwarded, inFlight + answered)
    }
  }
  equal('datagrams accepted = packets of all experiments', snapshot.datagrams.accepted, packets)
  return found
}

const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)
