import { BlockList } from 'node:net'
import { expect } from 'vitest'
import { fargateProblems, modelProblems } from '../ecs-model.ts'
import { ACCOUNT } from '../made-up.ts'
import { type Deployment, list, type Statement } from '../stages.ts'

/** What SST's components or AWS's services do by default and a deployment must not. */
export const DEFAULT_PROMISES = {
  'lets no page of another origin call a bucket or an API': (deployment: Deployment) => {
    expect(deployment.all('aws:s3/bucketCorsConfiguration:BucketCorsConfiguration')).toEqual([])
    for (const { inputs, name } of deployment.all('aws:apigatewayv2/api:Api'))
      expect(inputs.corsConfiguration ?? {}, name).toEqual({})
  },

  'opens no bucket to the public, nor to anybody without TLS': (deployment: Deployment) => {
    for (const { inputs, name } of deployment.all('aws:s3/bucket:Bucket')) {
      const of = (type: string) => deployment.all(type).filter((one) => one.inputs.bucket === inputs.bucket)
      const [block] = of('aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock')
      expect(block?.inputs, name).toMatchObject({
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      })
      const [policy] = of('aws:s3/bucketPolicy:BucketPolicy')
      const { Statement: statements } = JSON.parse(policy?.inputs.policy) as { Statement: Statement[] }
      expect(statements.filter(({ Effect }) => Effect === 'Deny')).toMatchObject([
        { Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      ])
      // CloudFront reads the console's files.
      for (const { Principal, Action } of statements.filter(({ Effect }) => Effect === 'Allow'))
        expect([name, Principal, Action]).toEqual([
          'ConsoleAssetsBucket',
          { Service: 'cloudfront.amazonaws.com' },
          's3:GetObject',
        ])
    }
  },

  'attaches no policy of AWS’s but those that write a log and pull an image': (deployment: Deployment) => {
    for (const { inputs, name } of deployment.roles)
      expect(
        list<string>(inputs.managedPolicyArns).map((arn) => arn.split('/').at(-1)),
        name,
      ).toEqual(
        name === 'GatewayTaskExecutionRole'
          ? ['AmazonECSTaskExecutionRolePolicy']
          : /^(ScheduleRole|TickRole|GatewayTaskTaskRole)$/.test(name)
            ? []
            : ['AWSLambdaBasicExecutionRole'],
      )
    const attached = deployment.resources.filter(({ type }) => /RolePolicyAttachment$/.test(type))
    expect(attached).toEqual([])
  },

  'runs functions on Node 24 on ARM and forgets their logs in time': (deployment: Deployment) => {
    const functions = deployment
      .all('aws:lambda/function:Function')
      // In `sst dev` the others are SST's bridge to the developer's machine.
      .filter(({ inputs }) => !/\(?live\)?$/.test(inputs.description))
    expect(functions.length).toBeGreaterThan(0)
    for (const { inputs, name } of functions) {
      expect([inputs.runtime, inputs.architectures], name).toEqual(['nodejs24.x', ['arm64']])
      expect(inputs.loggingConfig.logFormat, name).toBe('JSON')
    }
    for (const { inputs, name } of deployment.all('aws:cloudwatch/logGroup:LogGroup'))
      expect([30, 365], name).toContain(inputs.retentionInDays)
  },

  'lets AWS’s services in for its own resources only': (deployment: Deployment) => {
    const policies = [
      ...deployment.all('aws:sns/topicPolicy:TopicPolicy').filter(({ name }) => name !== 'NoticesPolicy'),
      ...deployment.all('aws:sqs/queuePolicy:QueuePolicy'),
    ]
    expect(policies).toHaveLength(2)
    for (const { inputs, name } of policies)
      for (const statement of (JSON.parse(inputs.policy) as { Statement: Statement[] }).Statement) {
        expect(Object.keys(statement.Principal as object), name).toEqual(['Service'])
        const { StringEquals: equals, ArnEquals: arns } = statement.Condition ?? {}
        const sources = list(arns?.['aws:SourceArn'])
        expect(equals?.['aws:SourceAccount'] ?? sources.length, name).toBeTruthy()
        for (const source of sources) expect(source, name).toContain(`:${ACCOUNT}:`)
      }
    for (const { inputs, name } of deployment.all('aws:lambda/permission:Permission')) {
      expect(inputs.principal, name).toMatch(/^(events|apigateway)\.amazonaws\.com$/)
      expect(inputs.sourceArn, name).toContain(`:${ACCOUNT}:`)
    }
    expect(deployment.resources.filter(({ type }) => /lambda\/functionUrl/.test(type))).toEqual([])
  },

  'cuts a new network out of its own range, with private subnets for gateways': (deployment: Deployment) => {
    const [vpc] = deployment.all('aws:ec2/vpc:Vpc')
    if (!vpc) return
    const [address, length] = String(vpc.inputs.cidrBlock).split('/')
    const range = new BlockList()
    range.addSubnet(address ?? '', Number(length))
    const taken = new BlockList()
    const subnets = deployment.all('aws:ec2/subnet:Subnet')
    for (const { inputs, name } of subnets) {
      const [start = '', size] = String(inputs.cidrBlock).split('/')
      expect(range.check(start), `${name} ${inputs.cidrBlock}`).toBe(true)
      expect(taken.check(start), `${name} ${inputs.cidrBlock}`).toBe(false)
      expect(Number(size), name).toBeGreaterThan(Number(length))
      taken.addSubnet(start, Number(size))
    }
    const closed = subnets.filter(({ inputs }) => !inputs.mapPublicIpOnLaunch).map(({ name }) => `${name}-id`)
    const service = deployment.named('aws:ecs/service:Service', 'GatewayService').inputs
    const balancer = deployment.named('aws:lb/loadBalancer:LoadBalancer', 'Balancer').inputs
    for (const used of [service.networkConfiguration.subnets, balancer.subnets])
      expect(used.toSorted()).toEqual(closed.toSorted())
  },

  'lets nothing in or out by a new network’s default group': (deployment: Deployment) => {
    for (const { inputs } of deployment.all('aws:ec2/defaultSecurityGroup:DefaultSecurityGroup'))
      expect([inputs.ingress, inputs.egress]).toEqual([[], []])
  },

  'tries a tick again within its minute': (deployment: Deployment) => {
    const { inputs } = deployment.named('aws:scheduler/schedule:Schedule', 'TickSchedule')
    expect(inputs.target.retryPolicy).toEqual({ maximumRetryAttempts: 2, maximumEventAgeInSeconds: 60 })
  },

  'has a task definition by ECS’s own model, for Fargate': (deployment: Deployment) => {
    const { inputs } = deployment.named('aws:ecs/taskDefinition:TaskDefinition', 'GatewayTaskTask')
    const { trackLatest: _, ...given } = inputs
    const definition = {
      ...given,
      family: String(inputs.family),
      containerDefinitions: JSON.parse(inputs.containerDefinitions),
    }
    expect(modelProblems(definition)).toEqual([])
    expect(fargateProblems(definition)).toEqual([])
    expect(inputs.requiresCompatibilities).toEqual(['FARGATE'])
    const service = deployment.named('aws:ecs/service:Service', 'GatewayService').inputs
    const { name, portMappings } = deployment.container
    for (const { containerName, containerPort } of service.loadBalancers) {
      expect(containerName).toBe(name)
      expect(portMappings).toContainEqual({ containerPort, hostPort: containerPort, protocol: 'udp' })
    }
  },
}
