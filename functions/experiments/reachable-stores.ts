import { contains, overlap, parseCidr } from '../../contract/cidr.ts'

/** A network interface as security groups see it. */
export type Placed = Readonly<{
  eni: string
  /** What people call it. */
  name: string
  addresses: readonly string[]
  /** Of its subnet: another task or instance of the same kind gets an address there. */
  subnets: readonly string[]
  groups: readonly string[]
}>

/** A rule of a security group: lets in or out TCP on these ports, from or to one peer. */
export type GroupRule = Readonly<{
  id: string
  group: string
  direction: 'ingress' | 'egress'
  from: number
  to: number
  peer: { cidr: string } | { group: string } | { unseen: string }
}>

/** Where the shadows are, where production is, and the data stores of the account. */
export type Surroundings = Readonly<{
  shadows: readonly Placed[]
  /** Addresses and names of shadows that no interface of the account was found for. */
  unseen: readonly string[]
  sources: readonly Placed[]
  stores: readonly Placed[]
  rules: readonly GroupRule[]
}>

/**
 * Data stores that production uses and a shadow may reach, each with the rule that lets it: a shadow that reads or writes
 * them acts on production, whatever was declared. A store that no source reaches is nobody’s, or the shadow’s own.
 */
export const reachableStores = ({ shadows, unseen, sources, stores, rules }: Surroundings): string[] => {
  const production = stores.filter((store) => sources.some((source) => opening(source, store, rules)))
  const found = production.flatMap((store) => {
    for (const shadow of shadows) {
      const open = opening(shadow, store, rules)
      if (open === null) continue
      const others = shadows.filter((other) => other !== shadow && opening(other, store, rules)).length
      return [
        `The shadow (${shadow.name}${others > 0 ? ` and ${others} more` : ''}) may connect to ${store.name}, a data store that production reaches, on ${open.ports}: ` +
          `${open.rule.id} of ${open.rule.group} lets in ${open.peer}.`,
      ]
    }
    return []
  })
  if (production.length === 0) return []
  const unknown = unseen.map(
    (host) =>
      `No network interface of ${host} is seen in this account and Region: whether the shadow reaches ${production.map(({ name }) => name).join(', ')} is not known.`,
  )
  return [...found, ...unknown, ...(found.length > 0 ? [ONLY_GROUPS] : [])]
}

const ONLY_GROUPS =
  'Of the way to data stores only security groups were looked at: network ACLs, routes, prefix lists and firewalls may still ' +
  'forbid it, and stores that are neither of RDS nor of ElastiCache, or in other accounts, are not seen.'

type Opening = { ports: string; rule: GroupRule; peer: string }

/** The first rule by which one may connect to the other; null where the groups of either forbid it. */
const opening = (from: Placed, to: Placed, rules: readonly GroupRule[]): Opening | null => {
  for (const rule of rules) {
    if (rule.direction !== 'ingress' || !to.groups.includes(rule.group)) continue
    const peer = peerWords(rule, from)
    if (peer === null) continue
    const out = rules.find(
      (other) =>
        other.direction === 'egress' &&
        from.groups.includes(other.group) &&
        other.from <= rule.to &&
        rule.from <= other.to &&
        peerWords(other, to) !== null,
    )
    if (out === undefined) continue
    const ports = portWords(Math.max(rule.from, out.from), Math.min(rule.to, out.to))
    return { ports, rule, peer }
  }
  return null
}

/** How a rule’s peer stands for an interface; null when it does not. */
const peerWords = ({ peer }: GroupRule, { addresses, subnets, groups }: Placed): string | null => {
  if ('group' in peer) return groups.includes(peer.group) ? `${peer.group}, which it has` : null
  if (!('cidr' in peer)) return null
  const range = parseCidr(peer.cidr)
  const address = addresses.find((one) =>
    contains(range, parseCidr(`${one}/${one.includes(':') ? 128 : 32}`)),
  )
  if (address !== undefined) return `${peer.cidr}, where ${address} is`
  const subnet = subnets.find((one) => overlap(range, parseCidr(one)))
  return subnet === undefined ? null : `${peer.cidr}, where another one in its subnet ${subnet} may be`
}

const portWords = (from: number, to: number): string => {
  if (from === 0 && to === 65_535) return 'every TCP port'
  return from === to ? `TCP ${from}` : `TCP ${from} to ${to}`
}
