import type { NetworkInterface } from '@aws-sdk/client-ec2'
import type { Source } from '../../../contract/source.ts'

/** Why a source leaves out an interface that it finds, as one sentence; null when it does not. */
export const leftOut = (
  source: Source,
  one: NetworkInterface,
  tags: Readonly<Record<string, string>>,
): string | null => {
  const { account, vpcs, subnets, exclude = {} } = source
  if (account !== undefined && one.OwnerId !== account)
    return `It belongs to the account ${one.OwnerId}, not ${account}.`
  if (vpcs && !vpcs.includes(one.VpcId ?? '')) return `Its VPC, ${one.VpcId}, is not one of the source’s.`
  if (subnets && !subnets.includes(one.SubnetId ?? ''))
    return `Its subnet, ${one.SubnetId}, is not one of the source’s.`
  if (exclude.enis?.includes(one.NetworkInterfaceId ?? '')) return 'The source excludes it.'
  const instance = one.Attachment?.InstanceId
  if (instance !== undefined && exclude.instances?.includes(instance))
    return `The source excludes its instance, ${instance}.`
  const tag = Object.entries(exclude.tags ?? {}).find(([key, value]) => tags[key] === value)
  return tag ? `The source excludes the tag ${tag[0]} = ${tag[1]}.` : null
}
