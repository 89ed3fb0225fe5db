import {
  type ElasticLoadBalancingV2Client,
  type LoadBalancer,
  paginateDescribeLoadBalancers,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { interfacesBy } from '../interfaces.ts'
import type { Finder } from './finder.ts'

/**
 * An application load balancer’s interfaces come and go as it scales. They are known by their description alone:
 * `ELB app/NAME/ID`, the end of its ARN.
 */
export const findLoadBalancers: Finder<'load-balancer'> = async ({ ec2, elb }, { names }) => {
  const known = await balancersByName(elb)
  const missing: string[] = []
  const descriptions: string[] = []
  for (const name of names) {
    const one = known.get(name)
    if (!one) missing.push(`There is no load balancer ${name}.`)
    else if (one.Type !== 'application')
      missing.push(`${name} is a ${one.Type} load balancer, which passes packets on: mirror its targets.`)
    else descriptions.push(`ELB ${one.LoadBalancerArn?.split(':loadbalancer/')[1]}`)
  }
  const interfaces = await interfacesBy(ec2, 'description', descriptions)
  return { interfaces: interfaces.filter(({ RequesterId }) => RequesterId === 'amazon-elb'), missing }
}

/** All of them: asked by name, one that does not exist would be an error for all. */
const balancersByName = async (elb: ElasticLoadBalancingV2Client): Promise<Map<string, LoadBalancer>> => {
  const balancers = new Map<string, LoadBalancer>()
  for await (const page of paginateDescribeLoadBalancers({ client: elb }, {}))
    for (const one of page.LoadBalancers ?? []) balancers.set(one.LoadBalancerName ?? '', one)
  return balancers
}
