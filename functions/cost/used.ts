import type { Volume } from '../../contract/traffic.ts'
import { boundControl } from './control.ts'
import { taskSeconds } from './spend.ts'
import type { GatewaySize, Usage } from './usage.ts'

/**
 * The usage that an experiment’s own records add up to: the one reading that meter, budget and ledger share. A task
 * runs while it is among `running`.
 */
export const usedBy = (
  life: Readonly<{
    ticks: number
    standingSeconds: number
    crossAzShare: number
    metricsRead: number
    gatewaySize: GatewaySize
    recordDays: number | null
  }>,
  recording: Readonly<{ megabytes: number }> | undefined,
  sessions: readonly Readonly<{ createdAt: string | null; deletedAt: string | null }>[],
  tasks: readonly Readonly<{ task: string; seconds: number; volume: Volume }>[],
  running: ReadonlySet<string>,
): Usage => {
  const used = tasks.map(({ task, seconds }) => ({ seconds, running: running.has(task) }))
  return {
    sessions: sessions.flatMap(({ createdAt, deletedAt }) =>
      createdAt === null ? [] : [{ createdAt, deletedAt }],
    ),
    volume: tasks.reduce(
      (sum, { volume }) => ({ packets: sum.packets + volume.packets, bytes: sum.bytes + volume.bytes }),
      { packets: 0, bytes: 0 },
    ),
    tasks: used,
    gatewaySize: life.gatewaySize,
    crossAzShare: life.crossAzShare,
    control: boundControl({
      ticks: life.ticks,
      sessions: sessions.length,
      tasks: tasks.length,
      taskSeconds: taskSeconds(used),
      // As if somebody watched: one request a look.
      apiRequests: life.ticks,
      metricsRead: life.metricsRead,
    }),
    recording:
      recording === undefined || life.recordDays === null
        ? null
        : { megabytes: recording.megabytes, days: life.recordDays },
    standingSeconds: life.standingSeconds,
  }
}
