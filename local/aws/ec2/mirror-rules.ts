import { AwsError } from '../aws-error.ts'
import { ec2Id } from '../ids.ts'
import { boolean, integer, list, oneOf, required, string, structure } from '../protocol/shape.ts'
import type { XmlValue } from '../protocol/xml.ts'
import type { MirrorRule, PortRange } from '../rows.ts'
import { type Action, action } from '../service.ts'
import type { State } from '../state.ts'
import { cidrFamily } from './cidr.ts'
import { chosen, filtered, filtersMember, page, type Readers } from './describe.ts'
import { dryRunOperation, invalidCombination, invalidValue, mirrorNotFound } from './errors.ts'
import { createOnce } from './idempotency.ts'
import { mirrorTagFilters } from './mirror-tag-filters.ts'
import { referenced } from './reference.ts'
import { tagSet, tagSpecificationsMember, tagsAt, tagsOnCreate } from './tag-rules.ts'

/** Over both directions together. */
const RULES_PER_FILTER = 10
const TCP = 6
const UDP = 17

const portRange = structure({ FromPort: integer, ToPort: integer })
const direction = oneOf('ingress', 'egress')
const ruleAction = oneOf('accept', 'reject')

export function mirrorRuleActions(state: State): Record<string, Action> {
  return {
    CreateTrafficMirrorFilterRule: action(
      {
        TrafficMirrorFilterId: required(string),
        TrafficDirection: required(direction),
        RuleNumber: required(integer),
        RuleAction: required(ruleAction),
        SourceCidrBlock: required(string),
        DestinationCidrBlock: required(string),
        Protocol: integer,
        SourcePortRange: portRange,
        DestinationPortRange: portRange,
        Description: string,
        TagSpecifications: tagSpecificationsMember,
        ClientToken: string,
        DryRun: boolean,
      },
      (input, call) => {
        if (input.DryRun) throw dryRunOperation()
        const wanted = (id: string): MirrorRule => ({
          id,
          filterId: input.TrafficMirrorFilterId,
          direction: input.TrafficDirection,
          number: input.RuleNumber,
          action: input.RuleAction,
          protocol: input.Protocol ?? null,
          sourceCidr: input.SourceCidrBlock,
          destinationCidr: input.DestinationCidrBlock,
          sourcePorts: portsFrom('sourcePortRange', input.SourcePortRange),
          destinationPorts: portsFrom('destinationPortRange', input.DestinationPortRange),
          description: input.Description ?? null,
        })
        const row = createOnce(
          state,
          'CreateTrafficMirrorFilterRule',
          input,
          (id) => state.mirrorRules.get(id),
          () => {
            const tags = tagsOnCreate(input.TagSpecifications, 'traffic-mirror-filter-rule')
            const rule = checked(state, wanted(ec2Id(state.random, 'tmfr')))
            state.mirrorRules.set(rule.id, rule)
            state.tags.set(rule.id, tags)
            call.created.push(rule.id)
            return rule
          },
        )
        return {
          trafficMirrorFilterRule: ruleXml(row, state.tags.get(row.id) ?? {}),
          clientToken: input.ClientToken,
        }
      },
    ),

    ModifyTrafficMirrorFilterRule: action(
      {
        TrafficMirrorFilterRuleId: required(string),
        TrafficDirection: direction,
        RuleNumber: integer,
        RuleAction: ruleAction,
        SourceCidrBlock: string,
        DestinationCidrBlock: string,
        Protocol: integer,
        SourcePortRange: portRange,
        DestinationPortRange: portRange,
        Description: string,
        RemoveFields: list(
          oneOf('destination-port-range', 'source-port-range', 'protocol', 'description'),
          'RemoveField',
        ),
        DryRun: boolean,
      },
      (input) => {
        if (input.DryRun) throw dryRunOperation()
        const before = existing(state, input.TrafficMirrorFilterRuleId)
        const withPorts = input.SourcePortRange ?? input.DestinationPortRange
        if (state.switches.modifyPortsNeedsProtocol && withPorts && input.Protocol === undefined) {
          throw invalidCombination('A port range can be changed only together with the parameter protocol')
        }
        const removed = new Set(input.RemoveFields)
        const after = checked(state, {
          ...before,
          direction: input.TrafficDirection ?? before.direction,
          number: input.RuleNumber ?? before.number,
          action: input.RuleAction ?? before.action,
          sourceCidr: input.SourceCidrBlock ?? before.sourceCidr,
          destinationCidr: input.DestinationCidrBlock ?? before.destinationCidr,
          protocol: removed.has('protocol') ? null : (input.Protocol ?? before.protocol),
          sourcePorts: removed.has('source-port-range')
            ? null
            : (portsFrom('sourcePortRange', input.SourcePortRange) ?? before.sourcePorts),
          destinationPorts: removed.has('destination-port-range')
            ? null
            : (portsFrom('destinationPortRange', input.DestinationPortRange) ?? before.destinationPorts),
          description: removed.has('description') ? null : (input.Description ?? before.description),
        })
        state.mirrorRules.set(after.id, after)
        return { trafficMirrorFilterRule: ruleXml(after, null) }
      },
    ),

    DeleteTrafficMirrorFilterRule: action(
      { TrafficMirrorFilterRuleId: required(string), DryRun: boolean },
      (input, call) => {
        if (input.DryRun) throw dryRunOperation()
        const { id, filterId } = existing(state, input.TrafficMirrorFilterRuleId)
        const used = state.mirrorSessions.list().some((session) => session.filterId === filterId)
        if (used && state.switches.deleteRuleInUse === 'refused') {
          throw new AwsError(
            'TrafficMirrorFilterInUse',
            `Sessions use the filter '${filterId}' of the rule '${id}'`,
          )
        }
        state.mirrorRules.delete(id)
        state.tags.delete(id)
        call.deleted.push(id)
        return { trafficMirrorFilterRuleId: id }
      },
    ),

    DescribeTrafficMirrorFilterRules: action(
      {
        TrafficMirrorFilterRuleIds: list(string, 'TrafficMirrorFilterRuleId'),
        TrafficMirrorFilterId: string,
        Filters: filtersMember,
        MaxResults: integer,
        NextToken: string,
        DryRun: boolean,
      },
      (input) => {
        if (input.DryRun) throw dryRunOperation()
        const lag = state.describeLag
        const rows = chosen(state.mirrorRules.list(lag), idOf, input.TrafficMirrorFilterRuleIds, (id) =>
          mirrorNotFound(state.switches, 'FilterRule', id),
        ).filter((row) => (input.TrafficMirrorFilterId ?? row.filterId) === row.filterId)
        const { filters, tagsOf } = mirrorTagFilters(state, input.Filters)
        const shown = page(filtered(rows, filters, readers, tagsOf), idOf, input, true)
        return {
          trafficMirrorFilterRuleSet: shown.rows.map((row) => ruleXml(row, tagsAt(state, row.id, lag))),
          nextToken: shown.nextToken,
        }
      },
      { readOnly: true },
    ),
  }
}

