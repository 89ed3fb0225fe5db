/** Ethernet II with any number of VLAN tags (IEEE 802.1Q, 802.1ad). */
export const HEADER_LENGTH = 14
export const TAG_LENGTH = 4
export const TYPE_IPV4 = 0x0800
export const TYPE_IPV6 = 0x86dd

/** 802.1Q, 802.1ad and the older QinQ type some switches still write. */
export const isTag = (etherType: number): boolean =>
  etherType === 0x8100 || etherType === 0x88a8 || etherType === 0x9100

export const etherType = (b: Uint8Array, offset: number): number => (b[offset + 12]! << 8) | b[offset + 13]!

/** MAC addresses as numbers of 48 bits; the caller has checked that `HEADER_LENGTH` bytes are there. */
export const destination = (b: Buffer, offset: number): number => b.readUIntBE(offset, 6)
export const source = (b: Buffer, offset: number): number => b.readUIntBE(offset + 6, 6)

/** Null for text that is no MAC address. */
export const parseMac = (text: string): number | null =>
  /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text) ? Number.parseInt(text.replace(/[:-]/g, ''), 16) : null

/** Writes the header with its tags (802.1ad outside when there are two); returns the offset of the payload. */
export function emit(
  b: Uint8Array,
  offset: number,
  destination: Uint8Array,
  source: Uint8Array,
  type: number,
  vlans: readonly number[] = [],
): number {
  b.set(destination.subarray(0, 6), offset)
  b.set(source.subarray(0, 6), offset + 6)
  let at = offset + 12
  vlans.forEach((vlan, i) => {
    at = put16(b, at, i < vlans.length - 1 ? 0x88a8 : 0x8100)
    at = put16(b, at, vlan)
  })
  return put16(b, at, type)
}

function put16(b: Uint8Array, at: number, value: number): number {
  b[at] = value >>> 8
  b[at + 1] = value
  return at + 2
}
