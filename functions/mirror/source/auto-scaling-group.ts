import {
  type AutoScalingClient,
  type AutoScalingGroup,
  paginateDescribeAutoScalingGroups,
} from '@aws-sdk/client-auto-scaling'
import { chunked } from '../chunks.ts'
import { interfacesOfInstances } from '../interfaces.ts'
import type { Finder } from './finder.ts'

/** Most groups in one answer of DescribeAutoScalingGroups (MaxRecords). */
const GROUPS = 100

/** Instances that are starting, in standby or on their way out take no traffic: only those in service count. */
export const findAutoScalingGroups: Finder<'auto-scaling-group'> = async (
  { ec2, autoScaling },
  { names, interfaces: which },
) => {
  const groups = await describeGroups(autoScaling, names)
  const serving = groups.map(({ AutoScalingGroupName: name = '', Instances = [] }) => ({
    name,
    ids: Instances.flatMap(({ InstanceId, LifecycleState }) =>
      InstanceId && LifecycleState === 'InService' ? [InstanceId] : [],
    ),
  }))
  const known = new Set(serving.map(({ name }) => name))
  return {
    interfaces: await interfacesOfInstances(
      ec2,
      serving.flatMap(({ ids }) => ids),
      which,
    ),
    missing: [
      ...names.filter((name) => !known.has(name)).map((name) => `There is no Auto Scaling group ${name}.`),
      ...serving.flatMap(({ name, ids }) =>
        ids.length > 0 ? [] : [`The Auto Scaling group ${name} has no instance in service.`],
      ),
    ],
  }
}

/** A name that does not exist is absent from the answer. */
const describeGroups = async (
  autoScaling: AutoScalingClient,
  names: readonly string[],
): Promise<AutoScalingGroup[]> => {
  const groups: AutoScalingGroup[] = []
  for (const AutoScalingGroupNames of chunked(names, GROUPS))
    for await (const page of paginateDescribeAutoScalingGroups(
      { client: autoScaling, pageSize: GROUPS },
      { AutoScalingGroupNames },
    ))
      groups.push(...(page.AutoScalingGroups ?? []))
  return groups
}
