import type { GatewayReport } from '../../contract/gateway-report.ts'
import { requestCounts } from './request-counters.ts'
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
      },
    ]),
  ),
})

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
