import { BlockList, isIP } from 'node:net'

/** The family of a CIDR block, or undefined when it is none. */
export function cidrFamily(text: string): 4 | 6 | undefined {
  const [address = '', bits = '', rest] = text.split('/')
  const family = isIP(address)
  if (rest !== undefined || !/^\d{1,3}$/.test(bits)) return undefined
  if (family === 4 && Number(bits) <= 32) return 4
  if (family === 6 && Number(bits) <= 128) return 6
  return undefined
}

/** How many IPv4 addresses a block has. */
export const cidrSize = (cidr: string): number => 2 ** (32 - Number(cidr.split('/')[1] ?? 32))

export function cidrContains(cidr: string, address: string): boolean {
  const [network = '', bits = ''] = cidr.split('/')
  if (isIP(address) !== isIP(network)) return false
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4'
  const block = new BlockList()
  block.addSubnet(network, Number(bits), family)
  return block.check(address, family)
}
