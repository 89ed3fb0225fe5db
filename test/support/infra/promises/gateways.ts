import { expect } from 'vitest'
import { type Deployment, list } from '../stages.ts'

/** How gateways run, and what reaches them and what they reach. */
export const GATEWAY_PROMISES = {
  'listens on UDP 4789 and checks health on another port over TCP': (deployment: Deployment) => {
    const listeners = deployment.all('aws:lb/listener:Listener')
    expect(listeners.map(({ inputs }) => [inputs.protocol, inputs.port])).toEqual([['UDP', 4789]])
    const group = deployment.named('aws:lb/targetGroup:TargetGroup', 'Gateways').inputs
    expect(group).toMatchObject({
      protocol: 'UDP',
      port: 4789,
      targetType: 'ip',
      healthCheck: { protocol: 'HTTP', port: '8080', path: '/healthz' },
      connectionTermination: true,
    })
    expect(group.deregistrationDelay).toBeLessThan(120)
  },

  'maps the UDP ports and the health port in the task': ({ container }: Deployment) => {
    expect(container.portMappings).toEqual([
      { containerPort: 4789, hostPort: 4789, protocol: 'udp' },
      { containerPort: 8080, hostPort: 8080, protocol: 'tcp' },
      { containerPort: 8081, hostPort: 8081, protocol: 'udp' },
    ])
    const environment = Object.fromEntries(container.environment.map(({ name, value }) => [name, value]))
    expect(environment).toMatchObject({
      SHADOWMETER_LISTEN: '0.0.0.0:4789',
      SHADOWMETER_HEALTH: '0.0.0.0:8080',
      SHADOWMETER_NEIGHBOURS: '0.0.0.0:8081',
    })
  },

  'runs gateways on ARM without root, capabilities or a writable file system': (deployment: Deployment) => {
    const task = deployment.named('aws:ecs/taskDefinition:TaskDefinition', 'GatewayTaskTask').inputs
    expect(task.runtimePlatform).toMatchObject({ cpuArchitecture: 'ARM64' })
    const { container } = deployment
    expect(container).toMatchObject({
      user: '1000:1000',
      readonlyRootFilesystem: true,
      linuxParameters: { capabilities: { drop: ['ALL'] } },
    })
    expect(container.healthCheck.command.join(' ')).toContain('/healthz')
  },

  'gives a task the time to finish': ({ container }: Deployment) => {
    const stop = container.environment.find(({ name }) => name === 'SHADOWMETER_STOP_SECONDS')?.value
    expect(container.stopTimeout).toBeLessThanOrEqual(120)
    expect(container.stopTimeout).toBeGreaterThan(Number(stop) + 4)
  },

  'starts no gateway and leaves their number to the control plane': (deployment: Deployment) => {
    const service = deployment.named('aws:ecs/service:Service', 'GatewayService').inputs
    expect(service.desiredCount).toBe(0)
    expect(deployment.resources.filter(({ type }) => type.startsWith('aws:appautoscaling/'))).toEqual([])
  },

  'keeps gateways out of the internet': (deployment: Deployment) => {
    const service = deployment.named('aws:ecs/service:Service', 'GatewayService').inputs
    expect(service.networkConfiguration.assignPublicIp).toBe(false)
    expect(service.enableExecuteCommand).toBe(false)
    expect(deployment.named('aws:lb/loadBalancer:LoadBalancer', 'Balancer').inputs.internal).toBe(true)
    expect(deployment.resources.filter(({ type }) => /natGateway|eip:Eip/.test(type))).toEqual([])
  },

  'lets packets in from the sources only, and requests out to the shadows only': (deployment: Deployment) => {
    const into = deployment.all('aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule').map(ruleOf)
    const out = deployment.all('aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule').map(ruleOf)
    expect([...into, ...out].filter(({ to }) => to === '0.0.0.0/0' || to === '::/0')).toEqual([])
    expect(into.filter(({ of }) => of === 'GatewaySecurityGroup-id')).toEqual([
      { of: 'GatewaySecurityGroup-id', to: 'BalancerSecurityGroup-id', port: 'udp 4789-4789' },
      { of: 'GatewaySecurityGroup-id', to: 'BalancerSecurityGroup-id', port: 'tcp 8080-8080' },
      AMONG_GATEWAYS,
    ])
    const sources = into.filter(({ of }) => of === 'BalancerSecurityGroup-id')
    expect(sources.map(({ port }) => port)).toEqual(sources.map(() => 'udp 4789-4789'))
    expect(sources.length).toBeGreaterThan(0)
    const fromGateways = out.filter(({ of }) => of === 'GatewaySecurityGroup-id')
    expect(fromGateways.filter(({ to }) => to === 'GatewaySecurityGroup-id')).toEqual([AMONG_GATEWAYS])
    const shadows = fromGateways.filter(({ of, to, port }) => to !== of && port !== 'tcp 443-443')
    expect(shadows.map(({ to }) => to).every((to) => /^10\.(20\.9\.20\/32|90\.0\.0\/16)$/.test(to))).toBe(
      true,
    )
  },

  'gives a new VPC’s free endpoints no way out of the account': (deployment: Deployment) => {
    if (deployment.all('aws:ec2/vpc:Vpc').length === 0) return
    for (const name of ['dynamodb', 's3']) {
      const { policy } = deployment.named('aws:ec2/vpcEndpoint:VpcEndpoint', `Endpoint${name}`).inputs
      const [statement] = JSON.parse(policy).Statement
      expect(list(statement.Action)).not.toContain('*')
      expect(list(statement.Resource)).not.toContain('*')
    }
  },

  'writes no secret into a task definition, a function or a log': (deployment: Deployment) => {
    const text = JSON.stringify(
      deployment.resources.filter(({ type }) => /taskDefinition|lambda\/function|docker-build/.test(type)),
    )
    expect(text).not.toContain('secret-of-a-shadow')
    for (const { valueFrom } of deployment.container.secrets) expect(valueFrom).toContain(':parameter/')
  },
}

/** Tasks ask each other what they have seen. */
const AMONG_GATEWAYS = {
  of: 'GatewaySecurityGroup-id',
  to: 'GatewaySecurityGroup-id',
  port: 'udp 8081-8081',
}

// biome-ignore lint/suspicious/noExplicitAny: a provider's inputs
const ruleOf = ({ inputs }: { inputs: Record<string, any> }) => ({
  of: String(inputs.securityGroupId),
  to: String(inputs.cidrIpv4 ?? inputs.referencedSecurityGroupId ?? inputs.prefixListId),
  port: `${inputs.ipProtocol} ${inputs.fromPort}-${inputs.toPort}`,
})
