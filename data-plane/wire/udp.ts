/** UDP (RFC 768). The caller has checked that `HEADER_LENGTH` bytes are there. */
export const PROTOCOL = 17
export const HEADER_LENGTH = 8

export const port = (b: Uint8Array, offset: number): number => (b[offset]! << 8) | b[offset + 1]!
export const length = (b: Uint8Array, offset: number): number => (b[offset + 4]! << 8) | b[offset + 5]!

/** Writes the header with checksum zero (not computed); returns the offset of the payload. */
export function emit(
  b: Uint8Array,
  offset: number,
  sourcePort: number,
  destinationPort: number,
  payloadLength: number,
): number {
  const view = new DataView(b.buffer, b.byteOffset + offset, HEADER_LENGTH)
  view.setUint16(0, sourcePort)
  view.setUint16(2, destinationPort)
  view.setUint16(4, HEADER_LENGTH + payloadLength)
  view.setUint16(6, 0)
  return offset + HEADER_LENGTH
}
