import type { EC2Client, Instance, NetworkInterface } from '@aws-sdk/client-ec2'
import type { Source, SourceEni } from '../../contract/source.ts'
import { capacityOfTypes, type NetworkCapacity } from './instance-types.ts'
import { instancesById } from './instances.ts'
import { interfacePage } from './interfaces.ts'
import { findAutoScalingGroups } from './source/auto-scaling-group.ts'
import { findDatabases } from './source/database.ts'
import { findEcsServices } from './source/ecs-service.ts'
import { findEnis } from './source/eni.ts'
import type { Found, SourceClients } from './source/finder.ts'
import { findInstances } from './source/instance.ts'
import { findLoadBalancers } from './source/load-balancer.ts'
import { leftOut } from './source/narrowing.ts'
import { findTagged } from './source/tag.ts'
import { verdictOf } from './verdict.ts'

export type ResolvedSource = {
  sources: SourceEni[]
  /** Found, and left out by the source’s own scope or exclusions. */
  excluded: { source: SourceEni; why: string }[]
  /** By ENI; ENIs that are not attached to an instance have none. */
  capacity: ReadonlyMap<string, NetworkCapacity>
  /** What the source names and nothing was found for, one sentence each. */
  missing: string[]
}

/** Resolves a source to its ENIs as they are now, each with its verdict, in order of their ids. */
export const resolveSource = async (clients: SourceClients, source: Source): Promise<ResolvedSource> => {
  const { interfaces, missing } = await find(clients, source)
  const instances = await instancesOf(clients.ec2, interfaces)
  const types = new Set([...instances.values()].flatMap(({ InstanceType: type }) => type ?? []))
  const ofTypes = await capacityOfTypes(clients.ec2, types)
  const found = interfaces
    .map((one) => {
      const shown = toSource(one, instances)
      return { source: shown, why: leftOut(source, one, shown.tags) }
    })
    .sort((a, b) => (a.source.eni < b.source.eni ? -1 : 1))
  const sources = found.flatMap((one) => (one.why === null ? [one.source] : []))
  const excluded = found.flatMap(({ source: one, why }) => (why === null ? [] : [{ source: one, why }]))
  const capacity = new Map<string, NetworkCapacity>()
  for (const { eni, instanceType } of sources) {
    const known = instanceType === null ? undefined : ofTypes.get(instanceType)
    if (known) capacity.set(eni, known)
  }
  const nothing = 'Everything that the source finds is left out by its own scope and exclusions.'
  return {
    sources,
    excluded,
    capacity,
    missing: found.length > 0 && sources.length === 0 ? [...missing, nothing] : missing,
  }
}

const find = (clients: SourceClients, source: Source): Promise<Found> => {
  switch (source.by) {
    case 'eni':
      return findEnis(clients, source)
    case 'instance':
      return findInstances(clients, source)
    case 'tag':
      return findTagged(clients, source)
    case 'auto-scaling-group':
      return findAutoScalingGroups(clients, source)
    case 'ecs-service':
      return findEcsServices(clients, source)
    case 'database':
      return findDatabases(clients, source)
    case 'load-balancer':
      return findLoadBalancers(clients, source)
  }
}

/** One page of all network interfaces of the account and Region. @throws BadInterfaceToken */
export const listInterfaces = async (
  ec2: EC2Client,
  page: { maxResults: number; nextToken?: string | undefined },
): Promise<{ sources: SourceEni[]; nextToken: string | null }> => {
  const { interfaces, nextToken } = await interfacePage(ec2, page)
  const instances = await instancesOf(ec2, interfaces)
  return { sources: interfaces.map((one) => toSource(one, instances)), nextToken }
}

const instancesOf = (
  ec2: EC2Client,
  interfaces: readonly NetworkInterface[],
): Promise<ReadonlyMap<string, Instance>> =>
  instancesById(
    ec2,
    interfaces.flatMap(({ Attachment }) => Attachment?.InstanceId ?? []),
  )

const toSource = (one: NetworkInterface, instances: ReadonlyMap<string, Instance>): SourceEni => {
  const instance = instances.get(one.Attachment?.InstanceId ?? '')
  return {
    eni: one.NetworkInterfaceId ?? '',
    address: one.PrivateIpAddress ?? one.Ipv6Addresses?.[0]?.Ipv6Address ?? '',
    mac: one.MacAddress ?? '',
    instance: one.Attachment?.InstanceId ?? null,
    instanceType: instance?.InstanceType ?? null,
    name: instance?.Tags?.find(({ Key }) => Key === 'Name')?.Value ?? null,
    availabilityZone: one.AvailabilityZone ?? '',
    vpc: one.VpcId ?? '',
    subnet: one.SubnetId ?? '',
    ...verdictOf(one, instance),
    tags: { ...tagsOf(instance?.Tags), ...tagsOf(one.TagSet) },
  }
}

const tagsOf = (tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = []) =>
  Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]))
