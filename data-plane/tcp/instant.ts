/**
 * When something was last done to a connection: whole milliseconds of its capture time, modulo 2^32. A store of a number
 * with fractions takes memory of its own for every packet; this one does not.
 */
export const instant = (at: number): number => at | 0

/** Milliseconds between two instants, negative when the second is before the first. Right up to 24 days. */
export const elapsed = (since: number, until: number): number => (until - since) | 0
