import type { Adaptation } from '../../contract/selection.ts'

/** Where the control of the share stands. */
export type AdaptationState = {
  /** Parts of the configured share, from above 0 to 1: the lower one holds. */
  readonly byRate: number
  readonly byHealth: number
  /** Requests a second that the whole configured share would send, averaged; null before the first second. */
  readonly offeredPerSecond: number | null
}

/** What was seen since the last step. */
export type Observed = {
  seconds: number
  /** Requests in those seconds that the whole configured share would have sent. */
  offered: number
  /** Forwards that have ended since the last telling step; of them, those that failed or got 5xx, and the slow ones. */
  ended: number
  failed: number
  slow: number
}

export const unadapted = (): AdaptationState => ({ byRate: 1, byHealth: 1, offeredPerSecond: null })

/** Fewer results say nothing about the shadow. */
export const RESULTS_MIN = 20
/** A little always goes on: without it nobody would learn that the shadow is well again. */
export const PART_MIN = 0.01
const SLOW_SHARE_MAX = 0.05
const BACK_OFF = 0.5
const RECOVERY = 0.05
/** Weight of the last second in the average. */
const SMOOTHING = 0.3

export const partOf = ({ byRate, byHealth }: AdaptationState): number => Math.min(byRate, byHealth)

/** Whether the results are enough to act on. Until then the caller keeps adding to them. */
export const isTelling = ({ ended }: Observed): boolean => ended >= RESULTS_MIN

/**
 * One step. Towards a rate: straight to the part that would have met it. For the shadow’s health: halved while it is over
 * a limit, and back in small steps while it is within all; too few results change nothing, they are never read as health.
 */
export const adaptOnce = (
  state: AdaptationState,
  seen: Observed,
  { perSecond, errorPercentMax, p95MsMax }: Adaptation,
): AdaptationState => {
  const now = seen.offered / seen.seconds
  const before = state.offeredPerSecond
  const offeredPerSecond = before === null ? now : before + SMOOTHING * (now - before)
  let { byHealth } = state
  if (isTelling(seen)) {
    const isSick =
      (errorPercentMax !== undefined && seen.failed * 100 > errorPercentMax * seen.ended) ||
      (p95MsMax !== undefined && seen.slow > SLOW_SHARE_MAX * seen.ended)
    byHealth = isSick ? Math.max(PART_MIN, byHealth * BACK_OFF) : Math.min(1, byHealth + RECOVERY)
  }
  return {
    byRate: perSecond === undefined || offeredPerSecond <= perSecond ? 1 : perSecond / offeredPerSecond,
    byHealth,
    offeredPerSecond,
  }
}
