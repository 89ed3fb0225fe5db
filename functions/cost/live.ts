import type { MeterPoint } from '../../contract/meter.ts'
import { COST_LINES, usdPerGb } from '../../contract/money.ts'

/** So far back the live figure looks. */
export const LIVE_MS = 5 * 60_000

type Reading = Pick<MeterPoint, 'at' | 'spend' | 'volume' | 'sessions'>

/**
 * Dollars for each GB that was mirrored between two readings of the meter; null where nothing was. Session-hours count
 * by the minute here: their begun hours would make the figure leap once an hour and be nothing in between.
 *
 * @param sessionUsd what one session owes an hour
 */
export const liveUsdPerGb = (before: Reading, now: Reading, sessionUsd: number): number | null => {
  const hours = (Date.parse(now.at) - Date.parse(before.at)) / 3_600_000
  const sessions = ((before.sessions + now.sessions) / 2) * hours * sessionUsd
  const others = COST_LINES.filter((line) => line !== 'mirror-sessions').reduce(
    (sum, line) => sum + now.spend.lines[line] - before.spend.lines[line],
    0,
  )
  return usdPerGb(Math.max(0, sessions + others), now.volume.bytes - before.volume.bytes)
}
