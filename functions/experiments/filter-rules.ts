import type { ExperimentSpec } from '../../contract/experiment.ts'
import type { Plan } from '../../contract/plan.ts'

/** One accept rule of an experiment’s mirror filter; its place in the list is its slot. */
export type FilterRule = Plan['rules'][number]

const TCP = 6
const ANYWHERE = '0.0.0.0/0'

/**
 * The filter that a spec asks for, TCP only. Numbers start at 1 in each direction; the first match wins, and without a
 * match nothing is mirrored. A rule mirrors requests where clients reach a port, responses where they leave it.
 */
export const filterRules = ({ ports, clientCidrs, directions }: ExperimentSpec['traffic']): FilterRule[] => {
  const pairs = ports.flatMap((port) => clientCidrs.map((cidr) => ({ port, cidr })))
  const from = (cidr: string) => (cidr === ANYWHERE ? 'any address' : cidr)
  const requests = pairs.map(
    ({ port, cidr }, index): FilterRule => ({
      number: index + 1,
      direction: 'ingress',
      action: 'accept',
      protocol: TCP,
      sourceCidr: cidr,
      destinationCidr: ANYWHERE,
      sourcePort: null,
      destinationPort: port,
      meaning: `what ${from(cidr)} sends to port ${port}`,
    }),
  )
  if (directions === 'requests') return requests
  const responses = pairs.map(
    ({ port, cidr }, index): FilterRule => ({
      number: index + 1,
      direction: 'egress',
      action: 'accept',
      protocol: TCP,
      sourceCidr: ANYWHERE,
      destinationCidr: cidr,
      sourcePort: port,
      destinationPort: null,
      meaning: `what port ${port} answers to ${from(cidr)}`,
    }),
  )
  return [...requests, ...responses]
}
