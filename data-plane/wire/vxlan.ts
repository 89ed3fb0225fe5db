/**
 * VXLAN (RFC 7348) as AWS traffic mirroring sends it: one UDP datagram, one inner Ethernet frame.
 *
 *    0                   1                   2                   3
 *   |R|R|R|R|I|R|R|R|            Reserved                           |
 *   |                VXLAN Network Identifier (VNI) |   Reserved    |
 *
 * The I flag must be set; every reserved bit is ignored, as the RFC asks of receivers.
 */
export const PORT = 4789
export const HEADER_LENGTH = 8
const FLAG_VNI = 0x08

export const isLongEnough = (length: number): boolean => length >= HEADER_LENGTH

/** Call after `isLongEnough`. */
export const hasVni = (b: Uint8Array, offset: number): boolean => (b[offset]! & FLAG_VNI) !== 0

/** Call after `isLongEnough`. */
export const vni = (b: Uint8Array, offset: number): number =>
  (b[offset + 4]! << 16) | (b[offset + 5]! << 8) | b[offset + 6]!

/** Writes the header; the frame follows at the returned offset. */
export function emit(b: Uint8Array, offset: number, networkId: number): number {
  b.fill(0, offset, offset + HEADER_LENGTH)
  b[offset] = FLAG_VNI
  b[offset + 4] = networkId >>> 16
  b[offset + 5] = networkId >>> 8
  b[offset + 6] = networkId
  return offset + HEADER_LENGTH
}
