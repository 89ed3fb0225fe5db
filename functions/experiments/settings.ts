import { KILL_GRACE_SECONDS } from '../cost/hours.ts'

/** Times of an experiment’s life in milliseconds, all derived from how often the control plane looks. */
export type Settings = Readonly<{
  tickMs: number
  /** From a renewal to the moment the filter’s rules are made to reject without us. */
  leaseMs: number
  /** EventBridge Scheduler fires up to this long after the time of a schedule. */
  precisionMs: number
  /** Preparing fails when it takes longer. */
  prepareMs: number
  /** Gateways finish what is in flight for this long after mirroring stopped. */
  drainMs: number
  /** After this long the last gateway reports are not waited for any more. */
  drainLimitMs: number
  /** Kill schedules wait so long behind the end that they do not compete with the planned deletion. */
  killGraceMs: number
  /** EC2 is eventually consistent: what was created more recently may be missing in Describe and yet exist. */
  describeLagMs: number
  /** Gateways that are unfit for longer than this end the experiment. */
  unfitMs: number
  /** A zone of the sources without a gateway for so long ends the experiment. */
  zoneLostMs: number
  /** A source of which nothing has arrived for so long is looked into; one whose packets another takes is left after it. */
  silentMs: number
  /** From one swap of the gateways to the next, and how long one may take. */
  swapPauseMs: number
  swapLimitMs: number
  /** Gateways have far too little to do for so long before a smaller set takes over. */
  slackMs: number
  /** So long before the first mirror session security teams are told of it; 0: they are not. */
  preNoticeMs: number
  /** An end that is noticed later than this was missed: the outcome is expired, not completed. */
  lateMs: number
}>

const SECOND = 1000
const MINUTE = 60 * SECOND

/**
 * The lease survives two lost ticks; the ten seconds are for rehearsals, whose ticks are shorter than a slow call. With
 * a tick a minute packets stop at most three minutes, plus the scheduler’s precision, after the last renewal.
 */
export const settingsFor = (tickSeconds: number, preNoticeMinutes = 0): Settings => {
  const tickMs = tickSeconds * SECOND
  const atMost = (limit: number, ticks: number) => Math.min(limit, ticks * tickMs)
  return {
    tickMs,
    leaseMs: Math.max(3 * tickMs, tickMs + 10 * SECOND),
    precisionMs: atMost(MINUTE, 1),
    prepareMs: Math.max(MINUTE, atMost(10 * MINUTE, 20)),
    drainMs: atMost(10 * SECOND, 1),
    drainLimitMs: atMost(10 * SECOND, 1) + 2 * tickMs + 10 * SECOND,
    killGraceMs: atMost(KILL_GRACE_SECONDS * SECOND, 1),
    describeLagMs: atMost(5 * MINUTE, 5),
    unfitMs: Math.max(MINUTE, atMost(5 * MINUTE, 5)),
    zoneLostMs: Math.max(20 * SECOND, atMost(2 * MINUTE, 24)),
    silentMs: Math.max(30 * SECOND, atMost(5 * MINUTE, 5)),
    swapPauseMs: atMost(10 * MINUTE, 10),
    swapLimitMs: Math.max(2 * MINUTE, atMost(15 * MINUTE, 24)),
    slackMs: atMost(30 * MINUTE, 30),
    preNoticeMs: preNoticeMinutes * MINUTE,
    lateMs: 3 * tickMs,
  }
}
