/**
 * TCP (RFC 9293).
 *
 *   |          Source Port          |       Destination Port        |
 *   |                        Sequence Number                        |
 *   |                    Acknowledgment Number                      |
 *   | Offset|  Rsrvd  |   Flags     |            Window             |
 *   |           Checksum            |         Urgent Pointer        |
 *
 * Accessors read in place; the caller has checked that `HEADER_LENGTH` bytes are there. Numbers of 32 bits are signed,
 * as all sequence arithmetic is (see tcp/sequence.ts).
 */
export const PROTOCOL = 6
export const HEADER_LENGTH = 20
export const FIN = 0x01
export const SYN = 0x02
export const RST = 0x04
export const PSH = 0x08
export const ACK = 0x10

export const port = (b: Uint8Array, offset: number): number => (b[offset]! << 8) | b[offset + 1]!
export const headerLength = (b: Uint8Array, offset: number): number => (b[offset + 12]! >>> 4) * 4
export const flags = (b: Uint8Array, offset: number): number => b[offset + 13]!
export const word = (b: Uint8Array, offset: number): number =>
  (b[offset]! << 24) | (b[offset + 1]! << 16) | (b[offset + 2]! << 8) | b[offset + 3]!

export type TcpFields = {
  sourcePort: number
  destinationPort: number
  sequence: number
  acknowledgement?: number
  flags: number
  window?: number
  /** A multiple of 4 bytes, at most 40. */
  options?: Uint8Array
}

/** Writes the header with checksum zero; see `emit.ts` for whole packets. Returns the offset of the payload. */
export function emit(b: Uint8Array, offset: number, fields: TcpFields): number {
  const options = fields.options ?? new Uint8Array(0)
  const length = HEADER_LENGTH + options.length
  const view = new DataView(b.buffer, b.byteOffset + offset, HEADER_LENGTH)
  view.setUint16(0, fields.sourcePort)
  view.setUint16(2, fields.destinationPort)
  view.setUint32(4, fields.sequence >>> 0)
  view.setUint32(8, (fields.acknowledgement ?? 0) >>> 0)
  view.setUint8(12, (length / 4) << 4)
  view.setUint8(13, fields.flags)
  view.setUint16(14, fields.window ?? 0xffff)
  view.setUint32(16, 0)
  b.set(options, offset + HEADER_LENGTH)
  return offset + length
}
