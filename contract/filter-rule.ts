import * as z from 'zod'
import { MIRROR_QUOTAS } from './mirror-quotas.ts'

/** AWS allows 10 rules in a mirror filter, both directions together. */
export const FILTER_RULES_MAX = MIRROR_QUOTAS.rulesPerFilter

export const PortRange = z.strictObject({ from: z.int(), to: z.int() })
export type PortRange = z.output<typeof PortRange>

/** One rule of a mirror filter as EC2 takes it; the first match wins, and without one nothing is mirrored. */
export const FilterRule = z
  .strictObject({
    number: z.int().describe('ascending; first match wins within its direction'),
    direction: z.enum(['ingress', 'egress']),
    action: z.enum(['accept', 'reject']),
    protocol: z.int().describe('IANA number; 6 is TCP'),
    sourceCidr: z.string(),
    destinationCidr: z.string(),
    sourcePorts: PortRange.nullable(),
    destinationPorts: PortRange.nullable(),
    meaning: z.string(),
  })
  .meta({ id: 'FilterRule' })
export type FilterRule = z.output<typeof FilterRule>

/** As few ranges as say the same: ports that follow one another are one. */
export const portRanges = (ports: readonly number[]): PortRange[] => {
  const ranges: PortRange[] = []
  for (const port of [...new Set(ports)].sort((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last && last.to === port - 1) last.to = port
    else ranges.push({ from: port, to: port })
  }
  return ranges
}
