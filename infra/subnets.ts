/** Subnets that a new VPC can hold: a public and a private one for each of four zones. */
const PARTS = 8

/**
 * One of eight equal parts of a VPC’s IPv4 range, like 10.90.32.0/19 of 10.90.0.0/16.
 * @param at from 0 to 7
 */
export const subnetOf = (vpcCidr: string, at: number): string => {
  const [address = '', length = ''] = vpcCidr.split('/')
  const size = 2 ** (32 - Number(length))
  const number = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
  const start = number - (number % size) + (at * size) / PARTS
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256)
  return `${bytes.join('.')}/${Number(length) + Math.log2(PARTS)}`
}
