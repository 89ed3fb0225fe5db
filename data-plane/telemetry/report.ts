import type { GatewayReport, ShadowReport } from '../../contract/gateway-report.ts'
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
}

/** What this task tells the control plane: the snapshot in the contract's words. */
export const buildReport = (snapshot: Snapshot, about: ReportedTask): GatewayReport => ({
  task: about.task,
  startedAt: about.startedAt.toISOString(),
  at: about.at.toISOString(),
  revision: about.revision,
  draining: about.draining,
  datagrams: datagramCounts(snapshot),
  experiments: Object.fromEntries(
    Object.entries(snapshot.experiments).map(([id, experiment]) => [
      id,
      {
        volume: totalVolume(experiment.sources),
        requests: requestCounts(experiment.requests, experiment.copies),
        gapBytes: experiment.gapBytes,
        packets: withoutZeroes(experiment.packets),
        sources: experiment.sources,
        latency: experiment.latency,
        lag: experiment.lag,
        ...(Object.keys(experiment.shadows).length > 1 && { shadows: shadowReports(experiment.shadows) }),
      },
    ]),
  ),
})

/** Each of several shadows in the contract's words. */
export const shadowReports = (shadows: Record<string, ShadowSnapshot>): Record<string, ShadowReport> =>
  Object.fromEntries(
    Object.entries(shadows).map(([name, { requests, latency, lag }]) => [
      name,
      { requests: requestCounts(requests, zeroRequestCounters()), latency, lag },
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
