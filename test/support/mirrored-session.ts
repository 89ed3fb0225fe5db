import type { MirroredSession } from '../../local/aws/mirroring-snapshot.ts'

/** An active session on a load balancer that mirrors nothing yet, with what a test cares about changed. */
export const mirroredSession = (changes: Partial<MirroredSession> = {}): MirroredSession => ({
  id: 'tms-00000000000000001',
  number: 1,
  networkInterfaceId: 'eni-00000000000000001',
  privateIp: '127.0.0.1',
  mac: '02:00:00:00:00:01',
  availabilityZone: 'us-east-1a',
  instanceId: 'i-00000000000000001',
  active: true,
  reason: null,
  virtualNetworkId: 5_569_041,
  packetLength: null,
  filterId: 'tmf-00000000000000001',
  networkServices: [],
  ingress: [],
  egress: [],
  targetId: 'tmt-00000000000000001',
  target: { kind: 'load-balancer', arn: balancerArn },
  ...changes,
})

export const balancerArn =
  'arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/mirror/0123456789abcdef'
