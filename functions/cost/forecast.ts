import type { PriceTable } from '../prices/table.ts'
import { ledgerLines, meterSpend, spendOf } from './spend.ts'
import type { Usage } from './usage.ts'

/** What is seen now that will go on until the end. */
export type Pace = Readonly<{
  /** When mirroring began; null before. */
  mirroringSince: string | null
  endAt: string
}>

/**
 * Expected spend at the end in force: sessions and gateway tasks that run now go on, traffic goes on at its mean rate.
 * Never below what is spent already.
 */
export const forecastUsd = (usage: Usage, prices: PriceTable, pace: Pace, now: Date): number => {
  const spent = meterSpend(usage, prices, now).totalUsd
  const end = new Date(pace.endAt)
  if (end <= now) return spent
  const mirroredMs = pace.mirroringSince === null ? 0 : now.getTime() - Date.parse(pace.mirroringSince)
  const growth = mirroredMs > 0 ? 1 + (end.getTime() - now.getTime()) / mirroredMs : 1
  const seconds = (end.getTime() - now.getTime()) / 1000
  const atEnd: Usage = {
    ...usage,
    tasks: usage.tasks.map((task) => (task.running ? { ...task, seconds: task.seconds + seconds } : task)),
    volume: { packets: usage.volume.packets * growth, bytes: usage.volume.bytes * growth },
    standingSeconds: usage.standingSeconds + seconds,
  }
  return Math.max(spent, spendOf(ledgerLines(atEnd, prices, end, 'estimated'), 'estimated').totalUsd)
}
