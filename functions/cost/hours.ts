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
