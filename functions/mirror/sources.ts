import {
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeNetworkInterfacesCommand,
  type DescribeNetworkInterfacesCommandInput,
  type EC2Client,
  type Filter,
  type Instance,
  type NetworkInterface,
} from '@aws-sdk/client-ec2'
import type { Source, SourceEni } from '../../contract/source.ts'
import { verdictOf } from './verdict.ts'

/** What the network of one ENI’s instance can carry, in bits per second; 0 where AWS does not say. */
export type NetworkCapacity = { baselineBps: number; peakBps: number }

export type ResolvedSource = {
  sources: SourceEni[]
  /** By ENI; ENIs that are not attached to an instance have none. */
  capacity: ReadonlyMap<string, NetworkCapacity>
  /** What the source names and nothing was found for, one sentence each. */
  missing: string[]
}

/** A filter takes 200 values, and a page of DescribeInstanceTypes 100 types. */
const FILTER_VALUES = 200
const TYPES = 100
const PAGE = 1000

const chunked = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))

const tagsOf = (tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = []) =>
  Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]))

const describeInterfaces = async (
  ec2: EC2Client,
  input: DescribeNetworkInterfacesCommandInput,
): Promise<NetworkInterface[]> => {
  const found: NetworkInterface[] = []
  let NextToken: string | undefined
  do {
    const answer = await ec2.send(
      new DescribeNetworkInterfacesCommand({ MaxResults: PAGE, ...input, ...(NextToken && { NextToken }) }),
    )
    found.push(...(answer.NetworkInterfaces ?? []))
    NextToken = answer.NextToken
  } while (NextToken)
  return found
}

/** Asked by filter and not by id: an id that is gone then is absent from the answer and not an error for all. */
const interfacesBy = async (ec2: EC2Client, name: string, values: readonly string[], more: Filter[] = []) => {
  const found: NetworkInterface[] = []
  for (const Values of chunked([...values], FILTER_VALUES))
    found.push(...(await describeInterfaces(ec2, { Filters: [{ Name: name, Values }, ...more] })))
  return found
}

const instancesBy = async (ec2: EC2Client, filters: Filter[]): Promise<Instance[]> => {
  const found: Instance[] = []
  let NextToken: string | undefined
  do {
    const answer = await ec2.send(
      new DescribeInstancesCommand({ Filters: filters, MaxResults: PAGE, ...(NextToken && { NextToken }) }),
    )
    for (const { Instances = [] } of answer.Reservations ?? []) found.push(...Instances)
    NextToken = answer.NextToken
  } while (NextToken)
  return found
}

const instancesOf = async (
  ec2: EC2Client,
  interfaces: readonly NetworkInterface[],
): Promise<Map<string, Instance>> => {
  const ids = new Set(interfaces.flatMap(({ Attachment }) => Attachment?.InstanceId ?? []))
  const instances = new Map<string, Instance>()
  for (const Values of chunked([...ids], FILTER_VALUES))
    for (const instance of await instancesBy(ec2, [{ Name: 'instance-id', Values }]))
      instances.set(instance.InstanceId ?? '', instance)
  return instances
}

const capacityOfTypes = async (
  ec2: EC2Client,
  types: Iterable<string>,
): Promise<Map<string, NetworkCapacity>> => {
  const capacity = new Map<string, NetworkCapacity>()
  // By filter: a type that this Region’s API does not know is left out then, and not an error for all.
  for (const Values of chunked([...types], TYPES)) {
    const answer = await ec2.send(
      new DescribeInstanceTypesCommand({ Filters: [{ Name: 'instance-type', Values }], MaxResults: TYPES }),
    )
    for (const { InstanceType: name = '', NetworkInfo } of answer.InstanceTypes ?? []) {
      const cards = NetworkInfo?.NetworkCards ?? []
      const total = (gbps: (card: (typeof cards)[number]) => number | undefined) =>
        cards.reduce((sum, card) => sum + (gbps(card) ?? 0) * 1e9, 0)
      const baselineBps = total((card) => card.BaselineBandwidthInGbps)
      capacity.set(name, { baselineBps, peakBps: total((card) => card.PeakBandwidthInGbps) || baselineBps })
    }
  }
  return capacity
}

const toSource = (one: NetworkInterface, instance: Instance | undefined): SourceEni => ({
  eni: one.NetworkInterfaceId ?? '',
  address: one.PrivateIpAddress ?? '',
  mac: one.MacAddress ?? '',
  instance: one.Attachment?.InstanceId ?? null,
  instanceType: instance?.InstanceType ?? null,
  name: instance?.Tags?.find(({ Key }) => Key === 'Name')?.Value ?? null,
  availabilityZone: one.AvailabilityZone ?? '',
  ...verdictOf(one, instance),
  tags: { ...tagsOf(instance?.Tags), ...tagsOf(one.TagSet) },
})

