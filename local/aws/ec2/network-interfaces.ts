import { boolean, integer, list, string } from '../protocol/shape.ts'
import type { XmlValue } from '../protocol/xml.ts'
import type { NetworkInterface } from '../rows.ts'
import { type Action, action, type Call } from '../service.ts'
import type { State } from '../state.ts'
import { chosen, filtered, filtersMember, page, type Readers } from './describe.ts'
import { dryRunOperation, interfaceNotFound, invalidCombination } from './errors.ts'
import { deleteSession } from './mirror-sessions.ts'
import { groupsXml } from './security-groups.ts'
import { tagSet, tagsAt } from './tag-rules.ts'

export function networkInterfaceActions(state: State): Record<string, Action> {
  return {
    DescribeNetworkInterfaces: action(
      {
        NetworkInterfaceIds: list(string, 'NetworkInterfaceId'),
        Filters: filtersMember,
        MaxResults: integer,
        NextToken: string,
        IncludeManagedResources: boolean,
        DryRun: boolean,
      },
      (input) => {
        if (input.DryRun) throw dryRunOperation()
        if (input.MaxResults !== undefined && input.NetworkInterfaceIds?.length) {
          throw invalidCombination(
            'The parameter NetworkInterfaceIds cannot be used with the parameter MaxResults',
          )
        }
        const lag = state.describeLag
        const rows = chosen(
          state.networkInterfaces.list(lag),
          idOf,
          input.NetworkInterfaceIds,
          interfaceNotFound,
        )
        const tagsOf = (row: NetworkInterface) => tagsAt(state, row.id, lag)
        const shown = page(filtered(rows, input.Filters, readers(state), tagsOf), idOf, input, false)
        return {
          networkInterfaceSet: shown.rows.map((row) => interfaceXml(state, row, lag)),
          nextToken: shown.nextToken,
        }
      },
      { readOnly: true },
    ),
  }
}

/** "Deleting the source ENI deletes its sessions" (traffic mirroring guide); its tags go with it. */
export function deleteInterface(state: State, id: string, call: Pick<Call, 'deleted'>): void {
  for (const session of state.mirrorSessions.list()) {
    if (session.networkInterfaceId === id) deleteSession(state, session.id, call)
  }
  state.networkInterfaces.delete(id)
  state.tags.delete(id)
  call.deleted.push(id)
}

export function interfacesOf(state: State, instanceId: string, lag = 0): NetworkInterface[] {
  return state.networkInterfaces
    .list(lag)
    .filter((row) => row.attachment?.instanceId === instanceId)
    .sort((a, b) => (a.attachment?.deviceIndex ?? 0) - (b.attachment?.deviceIndex ?? 0))
}

export const privateDnsName = (ip: string): string => `ip-${ip.replaceAll('.', '-')}.ec2.internal`

const idOf = (row: { id: string }) => row.id
const inUse = (row: NetworkInterface) => row.attachment !== null || row.requesterManaged

const readers = (state: State): Readers<NetworkInterface> => ({
  'attachment.instance-id': (row) => [row.attachment?.instanceId],
  'attachment.status': (row) => [row.attachment ? 'attached' : null],
  'attachment.device-index': (row) => [row.attachment && String(row.attachment.deviceIndex)],
  'addresses.private-ip-address': (row) => [row.privateIp],
  'availability-zone': (row) => [state.subnet(row.subnetId)?.availabilityZone],
  description: (row) => [row.description],
  'interface-type': (row) => [row.interfaceType],
  'mac-address': (row) => [row.mac],
  'network-interface-id': (row) => [row.id],
  'owner-id': () => [state.world.account],
  'private-ip-address': (row) => [row.privateIp],
  'requester-id': (row) => [row.requesterId],
  'requester-managed': (row) => [String(row.requesterManaged)],
  status: (row) => [inUse(row) ? 'in-use' : 'available'],
  'subnet-id': (row) => [row.subnetId],
  'vpc-id': (row) => [state.subnet(row.subnetId)?.vpcId],
})

function interfaceXml(state: State, row: NetworkInterface, lag: number): XmlValue {
  const subnet = state.subnet(row.subnetId)
  return {
    networkInterfaceId: row.id,
    subnetId: row.subnetId,
    vpcId: subnet?.vpcId,
    availabilityZone: subnet?.availabilityZone,
    availabilityZoneId: subnet?.availabilityZoneId,
    description: row.description,
    ownerId: state.world.account,
    requesterId: row.requesterId,
    requesterManaged: row.requesterManaged,
    status: inUse(row) ? 'in-use' : 'available',
    macAddress: row.mac,
    ...addressesXml(row),
    sourceDestCheck: true,
    groupSet: groupsXml(state, row.id),
    attachment: attachmentXml(state, row),
    tagSet: tagSet(tagsAt(state, row.id, lag)),
    interfaceType: row.interfaceType,
  }
}

/** As DescribeInstances shows an interface. */
export function instanceInterfaceXml(state: State, row: NetworkInterface): XmlValue {
  return {
    networkInterfaceId: row.id,
    subnetId: row.subnetId,
    vpcId: state.subnet(row.subnetId)?.vpcId,
    description: row.description,
    ownerId: state.world.account,
    status: 'in-use',
    macAddress: row.mac,
    ...addressesXml(row),
    sourceDestCheck: true,
    groupSet: groupsXml(state, row.id),
    attachment: attachmentXml(state, row),
    interfaceType: row.interfaceType,
  }
}

/** In an IPv6-only subnet an interface has no IPv4 address at all. */
function addressesXml({ privateIp }: NetworkInterface): Record<string, XmlValue> {
  if (privateIp.includes(':'))
    return {
      ipv6Address: privateIp,
      privateIpAddressesSet: [],
      ipv6AddressesSet: [{ ipv6Address: privateIp, isPrimaryIpv6: false }],
    }
  const name = privateDnsName(privateIp)
  return {
    privateIpAddress: privateIp,
    privateDnsName: name,
    privateIpAddressesSet: [{ privateIpAddress: privateIp, privateDnsName: name, primary: true }],
    ipv6AddressesSet: [],
  }
}

function attachmentXml(state: State, { id, attachment, requesterManaged }: NetworkInterface): XmlValue {
  const attachmentId = `eni-attach-${id.slice('eni-'.length)}`
  if (!attachment) {
    return requesterManaged
      ? { attachmentId, deviceIndex: 1, status: 'attached', deleteOnTermination: false }
      : undefined
  }
  return {
    attachmentId,
    instanceId: attachment.instanceId,
    instanceOwnerId: state.world.account,
    deviceIndex: attachment.deviceIndex,
    networkCardIndex: 0,
    status: 'attached',
    deleteOnTermination: attachment.deleteOnTermination,
  }
}
