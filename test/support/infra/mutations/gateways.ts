import { type Break, inContainer, type Mutation } from '../mutation.ts'

/** Lets more than the one security group that an ingress rule names reach the gateways. */
const openToTheVpc =
  (rule: string): Break =>
  (deployment) => {
    const { inputs } = deployment.named('aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule', rule)
    inputs.referencedSecurityGroupId = undefined
    inputs.cidrIpv4 = '10.0.0.0/8'
  }

export const GATEWAY_MUTATIONS: Mutation[] = [
  [
    'a listener on TCP',
    'listens on UDP 4789 and checks health on another port over TCP',
    (deployment) => {
      deployment.named('aws:lb/listener:Listener', 'Vxlan').inputs.protocol = 'TCP'
    },
  ],
  [
    'a health check on the mirror port',
    'listens on UDP 4789 and checks health on another port over TCP',
    (deployment) => {
      deployment.named('aws:lb/targetGroup:TargetGroup', 'Gateways').inputs.healthCheck.port = '4789'
    },
  ],
  [
    'SST’s own port mapping',
    'maps the UDP ports and the health port in the task',
    inContainer((container) => {
      container.portMappings = [{ containerPortRange: '1-65535' }]
    }),
  ],
  [
    'a container that runs as root',
    'runs gateways on ARM without root, capabilities or a writable file system',
    inContainer((container) => {
      delete container.user
    }),
  ],
  [
    'a kill before the last report',
    'gives a task the time to finish',
    inContainer((container) => {
      container.stopTimeout = 30
    }),
  ],
  [
    'a gateway at rest',
    'starts no gateway and leaves their number to the control plane',
    (deployment) => {
      deployment.named('aws:ecs/service:Service', 'GatewayService').inputs.desiredCount = 2
    },
  ],
  [
    'a public address',
    'keeps gateways out of the internet',
    (deployment) => {
      deployment.named(
        'aws:ecs/service:Service',
        'GatewayService',
      ).inputs.networkConfiguration.assignPublicIp = true
    },
  ],
  [
    'egress to everywhere',
    'lets packets in from the sources only, and requests out to the shadows only',
    (deployment) => {
      const [rule] = deployment.all('aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule')
      if (rule) Object.assign(rule.inputs, { cidrIpv4: '0.0.0.0/0' })
    },
  ],
  [
    'mirrored packets past the load balancer',
    'lets packets in from the sources only, and requests out to the shadows only',
    openToTheVpc('VxlanFromBalancer'),
  ],
  [
    'a port for gateways that the whole VPC reaches',
    'lets packets in from the sources only, and requests out to the shadows only',
    openToTheVpc('NeighboursIn'),
  ],
  [
    'a free endpoint that leads to every table',
    'gives a new VPC’s free endpoints no way out of the account',
    (deployment) => {
      const { inputs } = deployment.named('aws:ec2/vpcEndpoint:VpcEndpoint', 'Endpointdynamodb')
      const [statement] = JSON.parse(inputs.policy).Statement
      inputs.policy = JSON.stringify({ Statement: [{ ...statement, Resource: '*' }] })
    },
    'personal',
  ],
  [
    'a secret in the open',
    'writes no secret into a task definition, a function or a log',
    inContainer((container) => {
      container.environment.push({ name: 'TOKEN', value: 'secret-of-a-shadow' })
    }),
  ],
]
