import type { EC2Client } from '@aws-sdk/client-ec2'
import {
  DescribeLoadBalancersCommand,
  type ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Balancer } from '../experiments/shadow-problems.ts'
import { chunked } from './chunks.ts'
import { interfacesBy } from './interfaces.ts'

/** DescribeLoadBalancers takes 20 ARNs. */
const ARNS = 20

/**
 * Load balancers with the addresses that they have now. Their interfaces say whose they are in the description alone: ELB
 * app/name/id (docs.aws.amazon.com/elasticloadbalancing/latest/application, “Load balancer IP addresses”).
 */
export const describeBalancers = async (
  { elb, ec2 }: { elb: ElasticLoadBalancingV2Client; ec2: EC2Client },
  arns: ReadonlySet<string>,
): Promise<Balancer[]> => {
  if (arns.size === 0) return []
  const descriptions = [...arns].map(descriptionOf)
  const [pages, interfaces] = await Promise.all([
    Promise.all(
      [...chunked([...arns], ARNS)].map((LoadBalancerArns) =>
        elb.send(new DescribeLoadBalancersCommand({ LoadBalancerArns })),
      ),
    ),
    interfacesBy(ec2, 'description', descriptions),
  ])
  return pages
    .flatMap(({ LoadBalancers = [] }) => LoadBalancers)
    .map(({ LoadBalancerArn: arn = '', LoadBalancerName: name = '', DNSName: dnsName = '' }) => ({
      name,
      dnsName,
      addresses: interfaces
        .filter(({ Description }) => Description === descriptionOf(arn))
        .flatMap(({ PrivateIpAddresses = [], Ipv6Addresses = [], Association }) => [
          ...PrivateIpAddresses.flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
          ...Ipv6Addresses.flatMap(({ Ipv6Address }) => Ipv6Address ?? []),
          ...(Association?.PublicIp === undefined ? [] : [Association.PublicIp]),
        ]),
    }))
}

const descriptionOf = (arn: string): string => `ELB ${arn.split(':loadbalancer/')[1] ?? ''}`
