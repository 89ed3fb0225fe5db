import type { ExperimentSpec } from '../../contract/experiment.ts'

/** Bytes per second that an instance received or sent: on average, and in the busiest five minutes. */
export type Flow = Readonly<{ average: number; peak: number }>

/** What CloudWatch knows of an instance’s traffic; null where it knows nothing yet. */
export type InstanceTraffic = Readonly<{
  in: Flow
  out: Flow
  /** Packets per second; null where CloudWatch knows bytes only. */
  packets: Readonly<{ in: Flow; out: Flow }> | null
  from: Date
}> | null

/** What mirroring would take of an instance’s network at its busiest, in bits per second. */
export type Headroom = Readonly<{
  peakBps: number
  mirroredBps: number
  baselineBps: number
  /** Of the baseline: production’s peak and the copies together. */
  share: number
}>

/** Beyond this share of the baseline bandwidth an experiment must say that it means it. */
export const HEADROOM_MAX = 0.7

/**
 * Copies count against the instance’s bandwidth (traffic mirroring guide), and production’s own packets come first. The
 * measure is the baseline: what an instance may burst to is not there for ever. All ports count, so that it is an upper
 * bound for a filter that mirrors some.
 */
export const headroomOf = (
  traffic: InstanceTraffic,
  directions: ExperimentSpec['traffic']['directions'],
  baselineBps: number,
): Headroom | null => {
  if (traffic === null || baselineBps === 0) return null
  const peakBps = 8 * (traffic.in.peak + traffic.out.peak)
  const mirroredBps = 8 * (traffic.in.peak + (directions === 'both' ? traffic.out.peak : 0))
  return { peakBps, mirroredBps, baselineBps, share: (peakBps + mirroredBps) / baselineBps }
}

const mbits = (bps: number): string => `${Number((bps / 1e6).toPrecision(3))} Mbit/s`

/** One sentence with the numbers; null where there is room enough. */
export const tooLittle = (instance: string, room: Headroom): string | null =>
  room.share <= HEADROOM_MAX
    ? null
    : `${instance}: its busiest five minutes of 14 days, ${mbits(room.peakBps)}, and ${mbits(room.mirroredBps)} of copies ` +
      `are ${Math.round(100 * room.share)} % of its network’s baseline of ${mbits(room.baselineBps)}; ` +
      `above ${100 * HEADROOM_MAX} % packets may be lost, copies first.`
