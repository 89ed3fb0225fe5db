import type { MirroredRule } from '../aws/mirroring-snapshot.ts'
import { type Flow, hasPorts } from './flow.ts'
import { type Block, inBlock, toBlock } from './ipv4.ts'

/** A rule made ready for many packets. */
export type CompiledRule = Readonly<{
  accept: boolean
  protocol: number | null
  /** Null: of another address family, matches no IPv4 packet. */
  source: Block | null
  destination: Block | null
  sourcePorts: readonly [number, number] | null
  destinationPorts: readonly [number, number] | null
}>

/** The rules of one direction, in the order of their numbers whatever order they came in. */
export const compileRules = (rules: readonly MirroredRule[]): CompiledRule[] =>
  [...rules]
    .sort((a, b) => a.number - b.number)
    .map((rule) => ({
      accept: rule.action === 'accept',
      protocol: rule.protocol,
      source: toBlock(rule.sourceCidr),
      destination: toBlock(rule.destinationCidr),
      sourcePorts: rule.sourcePorts,
      destinationPorts: rule.destinationPorts,
    }))

/** The first rule that matches decides; no rule at all means not mirrored. */
export const accepts = (rules: readonly CompiledRule[], flow: Flow): boolean =>
  rules.find((rule) => matches(rule, flow))?.accept ?? false

const matches = (rule: CompiledRule, flow: Flow): boolean =>
  (rule.protocol === null || rule.protocol === flow.protocol) &&
  rule.source !== null &&
  rule.destination !== null &&
  inBlock(rule.source, flow.source) &&
  inBlock(rule.destination, flow.destination) &&
  portMatches(rule.sourcePorts, flow.protocol, flow.sourcePort) &&
  portMatches(rule.destinationPorts, flow.protocol, flow.destinationPort)

/** A rule with a port range says nothing about packets without ports. */
const portMatches = (range: readonly [number, number] | null, protocol: number, port: number): boolean =>
  range === null || (hasPorts(protocol) && port >= range[0] && port <= range[1])
