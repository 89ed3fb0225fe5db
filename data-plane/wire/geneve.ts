/**
 * GENEVE (RFC 8926 3.4), as a Gateway Load Balancer puts it around each packet, its options inside.
 *
 *   |Ver|  Opt Len  |O|C|    Rsvd.  |          Protocol Type        |
 *   |        Virtual Network Identifier (VNI)       |    Reserved   |
 *   |                    Variable-Length Options                    |
 *
 * Options are stepped over by their length, critical ones too: whoever only reads a copy does what none of them asks for.
 * Accessors read in place; the caller has checked that `HEADER_LENGTH` bytes are there.
 */
export const PORT = 6081
export const HEADER_LENGTH = 8
/** An Ethernet frame inside. */
export const TYPE_ETHERNET = 0x6558
const CONTROL = 0x80

export const version = (b: Uint8Array, offset: number): number => b[offset]! >>> 6
/** Header and options. */
export const headerLength = (b: Uint8Array, offset: number): number => HEADER_LENGTH + (b[offset]! & 0x3f) * 4
/** It carries a message between tunnel ends, no packet. */
export const isControl = (b: Uint8Array, offset: number): boolean => (b[offset + 1]! & CONTROL) !== 0
/** An EtherType. */
export const protocolType = (b: Uint8Array, offset: number): number => (b[offset + 2]! << 8) | b[offset + 3]!

export type GeneveOption = {
  class: number
  type: number
  /** A multiple of 4 bytes, at most 124. */
  data: Uint8Array
}

/** Writes header and options; what is inside follows at the returned offset. */
export function emit(
  b: Uint8Array,
  offset: number,
  etherType: number,
  options: readonly GeneveOption[] = [],
): number {
  b.fill(0, offset, offset + HEADER_LENGTH)
  b[offset + 2] = etherType >>> 8
  b[offset + 3] = etherType
  let at = offset + HEADER_LENGTH
  for (const option of options) {
    b[at] = option.class >>> 8
    b[at + 1] = option.class
    b[at + 2] = option.type
    b[at + 3] = option.data.length / 4
    b.set(option.data, at + 4)
    at += 4 + option.data.length
  }
  b[offset] = (at - offset - HEADER_LENGTH) / 4
  return at
}
