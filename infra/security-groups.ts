import { isPresent, network, sourceCidrs } from './network.ts'
import { HEALTH, NEIGHBOURS, VXLAN } from './ports.ts'
import { inputs, region } from './stage.ts'

/** A group whose rules are the resources below; one made without any has no “all outbound” rule either. */
const group = (name: string, description: string) =>
  new aws.ec2.SecurityGroup(name, { vpcId: network.vpc, description, revokeRulesOnDelete: true })

export const balancerGroup = group('BalancerSecurityGroup', 'Shadowmeter: mirrored packets come in here')
export const gatewayGroup = group('GatewaySecurityGroup', 'Shadowmeter: gateways')
export const endpointGroup = group('EndpointSecurityGroup', 'Shadowmeter: AWS endpoints of the gateways')

type Ends = Omit<
  aws.vpc.SecurityGroupIngressRuleArgs,
  'securityGroupId' | 'ipProtocol' | 'fromPort' | 'toPort'
>
const into = (name: string, to: aws.ec2.SecurityGroup, protocol: 'udp' | 'tcp', port: number, from: Ends) =>
  new aws.vpc.SecurityGroupIngressRule(name, {
    securityGroupId: to.id,
    ipProtocol: protocol,
    fromPort: port,
    toPort: port,
    ...from,
  })
const outOf = (name: string, from: aws.ec2.SecurityGroup, protocol: 'udp' | 'tcp', port: number, to: Ends) =>
  new aws.vpc.SecurityGroupEgressRule(name, {
    securityGroupId: from.id,
    ipProtocol: protocol,
    fromPort: port,
    toPort: port,
    ...to,
  })

sourceCidrs.apply((cidrs) => {
  for (const cidrIpv4 of cidrs) into(`VxlanFrom${cidrIpv4}`, balancerGroup, 'udp', VXLAN, { cidrIpv4 })
})
outOf('VxlanToGateways', balancerGroup, 'udp', VXLAN, { referencedSecurityGroupId: gatewayGroup.id })
outOf('HealthToGateways', balancerGroup, 'tcp', HEALTH, { referencedSecurityGroupId: gatewayGroup.id })

// By the load balancer’s group although it keeps the senders’ addresses: nobody reaches a gateway past it.
into('VxlanFromBalancer', gatewayGroup, 'udp', VXLAN, { referencedSecurityGroupId: balancerGroup.id })
into('HealthFromBalancer', gatewayGroup, 'tcp', HEALTH, { referencedSecurityGroupId: balancerGroup.id })
// Of each other alone.
into('NeighboursIn', gatewayGroup, 'udp', NEIGHBOURS, { referencedSecurityGroupId: gatewayGroup.id })
outOf('NeighboursOut', gatewayGroup, 'udp', NEIGHBOURS, { referencedSecurityGroupId: gatewayGroup.id })

for (const { cidr, ports } of inputs.shadows)
  for (const port of ports) outOf(`Shadow${cidr}Port${port}`, gatewayGroup, 'tcp', port, { cidrIpv4: cidr })
for (const service of ['dynamodb', 's3'])
  outOf(`Https${service}`, gatewayGroup, 'tcp', 443, {
    prefixListId: aws.ec2.getPrefixListOutput({ name: `com.amazonaws.${region}.${service}` }).id,
  })
outOf('HttpsEndpoints', gatewayGroup, 'tcp', 443, { referencedSecurityGroupId: endpointGroup.id })
into('HttpsFromGateways', endpointGroup, 'tcp', 443, { referencedSecurityGroupId: gatewayGroup.id })
// The groups of endpoints that were there before are not known here.
if (isPresent('ecr.api') || isPresent('ecr.dkr') || isPresent('logs') || isPresent('ssm'))
  outOf('HttpsEndpointsPresent', gatewayGroup, 'tcp', 443, { cidrIpv4: network.cidr })
