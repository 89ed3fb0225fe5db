import { usdPerGb } from '../../contract/money.ts'
import type { Plan } from '../../contract/plan.ts'
import type { Volume } from '../../contract/traffic.ts'
import type { Flow } from '../experiments/headroom.ts'
import type { PriceTable } from '../prices/table.ts'
import { type Affordable, canAfford, dollars, marginalUsdPerGb } from './budget.ts'
import { boundControl } from './control.ts'
import type { CrossAz } from './cross-az.ts'
import { KILL_GRACE_SECONDS, stopSeconds } from './hours.ts'
import { type AssumedPeak, assumedPeak } from './peak.ts'
import type { RecordingUse } from './records.ts'
import { ledgerLines, OUTER_BYTES_PER_PACKET, spendOf } from './spend.ts'
import type { GatewaySize, Usage } from './usage.ts'

/** What an experiment would have to do with. */
export type Undertaking = Readonly<{
  startAt: Date
  endAt: Date
  /** Bytes per second that each source can send at most. */
  capacities: readonly number[]
  /** Bytes per second of all sources together as they were measured; null where nothing is known. */
  expected: Flow | null
  /** What the filter takes of it, as flow logs tell; null where they do not. It makes the estimate, never the reserve. */
  filtered: Flow | null
  crossAz: CrossAz
  gateways: number
  gatewaySize: GatewaySize
  budgetUsd: number
  /** What the limit is called. */
  budgetName: string
  /** Seconds between two looks at the budget, and how late the second may be. */
  tickSeconds: number
  lateSeconds: number
  /** Longest time that packets flow if nobody looks: the dead-man lease and the precision of its schedule. */
  leaseSeconds: number
  /** Age that the newest reading of the traffic can have at a look. */
  reportSeconds: number
  /** Seconds from the first gateway task’s start to the first mirrored packet. */
  preparingSeconds: number
  /** Metrics that a look may ask CloudWatch for at most. */
  metricsPerLook: number
  /** Null: nothing is recorded. */
  recording: RecordingUse | null
}>

export type Estimate = Readonly<{
  estimate: Plan['estimate']
  reserveUsd: number
  overshootUsd: number
  peak: AssumedPeak
  /** Whether the budget affords to begin at all. */
  start: Affordable
  /** Whether the budget pays the whole window before any traffic; else one sentence. */
  windowProblem: string | null
}>

/** Both lines that grow with traffic begin a micro-dollar at most. */
const ROUNDED_UP_USD = 2e-6

/** Assumed while nothing is known about the sources’ traffic. */
const QUIET_BYTES_PER_SECOND = 125_000
const QUIET_PACKET_BYTES = 300
const BUSY_PACKET_BYTES = 1500

/** A schedule fires up to 60 seconds late (EventBridge Scheduler user guide, schedule types). */
const SCHEDULE_PRECISION_SECONDS = 60

const volumeOf = (outerBytes: number, packetBytes: number): Volume => {
  const packets = Math.floor(outerBytes / (packetBytes + OUTER_BYTES_PER_PACKET))
  return { packets, bytes: packets * packetBytes }
}

const NOTHING: Volume = { packets: 0, bytes: 0 }

/** The window, the seconds around it included. */
const seconds = (u: Undertaking): number => (u.endAt.getTime() - u.startAt.getTime()) / 1000

const usageAtEnd = (u: Undertaking, volume: Volume, sessionSeconds: number): Usage => {
  const taskSeconds = u.preparingSeconds + sessionSeconds
  const startAt = u.startAt.toISOString()
  const deletedAt = new Date(u.startAt.getTime() + sessionSeconds * 1000).toISOString()
  return {
    sessions: u.capacities.map(() => ({ createdAt: startAt, deletedAt })),
    volume,
    tasks: Array.from({ length: u.gateways }, () => ({ seconds: taskSeconds, running: false })),
    gatewaySize: u.gatewaySize,
    crossAzShare: u.crossAz.share,
    control: boundControl({
      ticks: Math.ceil(taskSeconds / u.tickSeconds),
      sessions: u.capacities.length,
      tasks: u.gateways,
      taskSeconds: taskSeconds * u.gateways,
      apiRequests: 10,
      metricsRead: Math.ceil(taskSeconds / u.tickSeconds) * u.metricsPerLook,
    }),
    recording: u.recording,
    standingSeconds: taskSeconds,
  }
}

