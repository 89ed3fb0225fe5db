/** A file of recorded traffic, and what could not be said in its format, by why. */
export type Written = { bytes: Buffer; skipped: Record<string, number> }

export const addSkipped = (skipped: Record<string, number>, why: string): void => {
  skipped[why] = (skipped[why] ?? 0) + 1
}
