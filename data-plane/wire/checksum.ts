/** The Internet checksum (RFC 1071): ones' complement of the ones' complement sum of 16-bit words. */

/** Adds the 16-bit words of a range to a running sum. An odd last byte counts as if a zero byte followed. */
export function addWords(sum: number, b: Uint8Array, offset: number, end: number): number {
  let total = sum
  let at = offset
  for (; at + 1 < end; at += 2) total += (b[at]! << 8) | b[at + 1]!
  if (at < end) total += b[at]! << 8
  return total
}

/** Folds the carries of a running sum and complements it. */
export function finish(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000)
  return ~folded & 0xffff
}