/** What an experiment would cost, how much of its budget is kept back, and what could still be spent past it. */
export const estimate = (u: Undertaking, prices: PriceTable): Estimate => {
  const stop = stopSeconds(u.capacities.length)
  const unseenSeconds = u.leaseSeconds + stop + u.reportSeconds
  const reach = { capacities: u.capacities, maximum: u.expected?.peak ?? null }
  const peak = assumedPeak(reach, unseenSeconds, u.budgetUsd, u.crossAz.share, prices)
  const after = (volume: Volume, late = 0) => {
    const used = usageAtEnd(u, volume, seconds(u) + stop + late)
    const end = new Date(u.startAt.getTime() + (seconds(u) + stop + late) * 1000)
    return spendOf(ledgerLines(used, prices, end, 'estimated'), 'estimated')
  }
  const perByte = marginalUsdPerGb(prices, u.crossAz.share) / 1e9
  const fixedUsd = after(NOTHING).totalUsd
  /** Sessions that only their kill schedules end. */
  const killedUsd = after(NOTHING, KILL_GRACE_SECONDS + SCHEDULE_PRECISION_SECONDS).totalUsd

  const { average, busiest, because } = trafficOf(u, peak)
  const left = Math.max(0, u.budgetUsd - fixedUsd - ROUNDED_UP_USD)
  const most = Math.min(busiest * seconds(u), left / perByte)
  const lowVolume = volumeOf(Math.min(average * seconds(u), most), QUIET_PACKET_BYTES)
  const highVolume = volumeOf(most, BUSY_PACKET_BYTES)
  const low = after(lowVolume)
  const high = after(highVolume)
  const perGb = [usdPerGb(low.totalUsd, lowVolume.bytes), usdPerGb(high.totalUsd, highVolume.bytes)].filter(
    (usd) => usd !== null,
  )

  const start = canAfford(
    usageAtStart(u),
    prices,
    u.budgetUsd,
    {
      now: u.startAt,
      nextLook: new Date(u.startAt.getTime() + (u.tickSeconds + u.lateSeconds) * 1000),
      endAt: u.endAt,
      packetsUntil: new Date(u.startAt.getTime() + u.leaseSeconds * 1000),
      stopSeconds: stop,
      newSessions: u.capacities.length,
      tasks: u.gateways,
      metricsPerLook: u.metricsPerLook,
      peakBytesPerSecond: peak.bytesPerSecond,
      knownUntil: new Date(u.startAt.getTime() - u.reportSeconds * 1000),
    },
    u.budgetName,
  )

  return {
    estimate: {
      lowUsd: low.totalUsd,
      highUsd: Math.max(low.totalUsd, high.totalUsd),
      low: low.lines,
      high: high.totalUsd >= low.totalUsd ? high.lines : low.lines,
      lowUsdPerGb: perGb.length > 0 ? Math.min(...perGb) : null,
      highUsdPerGb: perGb.length > 0 ? Math.max(...perGb) : null,
      assumptions: [
        `${u.capacities.length} mirror session${u.capacities.length === 1 ? '' : 's'}, begun hours owed whole; ` +
          `${u.gateways} gateway task${u.gateways === 1 ? '' : 's'} of ${u.gatewaySize.vcpus} vCPU and ${u.gatewaySize.memoryGb} GB, ` +
          `${Math.round(u.preparingSeconds)} s of preparation included`,
        ...because,
        peak.because,
        u.crossAz.because,
        ...(u.recording === null
          ? []
          : [
              `all ${u.recording.megabytes} MB that it may record, unpacked, kept in S3 for ${u.recording.days} days`,
            ]),
        'the load balancer’s own hours are standing cost and not in here; the shadow’s own cost is not known',
      ],
    },
    reserveUsd: start.worstCaseUsd,
    overshootUsd: overshoot(u, prices, {
      peak,
      unseenSeconds,
      startUsd: start.spentUsd + start.committedUsd,
      fixedUsd: killedUsd,
    }),
    peak,
    start,
    windowProblem:
      killedUsd + start.worstCaseUsd <= u.budgetUsd
        ? null
        : `The whole window may cost ${dollars(killedUsd)} before any traffic and keeps ${dollars(start.worstCaseUsd)} back for ` +
          `the worst case: with ${u.budgetName} it will end early.`,
  }
}

/** What was measured, as all of it was in the filter; else what is assumed. */
const trafficOf = (
  { expected, filtered, capacities }: Undertaking,
  peak: AssumedPeak,
): { average: number; busiest: number; because: string[] } => {
  const packets = {
    low: `packets of ${QUIET_PACKET_BYTES} bytes`,
    high: `packets of ${BUSY_PACKET_BYTES} bytes`,
  }
  return expected === null
    ? {
        average: QUIET_BYTES_PER_SECOND * capacities.length,
        busiest: peak.bytesPerSecond,
        because: [
          `low: 1 Mbit/s of mirrored traffic per source, in ${packets.low}: nothing is known of the sources’ traffic yet`,
          `high: the worst-case rate below for the whole window, or what the budget allows, in ${packets.high}`,
        ],
      }
    : {
        average: (filtered ?? expected).average,
        busiest: Math.min(
          peak.bytesPerSecond,
          Math.max((filtered ?? expected).peak, (filtered ?? expected).average),
        ),
        because: [
          `low: the sources’ average of up to 14 days, in ${packets.low}; ${
            filtered === null
              ? 'all their ports count, so that it may be less'
              : 'of it the share that flow logs show on the mirrored ports'
          }`,
          `high: their busiest five minutes for the whole window, or what the budget allows, in ${packets.high}${
            filtered === null ? '' : '; of it the same share'
          }`,
        ],
      }
}

const usageAtStart = (u: Undertaking): Usage => ({
  ...usageAtEnd(u, NOTHING, 0),
  sessions: [],
  tasks: [],
  standingSeconds: 0,
})

/**
 * Past the budget, if the control plane dies right after it said yes and traffic jumps to the sources’ capacity at that
 * moment: sessions and gateways run until their own schedules end them, packets until the lease. Never more than what
 * the whole window at capacity would cost beyond the budget.
 */
const overshoot = (
  u: Undertaking,
  prices: PriceTable,
  known: { peak: AssumedPeak; unseenSeconds: number; startUsd: number; fixedUsd: number },
): number => {
  const perByte = marginalUsdPerGb(prices, u.crossAz.share) / 1e9
  const capacity = u.capacities.reduce((sum, bytes) => sum + bytes, 0)
  const runsOn = Math.max(0, known.fixedUsd - known.startUsd)
  const abovePeak = Math.max(0, capacity - known.peak.bytesPerSecond) * known.unseenSeconds * perByte
  const everything = known.fixedUsd + capacity * (seconds(u) + known.unseenSeconds) * perByte
  return Math.max(0, Math.min(runsOn + abovePeak, everything - u.budgetUsd))
}
