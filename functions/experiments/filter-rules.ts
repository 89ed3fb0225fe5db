import { isAnywhere, narrowestFirst } from '../../contract/cidr.ts'
import type { ExperimentSpec } from '../../contract/experiment.ts'
import { type FilterRule, type PortRange, portRanges } from '../../contract/filter-rule.ts'

const TCP = 6
/** Both ranges of a rule must be of one family (EC2, ModifyTrafficMirrorFilterRule). */
const anywhereLike = (cidr: string): string => (cidr.includes(':') ? '::/0' : '0.0.0.0/0')

/**
 * The filter that a spec asks for, TCP only, the narrowest rule first; a rule’s place in the list is its slot. Numbers
 * start at 1 in each direction. Where the source serves, requests reach a port of it and responses leave one; a load
 * balancer is mirrored on its leg to the targets, where it is the client and all is the other way round.
 */
export const filterRules = ({
  traffic,
  source,
}: Pick<ExperimentSpec, 'traffic' | 'source'>): FilterRule[] => {
  const ranges = traffic.ports === undefined ? [null] : portRanges(traffic.ports)
  const pairs = narrowestFirst(traffic.clientCidrs).flatMap((cidr) =>
    ranges.map((ports) => ({ cidr, ports })),
  )
  const requests = pairs.map(({ cidr, ports }, index) =>
    source.by === 'load-balancer'
      ? rule(index, 'egress', {
          destinationPorts: ports,
          meaning: `what the load balancer sends to ${named(ports)} of its targets`,
        })
      : rule(index, 'ingress', {
          sourceCidr: cidr,
          destinationCidr: anywhereLike(cidr),
          destinationPorts: ports,
          meaning: `what ${clients(cidr)} sends to ${named(ports)}`,
        }),
  )
  if (traffic.directions === 'requests') return requests
  const responses = pairs.map(({ cidr, ports }, index) =>
    source.by === 'load-balancer'
      ? rule(index, 'ingress', {
          sourcePorts: ports,
          meaning: `what ${named(ports)} of the targets answers to the load balancer`,
        })
      : rule(index, 'egress', {
          sourceCidr: anywhereLike(cidr),
          destinationCidr: cidr,
          sourcePorts: ports,
          meaning: `what ${named(ports)} answers to ${clients(cidr)}`,
        }),
  )
  return [...requests, ...responses]
}

const rule = (
  index: number,
  direction: FilterRule['direction'],
  match: Partial<FilterRule> & Pick<FilterRule, 'meaning'>,
): FilterRule => ({
  number: index + 1,
  direction,
  action: 'accept',
  protocol: TCP,
  sourceCidr: '0.0.0.0/0',
  destinationCidr: '0.0.0.0/0',
  sourcePorts: null,
  destinationPorts: null,
  ...match,
})

const clients = (cidr: string): string =>
  isAnywhere(cidr) ? `any ${cidr.includes(':') ? 'IPv6' : 'IPv4'} address` : cidr

const named = (ports: PortRange | null): string => {
  if (ports === null) return 'every TCP port'
  return ports.from === ports.to ? `port ${ports.from}` : `ports ${ports.from}-${ports.to}`
}
