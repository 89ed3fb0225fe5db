/** A number in [0, 1), as Math.random; an argument so that tests can repeat a run. */
export type Random = () => number

export function hex(random: Random, digits: number): string {
  let text = ''
  while (text.length < digits)
    text += Math.floor(random() * 0x10000)
      .toString(16)
      .padStart(4, '0')
  return text.slice(0, digits)
}

/** EC2's long ids: a prefix and 17 hexadecimal digits. */
export const ec2Id = (random: Random, prefix: string): string => `${prefix}-${hex(random, 17)}`

export function uuid(random: Random): string {
  const h = hex(random, 32)
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`
}
