import type { GatewayReport, ShadowReport } from '../../contract/gateway-report.ts'
import type { Sketch } from '../../contract/sketch.ts'
import { VERSION } from '../../contract/version.ts'
import { requestCounts, zeroRequestCounters } from './request-counters.ts'
import type { ShadowSnapshot } from './shadow-tally.ts'
import { type Snapshot, totalVolume } from './snapshot.ts'

export type ReportedTask = {
  task: string
  startedAt: Date
  at: Date
  /** -1 before the first configuration. */
  revision: number
  draining: boolean
  /** Where other tasks ask it, if they can. */
  neighbourPort?: number
}

/**
 * An item of the table holds 400 KB: so many numbers of all sketches are about a quarter of it. Without bound the
 * experiments that a task has ever run would end its reports, and with them the control plane's meter.
 */
const SKETCH_NUMBERS_MAX = 20_000

/** What this task tells the control plane: the snapshot in the contract's words, the latest experiments' sketches in it. */
export const buildReport = (snapshot: Snapshot, about: ReportedTask): GatewayReport => {
  let room = SKETCH_NUMBERS_MAX
  const sketches = ({ latency, lag }: Sketches): Sketches | null => {
    if (latency.length + lag.length > room) return null
    room -= latency.length + lag.length
    return { latency, lag }
  }
  // Those that are over come first in a snapshot.
  const experiments = Object.entries(snapshot.experiments)
    .reverse()
    .map(([id, experiment]): [string, GatewayReport['experiments'][string]] => [
      id,
      {
        volume: totalVolume(experiment.sources),
        requests: requestCounts(experiment.requests, experiment.copies),
        redacted: experiment.redacted,
        heldBack: experiment.heldBack,
        ...(Object.keys(experiment.recorded).length > 0 && { recorded: experiment.recorded }),
        gapBytes: experiment.gapBytes,
        cut: experiment.cut,
        packets: withoutZeroes(experiment.packets),
        payload: {
          received: experiment.bytes.received ?? 0,
          unreadable: (experiment.bytes.ignored ?? 0) + (experiment.bytes.skipped ?? 0),
          truncatedPackets: experiment.truncated,
          protocols: experiment.protocols,
        },
        sources: experiment.sources,
        ...sketches(experiment),
        ...(Object.keys(experiment.shadows).length > 1 && {
          shadows: shadowReports(experiment.shadows, sketches),
        }),
      },
    ])
  return {
    task: about.task,
    version: VERSION,
    startedAt: about.startedAt.toISOString(),
    at: about.at.toISOString(),
    revision: about.revision,
    draining: about.draining,
    ...(about.neighbourPort !== undefined && { neighbourPort: about.neighbourPort }),
    datagrams: datagramCounts(snapshot),
    experiments: Object.fromEntries(experiments.reverse()),
  }
}

type Sketches = { latency: Sketch; lag: Sketch }

/** Each of several shadows in the contract's words. */
export const shadowReports = (
  shadows: Record<string, ShadowSnapshot>,
  sketches: (shadow: Sketches) => Sketches | null,
): Record<string, ShadowReport> =>
  Object.fromEntries(
    Object.entries(shadows).map(([name, shadow]) => [
      name,
      { requests: requestCounts(shadow.requests, zeroRequestCounters()), ...sketches(shadow) },
    ]),
  )

/** Datagrams by outcome; the kernel's drops and the times the ring was full beside them. */
export const datagramCounts = ({
  datagrams,
  kernelOverflow,
  ringFull,
}: Snapshot): Record<string, number> => ({
  ...datagrams,
  ...(kernelOverflow !== null && { kernel_overflow: kernelOverflow }),
  ring_full: ringFull,
})

const withoutZeroes = (counts: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
