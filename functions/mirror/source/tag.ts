import type { NetworkInterface } from '@aws-sdk/client-ec2'
import { instancesWith } from '../instances.ts'
import { interfacesOfInstances, interfacesWith } from '../interfaces.ts'
import type { Finder } from './finder.ts'

/** EC2 takes `*` and `?` in a filter’s value for wildcards; a backslash makes them what they are. */
const literally = (value: string): string => value.replace(/[*?\\]/g, '\\$&')

/** Interfaces that carry the tags themselves, and those of instances that do. */
export const findTagged: Finder<'tag'> = async ({ ec2 }, { tags, match, interfaces: which }) => {
  const filters = Object.entries(tags).map(([key, value]) => ({
    Name: `tag:${key}`,
    Values: [literally(value)],
  }))
  const sets = match === 'all' ? [filters] : filters.map((filter) => [filter])
  const instances = new Set<string>()
  const found = new Map<string, NetworkInterface>()
  const keep = (one: NetworkInterface) => void found.set(one.NetworkInterfaceId ?? '', one)
  for (const set of sets) {
    for (const { InstanceId = '' } of await instancesWith(ec2, set)) instances.add(InstanceId)
    for (const one of await interfacesWith(ec2, set)) keep(one)
  }
  for (const one of await interfacesOfInstances(ec2, instances, which)) keep(one)
  return {
    interfaces: [...found.values()],
    missing: found.size > 0 ? [] : ['No instance or network interface carries these tags.'],
  }
}
