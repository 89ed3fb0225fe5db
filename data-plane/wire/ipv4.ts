import { addWords, finish } from './checksum.ts'

/**
 * IPv4 (RFC 791).
 *
 *   |Version|  IHL  |Type of Service|          Total Length         |
 *   |         Identification        |Flags|      Fragment Offset    |
 *   |  Time to Live |    Protocol   |         Header Checksum       |
 *   |                       Source Address                          |
 *   |                    Destination Address                        |
 *   |                    Options                    |    Padding    |
 *
 * Accessors read in place; the caller has checked that `HEADER_LENGTH` bytes are there.
 */
export const HEADER_LENGTH = 20
const DONT_FRAGMENT = 0x4000
const MORE_FRAGMENTS = 0x2000

export const version = (b: Uint8Array, offset: number): number => b[offset]! >>> 4
export const headerLength = (b: Uint8Array, offset: number): number => (b[offset]! & 0x0f) * 4
export const totalLength = (b: Uint8Array, offset: number): number => (b[offset + 2]! << 8) | b[offset + 3]!
export const identification = (b: Uint8Array, offset: number): number =>
  (b[offset + 4]! << 8) | b[offset + 5]!
/** Flags and offset together; zero (apart from DF) when the packet is whole. */
export const isFragment = (b: Uint8Array, offset: number): boolean =>
  (((b[offset + 6]! << 8) | b[offset + 7]!) & 0x3fff) !== 0
export const moreFragments = (b: Uint8Array, offset: number): boolean => (b[offset + 6]! & 0x20) !== 0
/** In bytes. */
export const fragmentOffset = (b: Uint8Array, offset: number): number =>
  (((b[offset + 6]! & 0x1f) << 8) | b[offset + 7]!) * 8
export const protocol = (b: Uint8Array, offset: number): number => b[offset + 9]!

export type Ipv4Fields = {
  source: Uint8Array
  destination: Uint8Array
  protocol: number
  ttl?: number
  identification?: number
  dontFragment?: boolean
  moreFragments?: boolean
  /** In bytes, a multiple of 8. */
  fragmentOffset?: number
  /** A multiple of 4 bytes, at most 40. */
  options?: Uint8Array
}

/** Writes the header with a right checksum for `payloadLength` bytes that follow at the returned offset. */
export function emit(b: Uint8Array, offset: number, fields: Ipv4Fields, payloadLength: number): number {
  const options = fields.options ?? new Uint8Array(0)
  const length = HEADER_LENGTH + options.length
  const view = new DataView(b.buffer, b.byteOffset + offset, length)
  view.setUint8(0, 0x40 | (length / 4))
  view.setUint8(1, 0)
  view.setUint16(2, length + payloadLength)
  view.setUint16(4, fields.identification ?? 0)
  const flags = (fields.dontFragment ? DONT_FRAGMENT : 0) | (fields.moreFragments ? MORE_FRAGMENTS : 0)
  view.setUint16(6, flags | ((fields.fragmentOffset ?? 0) / 8))
  view.setUint8(8, fields.ttl ?? 64)
  view.setUint8(9, fields.protocol)
  view.setUint16(10, 0)
  b.set(fields.source, offset + 12)
  b.set(fields.destination, offset + 16)
  b.set(options, offset + HEADER_LENGTH)
  view.setUint16(10, finish(addWords(0, b, offset, offset + length)))
  return offset + length
}
