/**
 * Sequence numbers (RFC 9293 3.4) as signed 32-bit integers, so that all arithmetic is a wrapping subtraction.
 */

/** How far `a` is after `b`; negative when it is before. Right while they are less than 2^31 apart. */
export const diff = (a: number, b: number): number => (a - b) | 0

/** `a` moved on by `n` bytes. */
export const add = (a: number, n: number): number => (a + n) | 0
