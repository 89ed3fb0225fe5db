import { boolean, integer, list, string } from '../protocol/shape.ts'
import type { XmlValue } from '../protocol/xml.ts'
import { type Action, action } from '../service.ts'
import type { State } from '../state.ts'
import type { SecurityGroupRuleDeclaration } from '../world.ts'
import { chosen, filtered, filtersMember, page, type Readers } from './describe.ts'
import { dryRunOperation, ruleNotFound } from './errors.ts'

/** Security groups are declared and do not change. */
export function securityGroupActions(state: State): Record<string, Action> {
  return {
    DescribeSecurityGroupRules: action(
      {
        SecurityGroupRuleIds: list(string, 'SecurityGroupRuleId'),
        Filters: filtersMember,
        MaxResults: integer,
        NextToken: string,
        DryRun: boolean,
      },
      (input) => {
        if (input.DryRun) throw dryRunOperation()
        const rules = state.world.securityGroupRules ?? []
        const rows = chosen(rules, idOf, input.SecurityGroupRuleIds, ruleNotFound)
        const shown = page(
          filtered(rows, input.Filters, readers, () => ({})),
          idOf,
          input,
          true,
        )
        return {
          securityGroupRuleSet: shown.rows.map((row) => ruleXml(state, row)),
          nextToken: shown.nextToken,
        }
      },
      { readOnly: true },
    ),
  }
}

/** As an interface shows them. */
export const groupsXml = (state: State, eni: string): XmlValue => {
  const declared = state.world.networkInterfaces.find(({ id }) => id === eni)
  return (declared?.groups ?? []).map((groupId) => ({ groupId, groupName: groupId }))
}

const idOf = (row: { id: string }) => row.id

const readers: Readers<SecurityGroupRuleDeclaration> = {
  'group-id': (row) => [row.groupId],
  'security-group-rule-id': (row) => [row.id],
}

/** Of every protocol, and where none is given, both ports are -1. */
const ruleXml = (
  state: State,
  { id, groupId, direction, protocol, ports, peer }: SecurityGroupRuleDeclaration,
) => ({
  securityGroupRuleId: id,
  groupId,
  groupOwnerId: state.world.account,
  isEgress: direction === 'egress',
  ipProtocol: protocol,
  fromPort: ports?.from ?? -1,
  toPort: ports?.to ?? -1,
  ...peerXml(state, peer),
  tagSet: [],
})

const peerXml = (state: State, peer: SecurityGroupRuleDeclaration['peer']): Record<string, XmlValue> => {
  if ('groupId' in peer)
    return { referencedGroupInfo: { groupId: peer.groupId, userId: state.world.account } }
  if ('prefixListId' in peer) return { prefixListId: peer.prefixListId }
  return peer.cidr.includes(':') ? { cidrIpv6: peer.cidr } : { cidrIpv4: peer.cidr }
}
