import { balancer, listener } from './load-balancer.ts'
import { OWN_TAGS } from './stage.ts'

/** What every mirror session of this deployment sends to. Without the UDP listener AWS drops packets in silence. */
export const mirrorTarget = new aws.ec2.TrafficMirrorTarget(
  'MirrorTarget',
  { networkLoadBalancerArn: balancer.arn, description: 'Shadowmeter gateways', tags: OWN_TAGS },
  { dependsOn: [listener] },
)

/** Never has a rule and so mirrors nothing: sessions of sources that join an experiment are made on it. */
export const parkingFilter = new aws.ec2.TrafficMirrorFilter('ParkingFilter', {
  description: 'Shadowmeter parking',
  tags: OWN_TAGS,
})
