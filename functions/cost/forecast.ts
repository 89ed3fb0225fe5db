import type { Volume } from '../../contract/traffic.ts'
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
  const seconds = mirroredMs / 1000
  const rate = (total: number): number => (seconds > 0 ? total / seconds : 0)
  const onwards = {
    end,
    more: 0,
    perSecond: { packets: rate(usage.volume.packets), bytes: rate(usage.volume.bytes) },
  }
  return Math.max(spent, projected(usage, prices, onwards, now).usd)
}

/** What is to go on from now. */
export type Onwards = Readonly<{
  end: Date
  /** Sessions that begin now, beside those that run. */
  more: number
  /** Mirrored in all. */
  perSecond: Volume
}>

/** What will have been spent and mirrored by the end if sessions and gateway tasks that run go on, and traffic comes like that. */
export const projected = (
  usage: Usage,
  prices: PriceTable,
  { end, more, perSecond }: Onwards,
  now: Date,
): { usd: number; bytes: number } => {
  const seconds = Math.max(0, end.getTime() - now.getTime()) / 1000
  const createdAt = now.toISOString()
  const atEnd: Usage = {
    ...usage,
    sessions: [...usage.sessions, ...Array.from({ length: more }, () => ({ createdAt, deletedAt: null }))],
    tasks: usage.tasks.map((task) => (task.running ? { ...task, seconds: task.seconds + seconds } : task)),
    volume: {
      packets: usage.volume.packets + perSecond.packets * seconds,
      bytes: usage.volume.bytes + perSecond.bytes * seconds,
    },
    standingSeconds: usage.standingSeconds + seconds,
  }
  const usd = spendOf(ledgerLines(atEnd, prices, end, 'estimated'), 'estimated').totalUsd
  return { usd, bytes: atEnd.volume.bytes }
}
