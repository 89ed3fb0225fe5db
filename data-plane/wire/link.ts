import * as ethernet from './ethernet.ts'

/** Link types of pcap files (tcpdump.org/linktypes.html) down to the network header. */

export const NULL = 0
export const ETHERNET = 1
export const RAW = 101
export const LOOP = 108
export const LINUX_SLL = 113
export const IPV4 = 228
export const IPV6 = 229
export const NFLOG = 239
export const LINUX_SLL2 = 276

const NFULA_PAYLOAD = 9

/** Where the network header starts and its EtherType; an EtherType of 0 is anything but IP. */
export type Network = { etherType: number; offset: number; end: number }

export const isKnownLink = (linkType: number): boolean =>
  linkType === ETHERNET ||
  [NULL, LOOP, RAW, 12, 14, LINUX_SLL, LINUX_SLL2, IPV4, IPV6, NFLOG].includes(linkType)

/** Null when the packet is too short for its link header. Not for Ethernet, which `decodeFrame` reads itself. */
export function network(linkType: number, b: Uint8Array, offset: number, end: number): Network | null {
  const length = end - offset
  switch (linkType) {
    case NULL:
    case LOOP:
      // An address family in the byte order of the capturing machine (NULL) or of the network (LOOP).
      return length < 4 ? null : { etherType: byVersion(b, offset + 4, end), offset: offset + 4, end }
    case RAW:
    case 12:
    case 14:
      return { etherType: byVersion(b, offset, end), offset, end }
    case IPV4:
      return { etherType: ethernet.TYPE_IPV4, offset, end }
    case IPV6:
      return { etherType: ethernet.TYPE_IPV6, offset, end }
    case LINUX_SLL:
      return length < 16 ? null : tagged(b, uint16(b, offset + 14), offset + 16, end)
    case LINUX_SLL2:
      return length < 20 ? null : tagged(b, uint16(b, offset), offset + 20, end)
    case NFLOG:
      return nflog(b, offset, end)
    default:
      return { etherType: 0, offset, end }
  }
}

const uint16 = (b: Uint8Array, offset: number): number => (b[offset]! << 8) | b[offset + 1]!

/** The family's number for IPv6 differs between systems (10, 24, 28, 30), the version in the packet does not. */
function byVersion(b: Uint8Array, offset: number, end: number): number {
  if (offset >= end) return 0
  const version = b[offset]! >>> 4
  if (version === 4) return ethernet.TYPE_IPV4
  return version === 6 ? ethernet.TYPE_IPV6 : 0
}

function tagged(b: Uint8Array, type: number, offset: number, end: number): Network {
  let etherType = type
  let at = offset
  while (ethernet.isTag(etherType) && end - at >= ethernet.TAG_LENGTH) {
    etherType = uint16(b, at + 2)
    at += ethernet.TAG_LENGTH
  }
  return { etherType, offset: at, end }
}

/** A 4-byte header, then attributes: length and type in the byte order of the machine, padded to 4 bytes. */
function nflog(b: Uint8Array, offset: number, end: number): Network | null {
  let at = offset + 4
  while (end - at >= 4) {
    const little = b[at]! | (b[at + 1]! << 8)
    const big = uint16(b, at)
    // The type is below 256, so its zero byte tells the byte order.
    const isBig = b[at + 2] === 0 && b[at + 3] !== 0
    const length = isBig ? big : little
    const type = isBig ? b[at + 3]! : b[at + 2]!
    if (length < 4) return null
    if (type === NFULA_PAYLOAD) {
      const until = Math.min(end, at + length)
      return { etherType: byVersion(b, at + 4, until), offset: at + 4, end: until }
    }
    at += (length + 3) & ~3
  }
  return null
}
