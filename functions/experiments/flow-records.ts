import { isIP } from 'node:net'
import type { FilterRule } from '../../contract/filter-rule.ts'
import { type MatchRule, takes } from './starvation.ts'

/** Bytes that flow logs tell of in one direction, and of these what a mirror filter would take. */
export type Counted = Readonly<{ bytes: number; taken: number }>
export type FlowTally = Readonly<{ ingress: Counted; egress: Counted; records: number }>

export const NO_FLOWS: FlowTally = {
  ingress: { bytes: 0, taken: 0 },
  egress: { bytes: 0, taken: 0 },
  records: 0,
}

/** Where in a record each field is. */
export type Fields = ReadonlyMap<string, number>

const NEEDED = ['srcaddr', 'dstaddr', 'srcport', 'dstport', 'protocol', 'bytes']

/**
 * Of a flow log’s format, such as `${srcaddr} ${dstaddr} …` (VPC user guide, flow log records); null where it lacks what
 * a filter asks for.
 */
export const fieldsOf = (format: string): Fields | null => {
  const fields = new Map(
    format
      .trim()
      .split(/\s+/)
      .map((name, at) => [name.replace(/^\$\{(.+)\}$/, '$1'), at]),
  )
  return NEEDED.every((name) => fields.has(name)) ? fields : null
}

/**
 * Adds what records of one interface tell. Those of rejected packets, of no data and of addresses that are not the
 * interface’s are left out.
 */
export const addFlows = (
  tally: FlowTally,
  records: readonly string[],
  { fields, address, rules }: Readonly<{ fields: Fields; address: string; rules: readonly FilterRule[] }>,
): FlowTally => {
  const sum = { ingress: { ...tally.ingress }, egress: { ...tally.egress }, records: tally.records }
  for (const record of records) {
    const flow = readFlow(record, fields, address)
    if (flow === null) continue
    sum.records += 1
    sum[flow.packet.direction].bytes += flow.bytes
    if (takes(rules, [flow.packet]) === 'everything') sum[flow.packet.direction].taken += flow.bytes
  }
  return sum
}

/** One flow as the narrowest of all rules that match its packets. */
const readFlow = (
  record: string,
  fields: Fields,
  address: string,
): { packet: MatchRule; bytes: number } | null => {
  const values = record.trim().split(/\s+/)
  const read = (name: string): string => values[fields.get(name) ?? -1] ?? '-'
  const [source, destination] = [read('srcaddr'), read('dstaddr')]
  if (isIP(source) === 0 || isIP(destination) === 0 || read('action') === 'REJECT') return null
  const direction = source === address ? 'egress' : destination === address ? 'ingress' : null
  const bytes = Number(read('bytes'))
  const protocol = Number(read('protocol'))
  if (direction === null || !Number.isSafeInteger(bytes) || bytes < 0 || !Number.isInteger(protocol))
    return null
  const port = (name: string) => ({ from: Number(read(name)), to: Number(read(name)) })
  return {
    bytes,
    packet: {
      number: 1,
      direction,
      action: 'accept',
      protocol,
      sourceCidr: host(source),
      destinationCidr: host(destination),
      sourcePorts: port('srcport'),
      destinationPorts: port('dstport'),
    },
  }
}

const host = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`
