import type { Instance, NetworkInterface } from '@aws-sdk/client-ec2'
import { familyVerdict, type Verdict } from './families.ts'

/** Requester-managed interfaces that AWS documents as mirror sources; all others it excludes. */
const MIRRORED_REQUESTERS = /^amazon-(rds|elasticache)$/

const LOAD_BALANCERS = new Set(['network_load_balancer', 'load_balancer', 'gateway_load_balancer'])

/** Whether AWS would mirror this interface, as far as its APIs tell (traffic-mirroring-limits of the VPC guide). */
export const verdictOf = (one: NetworkInterface, instance: Instance | undefined): Verdict => {
  const type = one.InterfaceType ?? 'interface'
  if (one.PrivateIpAddress === undefined)
    return unsupported('It has no IPv4 address: AWS does not mirror in IPv6-only subnets.')
  if (LOAD_BALANCERS.has(type) || one.RequesterId === 'amazon-elb')
    return {
      verdict: 'undocumented',
      reason: 'AWS excludes load balancers from mirroring, though tools of its own mirror them.',
    }
  if (type !== 'interface') return unsupported(`AWS mirrors interfaces of the type interface, not ${type}.`)
  if (one.RequesterManaged) return managedVerdict(one, instance)
  if (!one.Attachment?.InstanceId)
    return unsupported('It is not attached to an instance: there is nothing to mirror.')
  return instanceVerdict(instance)
}

const managedVerdict = (one: NetworkInterface, instance: Instance | undefined): Verdict => {
  if (MIRRORED_REQUESTERS.test(one.RequesterId ?? ''))
    return { verdict: 'supported', reason: 'AWS mirrors the interfaces of RDS and ElastiCache.' }
  if (!/fargate|ecs/i.test(`${one.Description ?? ''} ${one.RequesterId ?? ''}`) && !isTaskInterface(one))
    return unsupported('AWS does not mirror interfaces that one of its services manages.')
  if (!one.Attachment?.InstanceId)
    return {
      verdict: 'undocumented',
      reason: 'AWS excludes Fargate tasks from mirroring, though tools mirror them.',
    }
  const host = instanceVerdict(instance)
  return host.verdict === 'supported'
    ? {
        verdict: 'unknown',
        reason: 'No list says whether AWS mirrors the interface of an ECS task on an EC2 instance.',
      }
    : host
}

const instanceVerdict = (instance: Instance | undefined): Verdict => {
  const state = instance?.State?.Name
  if (state !== undefined && state !== 'running' && state !== 'pending')
    return unsupported(`Its instance is ${state}: AWS would bill a session and mirror nothing.`)
  if (!instance?.InstanceType) return { verdict: 'unknown', reason: 'The type of its instance is not known.' }
  return familyVerdict(instance.InstanceType)
}

const unsupported = (reason: string): Verdict => ({ verdict: 'unsupported', reason })

/** ECS names a task’s interface by the ARN of its attachment (recorded DescribeNetworkInterfaces answers). */
const isTaskInterface = (one: NetworkInterface): boolean => /^arn:aws[\w-]*:ecs:/.test(one.Description ?? '')
