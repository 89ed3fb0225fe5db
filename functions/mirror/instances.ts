import { type EC2Client, type Filter, type Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2'
import { chunked } from './chunks.ts'
import { FILTER_VALUES } from './interfaces.ts'

const PAGE = 1000

/** All pages of what passes every filter. */
export const instancesWith = async (ec2: EC2Client, filters: Filter[]): Promise<Instance[]> => {
  const found: Instance[] = []
  for await (const page of paginateDescribeInstances({ client: ec2, pageSize: PAGE }, { Filters: filters }))
    for (const { Instances = [] } of page.Reservations ?? []) found.push(...Instances)
  return found
}

/** By id; one that is gone is absent. */
export const instancesById = async (
  ec2: EC2Client,
  ids: Iterable<string>,
): Promise<Map<string, Instance>> => {
  const instances = new Map<string, Instance>()
  for (const Values of chunked([...new Set(ids)], FILTER_VALUES))
    for (const instance of await instancesWith(ec2, [{ Name: 'instance-id', Values }]))
      instances.set(instance.InstanceId ?? '', instance)
  return instances
}
