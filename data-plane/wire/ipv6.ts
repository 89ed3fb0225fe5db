/**
 * IPv6 (RFC 8200) and its extension headers. Accessors read in place; the caller has checked that `HEADER_LENGTH`
 * bytes are there.
 */
export const HEADER_LENGTH = 40
export const FRAGMENT = 44
const AUTHENTICATION = 51

export const payloadLength = (b: Uint8Array, offset: number): number => (b[offset + 4]! << 8) | b[offset + 5]!
export const nextHeader = (b: Uint8Array, offset: number): number => b[offset + 6]!

/** Hop-by-hop, routing, destination options, authentication, mobility, HIP, shim6: all can be stepped over. */
export const isExtension = (protocol: number): boolean =>
  protocol === 0 ||
  protocol === 43 ||
  protocol === 60 ||
  protocol === AUTHENTICATION ||
  protocol === 135 ||
  protocol === 139 ||
  protocol === 140

/** In bytes, of the extension header at `offset`; the authentication header counts in another unit (RFC 4302). */
export const extensionLength = (b: Uint8Array, offset: number, protocol: number): number =>
  protocol === AUTHENTICATION ? (b[offset + 1]! + 2) * 4 : (b[offset + 1]! + 1) * 8

export const fragmentOffset = (b: Uint8Array, offset: number): number =>
  ((b[offset + 2]! << 8) | b[offset + 3]!) & 0xfff8
export const moreFragments = (b: Uint8Array, offset: number): boolean => (b[offset + 3]! & 1) !== 0

export type Ipv6Fields = {
  source: Uint8Array
  destination: Uint8Array
  nextHeader: number
  hopLimit?: number
}

/** Writes the fixed header for `length` bytes that follow at the returned offset. */
export function emit(b: Uint8Array, offset: number, fields: Ipv6Fields, length: number): number {
  const view = new DataView(b.buffer, b.byteOffset + offset, HEADER_LENGTH)
  view.setUint32(0, 0x60000000)
  view.setUint16(4, length)
  view.setUint8(6, fields.nextHeader)
  view.setUint8(7, fields.hopLimit ?? 64)
  b.set(fields.source, offset + 8)
  b.set(fields.destination, offset + 24)
  return offset + HEADER_LENGTH
}
