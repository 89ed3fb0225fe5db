import { addUsd, owed } from '../../contract/money.ts'
import type { PriceTable } from '../prices/table.ts'
import { addControl, boundControl } from './control.ts'
import { flowNlcuHours, ledgerLines, spendOf } from './spend.ts'
import { HOUR_MS, type SessionUse, type TaskUse, type Usage } from './usage.ts'

/** What may happen between now and the moment everything would really be gone if the next look says no. */
export type Outlook = Readonly<{
  now: Date
  /** When the budget is asked next. */
  nextLook: Date
  /** End in force: nothing new is opened after it. */
  endAt: Date
  /** Until when packets can flow if nobody looks again: the dead-man lease after this look renewed it, and its precision. */
  packetsUntil: Date
  /** Seconds from a no until the last session is deleted and the last gateway task is gone: see stopSeconds. */
  stopSeconds: number
  /**
   * When kill schedules would have deleted the last session at the latest. From the last look before the end on, the
   * hours that they could open are kept free.
   */
  killedBy?: Date
  /** Sessions that this look would create, or has intended and may have created. Each owes its first hour at once. */
  newSessions: number
  /** Gateway tasks wanted from now on. */
  tasks: number
  /** Metrics that a look may ask CloudWatch for at most. */
  metricsPerLook: number
  /** Fastest the mirrored bytes can come, outer headers included: see assumedPeak. */
  peakBytesPerSecond: number
  /** Use is known up to here: the oldest of the running gateways’ last reports; now when nothing is mirrored yet. */
  knownUntil: Date
  /** Rate between the last two looks, outer headers included. Above the assumed peak, twice this rate is the worst case. */
  observedBytesPerSecond?: number
}>

export type Affordable = Readonly<{
  affordable: boolean
  /** Spent until now, begun hours whole. */
  spentUsd: number
  /** Sure to be spent before everything could be gone: hours that open, gateway seconds, our own calls. */
  committedUsd: number
  /** Traffic at the assumed peak until packets surely stop. */
  worstCaseUsd: number
  /** One sentence with the numbers. */
  reason: string
}>

/** Dollars per GB (outer headers included) that mirroring one more GB costs. */
export const marginalUsdPerGb = ({ prices }: PriceTable, crossAzShare: number): number =>
  prices['nlcu-hour'].usd + 2 * crossAzShare * prices['cross-az-gb'].usd

/** Dollars for people: cents, or three digits where cents would hide too much. */
export const dollars = (usd: number): string =>
  usd === 0 || usd >= 1
    ? `$${usd.toFixed(2)}`
    : `$${usd >= 0.0001 ? Number(usd.toPrecision(3)) : usd.toFixed(6)}`

/**
 * Can the experiment be here until the next look? Spent + committed + worst case must not pass the budget; if it would,
 * the experiment ends now as over-budget, before the budget is passed.
 */
export const canAfford = (
  usage: Usage,
  prices: PriceTable,
  budgetUsd: number,
  outlook: Outlook,
  /** What the limit is called where it is not the experiment’s own. */
  name = `the budget of ${dollars(budgetUsd)}`,
): Affordable => {
  const { now } = outlook
  const spentUsd = spendOf(ledgerLines(usage, prices, now)).totalUsd
  const isLast = outlook.nextLook >= outlook.endAt
  const gone = new Date(
    Math.max(
      Math.max(now.getTime(), Math.min(outlook.nextLook.getTime(), outlook.endAt.getTime())) +
        outlook.stopSeconds * 1000,
      isLast ? (outlook.killedBy?.getTime() ?? 0) : 0,
    ),
  )
  // At the end it is the next look that stops the gateways.
  const stopped = new Date(Math.max(gone.getTime(), outlook.nextLook.getTime() + outlook.stopSeconds * 1000))
  const committedUsd = addUsd(
    spendOf(ledgerLines(later(usage, outlook, stopped), prices, gone)).totalUsd,
    -spentUsd,
  )

  const packetsUntil = Math.max(gone.getTime(), outlook.packetsUntil.getTime())
  const unknownSeconds = Math.max(0, packetsUntil - outlook.knownUntil.getTime()) / 1000
  const sessions = usage.sessions.filter(({ deletedAt }) => deletedAt === null).length + outlook.newSessions
  const observed = outlook.observedBytesPerSecond ?? 0
  const peak = observed > outlook.peakBytesPerSecond ? 2 * observed : outlook.peakBytesPerSecond
  const worstCaseUsd = addUsd(
    owed((peak * unknownSeconds) / 1e9, marginalUsdPerGb(prices, usage.crossAzShare)),
    owed(
      flowNlcuHours((sessions * (packetsUntil - gone.getTime())) / HOUR_MS),
      prices.prices['nlcu-hour'].usd,
    ),
  )

  const total = addUsd(spentUsd, committedUsd, worstCaseUsd)
  const affordable = total <= budgetUsd
  return {
    affordable,
    spentUsd,
    committedUsd,
    worstCaseUsd,
    reason:
      `Going on could cost ${dollars(total)} by ${new Date(packetsUntil).toISOString().slice(11, 19)} UTC ` +
      `(${dollars(spentUsd)} spent, ${dollars(committedUsd)} committed with begun session-hours whole, ` +
      `${dollars(worstCaseUsd)} of traffic at worst), ${affordable ? 'within' : 'more than'} ${name}.`,
  }
}

/** The usage when the gateways have stopped: what runs goes on, what is wanted has begun. */
const later = (usage: Usage, outlook: Outlook, stopped: Date): Usage => {
  const at = outlook.now.toISOString()
  const opened: SessionUse[] = Array.from({ length: outlook.newSessions }, () => ({
    createdAt: at,
    deletedAt: null,
  }))
  const seconds = Math.max(0, stopped.getTime() - outlook.knownUntil.getTime()) / 1000
  const running = usage.tasks.filter((task) => task.running).length
  const started: TaskUse[] = Array.from({ length: Math.max(0, outlook.tasks - running) }, () => ({
    seconds,
    running: true,
  }))
  const tasks = Math.max(outlook.tasks, running)
  return {
    ...usage,
    // The first packet makes the flows of the whole time count.
    volume: { ...usage.volume, packets: Math.max(1, usage.volume.packets) },
    sessions: [...usage.sessions, ...opened],
    tasks: [
      ...usage.tasks.map((task) => (task.running ? { ...task, seconds: task.seconds + seconds } : task)),
      ...started,
    ],
    control: addControl(
      usage.control,
      boundControl({
        ticks: 2,
        sessions: usage.sessions.length + outlook.newSessions,
        tasks,
        taskSeconds: seconds * tasks,
        apiRequests: 2,
        metricsRead: 2 * outlook.metricsPerLook,
      }),
    ),
  }
}
