import { interfacesOfInstances } from '../interfaces.ts'
import type { Finder } from './finder.ts'

export const findInstances: Finder<'instance'> = async ({ ec2 }, { ids, interfaces: which }) => {
  const interfaces = await interfacesOfInstances(ec2, ids, which)
  const known = new Set(interfaces.map(({ Attachment }) => Attachment?.InstanceId))
  return {
    interfaces,
    missing: ids
      .filter((id) => !known.has(id))
      .map((id) => `There is no instance ${id} with a network interface.`),
  }
}