/** ModifyTrafficMirrorFilterRule answers without tags: null. */
export function ruleXml(row: MirrorRule, tags: Readonly<Record<string, string>> | null): XmlValue {
  const ports = (range: PortRange | null): XmlValue => range && { fromPort: range.from, toPort: range.to }
  return {
    trafficMirrorFilterRuleId: row.id,
    trafficMirrorFilterId: row.filterId,
    trafficDirection: row.direction,
    ruleNumber: row.number,
    ruleAction: row.action,
    protocol: row.protocol,
    destinationPortRange: ports(row.destinationPorts),
    sourcePortRange: ports(row.sourcePorts),
    destinationCidrBlock: row.destinationCidr,
    sourceCidrBlock: row.sourceCidr,
    description: row.description,
    tagSet: tags && tagSet(tags),
  }
}

const idOf = (row: { id: string }) => row.id

const readers: Readers<MirrorRule> = {
  'traffic-mirror-filter-rule-id': (row) => [row.id],
  'traffic-mirror-filter-id': (row) => [row.filterId],
  'rule-number': (row) => [String(row.number)],
  'rule-action': (row) => [row.action],
  'traffic-direction': (row) => [row.direction],
  protocol: (row) => [row.protocol === null ? null : String(row.protocol)],
  'source-cidr-block': (row) => [row.sourceCidr],
  'destination-cidr-block': (row) => [row.destinationCidr],
  description: (row) => [row.description],
}

function existing(state: State, id: string): MirrorRule {
  const row = referenced(state.mirrorRules, id, state.referenceLag)
  if (!row) throw mirrorNotFound(state.switches, 'FilterRule', id)
  return row
}

function checked(state: State, rule: MirrorRule): MirrorRule {
  const { switches } = state
  if (!referenced(state.mirrorFilters, rule.filterId, state.referenceLag)) {
    throw mirrorNotFound(switches, 'Filter', rule.filterId)
  }
  if (rule.number < 1 || rule.number > switches.ruleNumberMax) {
    throw invalidValue('ruleNumber', rule.number, `Expecting a value between 1 and ${switches.ruleNumberMax}`)
  }
  const source = cidrFamily(rule.sourceCidr)
  const destination = cidrFamily(rule.destinationCidr)
  if (!source) throw invalidValue('sourceCidrBlock', rule.sourceCidr, 'Expecting a CIDR block')
  if (!destination) throw invalidValue('destinationCidrBlock', rule.destinationCidr, 'Expecting a CIDR block')
  if (source !== destination) {
    throw invalidCombination('The source and destination CIDR blocks must be of the same IP address family')
  }
  if (rule.protocol !== null && (rule.protocol < 0 || rule.protocol > 255)) {
    throw invalidValue('protocol', rule.protocol, 'Expecting an IANA protocol number')
  }
  const ported = rule.protocol === TCP || rule.protocol === UDP
  if ((rule.sourcePorts || rule.destinationPorts) && !ported) {
    throw invalidCombination('Port ranges are valid only with protocol 6 (TCP) or 17 (UDP)')
  }
  const beside = state.mirrorRules
    .list()
    .filter((other) => other.filterId === rule.filterId && other.id !== rule.id)
  if (beside.some((other) => other.direction === rule.direction && other.number === rule.number)) {
    throw new AwsError(
      'TrafficMirrorFilterRuleAlreadyExists',
      `The filter '${rule.filterId}' already has an ${rule.direction} rule ${rule.number}`,
    )
  }
  if (beside.length >= RULES_PER_FILTER) {
    throw new AwsError(
      'TrafficMirrorFilterRuleLimitExceeded',
      `The filter '${rule.filterId}' already has ${RULES_PER_FILTER} rules`,
    )
  }
  return rule
}

function portsFrom(
  name: string,
  range: { FromPort?: number | undefined; ToPort?: number | undefined } | undefined,
): PortRange | null {
  if (!range) return null
  const { FromPort: from, ToPort: to } = range
  const legal = (port: number | undefined): port is number =>
    port !== undefined && port >= 0 && port <= 65_535
  if (!legal(from) || !legal(to) || from > to) {
    throw invalidValue(
      name,
      `${from}-${to}`,
      'Expecting FromPort and ToPort of 0 to 65535 in ascending order',
    )
  }
  return { from, to }
}
