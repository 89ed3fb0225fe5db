import { interfacesBy } from '../interfaces.ts'
import type { Finder } from './finder.ts'

export const findEnis: Finder<'eni'> = async ({ ec2 }, { ids }) => {
  const interfaces = await interfacesBy(ec2, 'network-interface-id', ids)
  const known = new Set(interfaces.map(({ NetworkInterfaceId }) => NetworkInterfaceId))
  return {
    interfaces,
    missing: ids.filter((id) => !known.has(id)).map((id) => `There is no network interface ${id}.`),
  }
}
