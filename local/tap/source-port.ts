import { type Flow, hasPorts } from './flow.ts'
import { hash32 } from './hash.ts'

export type SourcePorts = Readonly<{
  /** Whether both directions of a flow give one port. */
  symmetric: boolean
  min: number
  max: number
}>

/**
 * The outer UDP source port of a mirrored packet: a hash of its 5-tuple, or of its 3-tuple where it has no ports. One
 * capture of AWS has 65408 to 65535 only, and the same one for both directions of a flow.
 * https://docs.aws.amazon.com/vpc/latest/mirroring/traffic-mirroring-packet-formats.html
 */
export const outerSourcePort = (flow: Flow, ports: SourcePorts): number => {
  const withPorts = hasPorts(flow.protocol)
  const from = [flow.source, withPorts ? flow.sourcePort : 0] as const
  const to = [flow.destination, withPorts ? flow.destinationPort : 0] as const
  const swap = ports.symmetric && (from[0] > to[0] || (from[0] === to[0] && from[1] > to[1]))
  const [first, second] = swap ? [to, from] : [from, to]
  return ports.min + (hash32(flow.protocol, ...first, ...second) % (ports.max - ports.min + 1))
}