/** The first interface of its instance. */
const isPrimary = ({ Attachment }: NetworkInterface): boolean => Attachment?.DeviceIndex === 0

/** EC2 takes `*` and `?` in a filter’s value for wildcards; a backslash makes them what they are. */
const literally = (value: string): string => value.replace(/[*?\\]/g, '\\$&')

const byTag = async (ec2: EC2Client, source: Extract<Source, { by: 'tag' }>): Promise<NetworkInterface[]> => {
  const filters = Object.entries(source.tags).map(([key, value]) => ({
    Name: `tag:${key}`,
    Values: [literally(value)],
  }))
  const sets = source.match === 'all' ? [filters] : filters.map((filter) => [filter])
  const ids = new Set<string>()
  const found = new Map<string, NetworkInterface>()
  for (const set of sets) {
    for (const { InstanceId = '' } of await instancesBy(ec2, set)) ids.add(InstanceId)
    for (const one of await describeInterfaces(ec2, { Filters: set }))
      found.set(one.NetworkInterfaceId ?? '', one)
  }
  for (const one of await interfacesBy(ec2, 'attachment.instance-id', [...ids]))
    if (isPrimary(one)) found.set(one.NetworkInterfaceId ?? '', one)
  return [...found.values()]
}

const find = async (
  ec2: EC2Client,
  source: Source,
): Promise<{ found: NetworkInterface[]; missing: string[] }> => {
  if (source.by === 'tag') {
    const found = await byTag(ec2, source)
    return {
      found,
      missing: found.length > 0 ? [] : ['No instance or network interface carries these tags.'],
    }
  }
  if (source.by === 'eni') {
    const found = await interfacesBy(ec2, 'network-interface-id', source.ids)
    const known = new Set(found.map(({ NetworkInterfaceId }) => NetworkInterfaceId))
    return {
      found,
      missing: source.ids.filter((id) => !known.has(id)).map((id) => `There is no network interface ${id}.`),
    }
  }
  const found = (await interfacesBy(ec2, 'attachment.instance-id', source.ids)).filter(isPrimary)
  const known = new Set(found.map(({ Attachment }) => Attachment?.InstanceId))
  return {
    found,
    missing: source.ids
      .filter((id) => !known.has(id))
      .map((id) => `There is no instance ${id} with a network interface.`),
  }
}

/** Resolves a source to its ENIs as they are now, each with its verdict, in order of their ids. */
export const resolveSource = async (ec2: EC2Client, source: Source): Promise<ResolvedSource> => {
  const { found, missing } = await find(ec2, source)
  const instances = await instancesOf(ec2, found)
  const types = new Set([...instances.values()].flatMap(({ InstanceType: type }) => type ?? []))
  const ofTypes = await capacityOfTypes(ec2, types)
  const sources = found
    .map((one) => toSource(one, instances.get(one.Attachment?.InstanceId ?? '')))
    .sort((a, b) => (a.eni < b.eni ? -1 : 1))
  const capacity = new Map<string, NetworkCapacity>()
  for (const { eni, instanceType } of sources) {
    const known = instanceType === null ? undefined : ofTypes.get(instanceType)
    if (known) capacity.set(eni, known)
  }
  return { sources, capacity, missing }
}

/** One page of all network interfaces of the account and Region. @throws BadInterfaceToken */
export const listInterfaces = async (
  ec2: EC2Client,
  page: { maxResults: number; nextToken?: string | undefined },
): Promise<{ sources: SourceEni[]; nextToken: string | null }> => {
  const answer = await ec2
    .send(
      new DescribeNetworkInterfacesCommand({
        MaxResults: page.maxResults,
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      }),
    )
    .catch((error: unknown) => {
      if (page.nextToken !== undefined && isBadToken(error)) throw new BadInterfaceToken({ cause: error })
      throw error
    })
  const found = answer.NetworkInterfaces ?? []
  const instances = await instancesOf(ec2, found)
  return {
    sources: found.map((one) => toSource(one, instances.get(one.Attachment?.InstanceId ?? ''))),
    nextToken: answer.NextToken ?? null,
  }
}

export class BadInterfaceToken extends Error {
  constructor(options?: ErrorOptions) {
    super('nextToken is not one that this list gave', options)
    this.name = 'BadInterfaceToken'
  }
}

const isBadToken = (error: unknown): boolean =>
  error instanceof Error &&
  ['InvalidNextToken', 'InvalidParameterValue', 'InvalidPaginationToken'].includes(error.name)
