import { network } from './network.ts'
import { HEALTH, VXLAN } from './ports.ts'
import { balancerGroup } from './security-groups.ts'
import { inputs, isProduction } from './stage.ts'

/**
 * In every zone of its network from the start: mirroring does not use a zone that is added later unless packets may cross
 * zones. It gets its security group at once, since a load balancer made without one never gets one.
 */
export const balancer = new aws.lb.LoadBalancer('Balancer', {
  internal: true,
  loadBalancerType: 'network',
  ipAddressType: 'ipv4',
  subnets: network.subnets,
  securityGroups: [balancerGroup.id],
  enableCrossZoneLoadBalancing: inputs.crossZone,
  enableDeletionProtection: isProduction,
})

export const targetGroup = new aws.lb.TargetGroup('Gateways', {
  vpcId: network.vpc,
  targetType: 'ip',
  protocol: 'UDP',
  port: VXLAN,
  // UDP cannot be checked: over TCP, on another port, and by HTTP, so that a task which drains or has no configuration
  // yet gets no packets.
  healthCheck: {
    protocol: 'HTTP',
    port: `${HEALTH}`,
    path: '/healthz',
    interval: 10,
    timeout: 5,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
  },
  // Flows of mirrored packets hardly ever end by themselves: they are cut when a task goes.
  deregistrationDelay: 30,
  connectionTermination: true,
})

export const listener = new aws.lb.Listener('Vxlan', {
  loadBalancerArn: balancer.arn,
  protocol: 'UDP',
  port: VXLAN,
  defaultActions: [{ type: 'forward', targetGroupArn: targetGroup.arn }],
})
