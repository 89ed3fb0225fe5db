/** An address range as numbers: the first address, and how many leading bits are fixed. */
export type Cidr = Readonly<{ family: 4 | 6; first: bigint; prefix: number }>

const WIDTH = { 4: 32, 6: 128 } as const

/** Takes what z.cidrv4 and z.cidrv6 let pass; host bits are cleared. */
export const parseCidr = (text: string): Cidr => {
  const [address = '', bits = ''] = text.split('/')
  const family = address.includes(':') ? 6 : 4
  const prefix = Number(bits)
  const free = BigInt(WIDTH[family] - prefix)
  const value = family === 6 ? ipv6(address) : ipv4(address)
  return { family, first: (value >> free) << free, prefix }
}

/** The IPv6 form is RFC 5952’s: lower case, the longest run of zero groups shortened. */
export const cidrText = ({ family, first, prefix }: Cidr): string =>
  `${family === 6 ? ipv6Text(first) : ipv4Text(first)}/${prefix}`

export const contains = (outer: Cidr, inner: Cidr): boolean =>
  outer.family === inner.family &&
  outer.prefix <= inner.prefix &&
  inner.first >> BigInt(WIDTH[inner.family] - outer.prefix) ===
    outer.first >> BigInt(WIDTH[outer.family] - outer.prefix)

/** Two ranges have an address in common only when one contains the other. */
export const overlap = (a: Cidr, b: Cidr): boolean => contains(a, b) || contains(b, a)

/** Each range once, those within another left out, the narrowest first. */
export const narrowestFirst = (texts: readonly string[]): string[] => {
  const all = [...new Map(texts.map((text) => [cidrText(parseCidr(text)), parseCidr(text)])).values()]
  return all
    .filter((one) => !all.some((other) => other !== one && contains(other, one)))
    .sort((a, b) => WIDTH[a.family] - a.prefix - (WIDTH[b.family] - b.prefix))
    .map(cidrText)
}

/** Whether it is every address of its family. */
export const isAnywhere = (text: string): boolean => parseCidr(text).prefix === 0

const ipv4 = (address: string): bigint =>
  address.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n)

const ipv6 = (address: string): bigint => {
  const last = address.slice(address.lastIndexOf(':') + 1)
  const text = last.includes('.')
    ? address.slice(0, -last.length) + groupsOf(ipv4(last), 2).join(':')
    : address
  const [head = '', tail] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(8 - left.length - right.length).fill('0')
  return [...left, ...zeros, ...right].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}

const ipv4Text = (value: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.')

const ipv6Text = (value: bigint): string => {
  const text = groupsOf(value, 8).join(':')
  const [longest] = [...text.matchAll(/(?<![^:])0(:0)+(?![^:])/g)].sort(([a], [b]) => b.length - a.length)
  if (!longest) return text
  const [zeros] = longest
  const after = text.slice(longest.index + zeros.length)
  return `${text.slice(0, longest.index).replace(/:$/, '')}::${after.replace(/^:/, '')}`
}

const groupsOf = (value: bigint, count: number): string[] =>
  Array.from({ length: count }, (_, at) => ((value >> BigInt(16 * (count - 1 - at))) & 0xffffn).toString(16))
