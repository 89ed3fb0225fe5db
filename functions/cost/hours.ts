import type { SessionUse } from './usage.ts'
import { HOUR_MS } from './usage.ts'

/**
 * Begun hours a session owes at a time. AWS bills mirroring by the hour and does not say how it rounds, so begun hours
 * are owed whole: one from the moment of creation, one more at each full hour.
 */
export const sessionHours = ({ createdAt, deletedAt }: SessionUse, at: Date): number => {
  const end = Math.min(deletedAt === null ? Infinity : Date.parse(deletedAt), at.getTime())
  return Math.max(1, Math.ceil((end - Date.parse(createdAt)) / HOUR_MS))
}

/** EC2 takes 5 writes a second. */
const DELETES_PER_SECOND = 5
/** For the rules, which go first, and for calls that are not ours to hurry. */
const MARGIN_SECONDS = 20

/** From a decision to end until the last of so many sessions is deleted. */
export const stopSeconds = (sessions: number): number => MARGIN_SECONDS + sessions / DELETES_PER_SECOND

/** The longest that a kill schedule waits behind the end, so that it does not compete with the planned deletion. */
export const KILL_GRACE_SECONDS = 30

/** When the hour ends that a session paid for last before that time, or at it. */
export const paidUntil = (createdAt: string, at: Date): number => {
  const created = Date.parse(createdAt)
  return created + Math.max(1, Math.ceil((at.getTime() - created) / HOUR_MS)) * HOUR_MS
}

/**
 * When deleting begins: at the end, or so much earlier that every session whose paid hour ends soon after is gone before
 * it would owe another. Sessions are deleted in that order.
 */
export const deletionStart = (createdAt: readonly string[], endAt: Date): Date => {
  const hours = createdAt.map((one) => paidUntil(one, endAt)).sort((a, b) => a - b)
  return new Date(
    hours.reduce(
      (start, paid, index) => Math.min(start, Math.floor(paid - stopSeconds(index + 1) * 1000)),
      endAt.getTime(),
    ),
  )
}
