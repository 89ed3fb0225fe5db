/** An IPv4 address as an unsigned 32-bit number; throws on anything else. */
export const toNumber = (address: string): number => {
  const parts = address.split('.')
  if (parts.length !== 4) throw new RangeError(`not an IPv4 address: ${address}`)
  let number = 0
  for (const part of parts) {
    const byte = Number(part)
    if (!/^\d{1,3}$/.test(part) || byte > 255) throw new RangeError(`not an IPv4 address: ${address}`)
    number = number * 256 + byte
  }
  return number
}

export const toAddress = (n: number): string =>
  `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`

/** A block of addresses: `(address & mask) >>> 0 === base` for all of its members. */
export type Block = Readonly<{ base: number; mask: number }>

/** Null for a block of another family, which no IPv4 packet is in. */
export const toBlock = (cidr: string): Block | null => {
  if (cidr.includes(':')) return null
  const [address = '', length = '32'] = cidr.split('/')
  const bits = Number(length)
  if (!Number.isInteger(bits) || bits < 0 || bits > 32) throw new RangeError(`not a CIDR block: ${cidr}`)
  const mask = bits === 0 ? 0 : (-1 << (32 - bits)) >>> 0
  return { base: (toNumber(address) & mask) >>> 0, mask }
}

export const inBlock = (block: Block, address: number): boolean => (address & block.mask) >>> 0 === block.base
