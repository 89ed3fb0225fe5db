import * as z from 'zod'
import { contains, parseCidr } from './cidr.ts'

const Range = z.strictObject({
  cidr: z.union([z.cidrv4(), z.cidrv6()]),
  ports: z.array(z.int().min(1).max(65_535)).min(1).exactOptional().describe('every port when left out'),
})

/** Where a deployment lets its gateways send requests to, whatever an experiment’s spec says. */
export const AllowedShadows = z.strictObject({
  ranges: z.array(Range).min(1),
  hosts: z
    .array(z.string().min(1))
    .describe('names that specs may give, *.example.internal for all below one; every name when empty'),
})
export type AllowedShadows = z.output<typeof AllowedShadows>

/** The variable of gateways and control plane that holds them, as JSON. */
export const ALLOWED_SHADOWS_VARIABLE = 'SHADOWMETER_SHADOWS'

/** The variable’s text as it should be. */
export const AllowedShadowsText = z
  .string(`says where requests may go, like {"ranges":[{"cidr":"10.90.0.0/16","ports":[8080]}],"hosts":[]}`)
  .transform((text, context): AllowedShadows => {
    const parsed = AllowedShadows.safeParse(jsonOf(text))
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    context.addIssue({
      code: 'custom',
      message: `is not a list of ranges: ${[...(issue?.path ?? []), issue?.message].join(' ')}`,
    })
    return z.NEVER
  })

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Never a shadow: this host and unspecified (RFC 6890), link-local with the metadata of instances and tasks (169.254.169.254,
 * 169.254.170.2), the metadata and name servers of IPv6 (fd00:ec2::/32), multicast, reserved and broadcast.
 */
const NEVER = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  'fe80::/10',
  'fd00:ec2::/32',
  'ff00::/8',
].map(parseCidr)

/** IPv4 within IPv6, which some network on the way would send there: mapped, compatible, NAT64 (RFC 6052), 6to4 (RFC 3056). */
const CARRIERS = [
  { range: parseCidr('::ffff:0:0/96'), shift: 0n },
  { range: parseCidr('64:ff9b::/96'), shift: 0n },
  { range: parseCidr('::/96'), shift: 0n },
  { range: parseCidr('2002::/16'), shift: 80n },
]
const LOOPBACK = [parseCidr('127.0.0.0/8'), parseCidr('::1/128')]

/** What production is reached at; null is every port. */
export type Served = Readonly<{ address: string; ports: readonly number[] | null }>

/**
 * Why nothing may be sent to an address that a connection would lead to; null when it may. An address of production is
 * refused at every port; on one machine, where all share the loopback addresses, at its own ports.
 *
 * @param allowed null: the one who starts the gateway names the shadow himself, and only what is never one is refused
 */
export const destinationRefusal = (
  address: string,
  port: number,
  allowed: AllowedShadows | null,
  production: readonly Served[],
): string | null => {
  const one = single(address)
  if (one === null) return 'it is no address'
  const inner = embedded(one)
  const both = inner === null ? [one] : [one, inner]
  if (both.some((each) => isIn(NEVER, each) && !isIn(LOOPBACK, each)))
    return 'link-local, metadata, multicast and reserved addresses are never a shadow'
  const served = production.some(
    ({ address: known, ports }) =>
      both.some((each) => isSame(each, single(known))) &&
      (ports === null || ports.includes(port) || !both.some((each) => isIn(LOOPBACK, each))),
  )
  if (served) return 'it is an address of production'
  if (allowed === null) return null
  const inRange = allowed.ranges.filter(({ cidr }) => both.some((each) => contains(parseCidr(cidr), each)))
  if (inRange.length === 0) return 'it is in none of the ranges that the deployment allows'
  return inRange.some(({ ports }) => ports?.includes(port) ?? true)
    ? null
    : `the deployment does not allow port ${port} there`
}

/** Why a spec may not name a host; null when it may. What a name leads to is judged when a connection is made. */
export const hostRefusal = (host: string, port: number, { hosts, ranges }: AllowedShadows): string | null => {
  const name = host.toLowerCase().replace(/\.$/, '')
  const isListed = hosts.some((known) =>
    known.startsWith('*.') ? name.endsWith(known.slice(1).toLowerCase()) : name === known.toLowerCase(),
  )
  if (hosts.length > 0 && !isListed)
    return `the deployment allows ${hosts.join(', ')} and addresses in its ranges`
  return ranges.some(({ ports }) => ports?.includes(port) ?? true)
    ? null
    : `the deployment allows port ${port} nowhere`
}

type Single = ReturnType<typeof parseCidr>

const single = (address: string): Single | null => {
  const plain = address.replace(/%.*$/, '')
  if (z.ipv4().safeParse(plain).success) return parseCidr(`${plain}/32`)
  return z.ipv6().safeParse(plain).success ? parseCidr(`${plain}/128`) : null
}

const embedded = (address: Single): Single | null => {
  if (isIn(LOOPBACK, address)) return null
  const carrier = CARRIERS.find(({ range }) => contains(range, address))
  return carrier === undefined
    ? null
    : { family: 4, first: (address.first >> carrier.shift) & 0xffffffffn, prefix: 32 }
}

const isIn = (ranges: readonly Single[], address: Single): boolean =>
  ranges.some((range) => contains(range, address))

const isSame = (a: Single, b: Single | null): boolean =>
  b !== null && a.family === b.family && a.first === b.first
