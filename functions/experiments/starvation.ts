import { contains, overlap, parseCidr } from '../../contract/cidr.ts'
import type { FilterRule, PortRange } from '../../contract/filter-rule.ts'

/** What a rule of anybody’s mirror filter matches, and whether it mirrors that. */
export type MatchRule = Omit<FilterRule, 'meaning' | 'protocol'> & { protocol: number | null }

/** A mirror session on an ENI that is not this experiment’s. */
export type OtherSession = Readonly<{
  eni: string
  session: string
  /** 1 is the highest priority. */
  number: number
  /** This deployment made it, for another experiment: it is on its way out, or a rival. */
  ours: boolean
  /** Its filter’s rules; null where the filter cannot be seen. */
  rules: readonly MatchRule[] | null
}>

/** Whose packets `rules` would take, if they were asked first: nothing, some or everything that `wanted` accepts. */
export type Taking = 'nothing' | 'some' | 'everything' | 'unknown'

/**
 * A packet is mirrored once, by the first session in order of number whose filter accepts it. Reckoned with caution: what
 * several rules accept only together counts as some.
 */
export const takes = (rules: readonly MatchRule[] | null, wanted: readonly MatchRule[]): Taking => {
  if (rules === null) return 'unknown'
  const inOrder = [...rules].sort((a, b) => a.number - b.number)
  const shares = wanted.map((rule) => share(inOrder, rule))
  if (shares.length > 0 && shares.every((one) => one === 'everything')) return 'everything'
  return shares.every((one) => one === 'nothing') ? 'nothing' : 'some'
}

const share = (inOrder: readonly MatchRule[], wanted: MatchRule): Taking => {
  let exempt = false
  for (const rule of inOrder) {
    if (!meets(rule, wanted)) continue
    if (rule.action === 'accept') return covers(rule, wanted) && !exempt ? 'everything' : 'some'
    if (covers(rule, wanted)) return 'nothing'
    exempt = true
  }
  return 'nothing'
}

/** Whether some packet matches both. */
const meets = (a: MatchRule, b: MatchRule): boolean =>
  a.direction === b.direction &&
  (a.protocol === null || b.protocol === null || a.protocol === b.protocol) &&
  overlap(parseCidr(a.sourceCidr), parseCidr(b.sourceCidr)) &&
  overlap(parseCidr(a.destinationCidr), parseCidr(b.destinationCidr)) &&
  portsMeet(a.sourcePorts, b.sourcePorts) &&
  portsMeet(a.destinationPorts, b.destinationPorts)

/** Whether every packet that `inner` matches is one that `outer` matches. */
const covers = (outer: MatchRule, inner: MatchRule): boolean =>
  (outer.protocol === null || outer.protocol === inner.protocol) &&
  contains(parseCidr(outer.sourceCidr), parseCidr(inner.sourceCidr)) &&
  contains(parseCidr(outer.destinationCidr), parseCidr(inner.destinationCidr)) &&
  portsCover(outer.sourcePorts, inner.sourcePorts) &&
  portsCover(outer.destinationPorts, inner.destinationPorts)

const portsMeet = (a: PortRange | null, b: PortRange | null): boolean =>
  a === null || b === null || (a.from <= b.to && b.from <= a.to)

const portsCover = (outer: PortRange | null, inner: PortRange | null): boolean =>
  outer === null || (inner !== null && outer.from <= inner.from && inner.to <= outer.to)
