import {
  CreateTagsCommand,
  CreateTrafficMirrorFilterCommand,
  CreateTrafficMirrorFilterRuleCommand,
  DeleteTrafficMirrorFilterCommand,
  type EC2Client,
  ModifyTrafficMirrorFilterRuleCommand,
  paginateDescribeTrafficMirrorFilters,
  type TrafficMirrorFilter,
  type TrafficMirrorPortRange,
} from '@aws-sdk/client-ec2'
import type { FilterRule, PortRange } from '../../contract/filter-rule.ts'
import { TAG } from '../../contract/ownership.ts'
import type { MatchRule } from '../experiments/starvation.ts'
import { type ExpiringOwnership, type Ownership, ownTags } from './tags.ts'

const PAGE = 1000

/** All of the account and Region: no filter by tag is documented. */
export const describeFilters = async (ec2: EC2Client): Promise<TrafficMirrorFilter[]> => {
  const filters: TrafficMirrorFilter[] = []
  for await (const page of paginateDescribeTrafficMirrorFilters({ client: ec2, pageSize: PAGE }, {}))
    filters.push(...(page.TrafficMirrorFilters ?? []))
  return filters
}

export const createFilter = async (
  ec2: EC2Client,
  token: string,
  ownership: ExpiringOwnership,
): Promise<string> => {
  const answer = await ec2.send(
    new CreateTrafficMirrorFilterCommand({
      ClientToken: token,
      Description: `Shadowmeter ${ownership.experiment}`,
      TagSpecifications: ownTags('traffic-mirror-filter', ownership),
    }),
  )
  return answer.TrafficMirrorFilter?.TrafficMirrorFilterId ?? ''
}

export const deleteFilter = async (ec2: EC2Client, filter: string): Promise<void> => {
  await ec2.send(new DeleteTrafficMirrorFilterCommand({ TrafficMirrorFilterId: filter }))
}

const ports = (range: PortRange | null) => range && { FromPort: range.from, ToPort: range.to }

const matching = (rule: FilterRule) => {
  const from = ports(rule.sourcePorts)
  const to = ports(rule.destinationPorts)
  return {
    TrafficDirection: rule.direction,
    RuleNumber: rule.number,
    Protocol: rule.protocol,
    SourceCidrBlock: rule.sourceCidr,
    DestinationCidrBlock: rule.destinationCidr,
    ...(from && { SourcePortRange: from }),
    ...(to && { DestinationPortRange: to }),
  }
}

/** What an existing filter matches, whoever made it. */
export const rulesOf = (filter: TrafficMirrorFilter): MatchRule[] =>
  [...(filter.IngressFilterRules ?? []), ...(filter.EgressFilterRules ?? [])].map((rule) => ({
    number: rule.RuleNumber ?? 0,
    direction: rule.TrafficDirection === 'egress' ? 'egress' : 'ingress',
    action: rule.RuleAction === 'accept' ? 'accept' : 'reject',
    protocol: rule.Protocol ?? null,
    sourceCidr: rule.SourceCidrBlock ?? '0.0.0.0/0',
    destinationCidr: rule.DestinationCidrBlock ?? '0.0.0.0/0',
    sourcePorts: rangeOf(rule.SourcePortRange),
    destinationPorts: rangeOf(rule.DestinationPortRange),
  }))

const rangeOf = (range: TrafficMirrorPortRange | undefined): PortRange | null =>
  range === undefined ? null : { from: range.FromPort ?? 0, to: range.ToPort ?? 65_535 }

/** Which of a filter’s rules mirror what they match. */
export const acceptingRules = ({
  IngressFilterRules = [],
  EgressFilterRules = [],
}: TrafficMirrorFilter): string[] =>
  [...IngressFilterRules, ...EgressFilterRules].flatMap(({ TrafficMirrorFilterRuleId: id, RuleAction }) =>
    id !== undefined && RuleAction === 'accept' ? [id] : [],
  )

/** Made to reject, so that nothing is mirrored before the rule’s lease is armed. */
export const createRule = async (
  ec2: EC2Client,
  token: string,
  filter: string,
  rule: FilterRule,
  ownership: Ownership,
): Promise<string> => {
  const answer = await ec2.send(
    new CreateTrafficMirrorFilterRuleCommand({
      ClientToken: token,
      TrafficMirrorFilterId: filter,
      RuleAction: 'reject',
      ...matching(rule),
      Description: rule.meaning,
      TagSpecifications: ownTags('traffic-mirror-filter-rule', ownership),
    }),
  )
  return answer.TrafficMirrorFilterRule?.TrafficMirrorFilterRuleId ?? ''
}

/** Opens or closes what a rule matches, for every session of its filter; nothing else of the rule is sent. */
export const turnRule = async (ec2: EC2Client, rule: string, to: FilterRule['action']): Promise<void> => {
  await ec2.send(
    new ModifyTrafficMirrorFilterRuleCommand({ TrafficMirrorFilterRuleId: rule, RuleAction: to }),
  )
}

export const tagExpiry = async (
  ec2: EC2Client,
  resources: readonly string[],
  expiresAt: string,
): Promise<void> => {
  await ec2.send(
    new CreateTagsCommand({ Resources: [...resources], Tags: [{ Key: TAG.expiresAt, Value: expiresAt }] }),
  )
}
