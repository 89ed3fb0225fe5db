import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { NOTICE_DETAIL_TYPE, NOTICE_KINDS, NOTICE_SOURCE } from '../../../contract/notice.ts'
import { DEFAULT_PROMISES } from './default-promises.ts'
import { ACCOUNT } from './made-up.ts'
import { type Deployment, list, type Statement } from './stages.ts'

/** How AWS counts mirroring: by instance, every five minutes with basic monitoring. */
const BY_INSTANCE = ['AWS/EC2', 'InstanceId)', '"period":300']
/** By alarm, what it must look at. */
const WATCHED = {
  'tick-late': ['AWS/Lambda', 'Invocations', '-control'],
  'tick-fails': ['AWS/Lambda', 'Errors', '-control'],
  'dead-letters': ['ApproximateAgeOfOldestMessage', 'DeadLetters'],
  'session-past-expiry': ['swept-sessions'],
  'spend-forecast': ['forecast-share', 'Maximum'],
  'packets-lost': ['KernelOverflow', 'RingFull', 'PacketsLeftOut'],
  'packets-refused': ['DatagramsRefused', 'DatagramsReceived'],
  'conservation-broken': ['ConservationViolations'],
  'api-fails': ['AWS/Lambda', 'Errors', 'ApiHandler'],
  'mirrors-skipped': [...BY_INSTANCE, 'NetworkSkipMirrorIn', 'NetworkSkipMirrorOut'],
  'mirrored-but-not-received': [...BY_INSTANCE, 'NetworkMirrorIn', 'NetworkMirrorOut', 'ProcessedBytes_UDP'],
} as const

/** What a deployment promises, as checks that throw. Each is known to bite: mutations.test.ts breaks it. */
export const PROMISES = {
  ...DEFAULT_PROMISES,

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

  'hands notices, in the words that the code uses, to a topic that only EventBridge may publish to': (
    deployment: Deployment,
  ) => {
    const { SHADOWMETER_DEPLOYMENT, SHADOWMETER_PRE_NOTICE_MINUTES } =
      deployment.environment('ControlFunction')
    const [policy] = deployment
      .all('aws:sns/topicPolicy:TopicPolicy')
      .filter(({ name }) => name === 'NoticesPolicy')
    if (policy === undefined) {
      expect(SHADOWMETER_PRE_NOTICE_MINUTES).toBe('0')
      return
    }
    const topic = deployment.named('aws:cloudwatch/eventTarget:EventTarget', 'NoticesTarget').inputs.arn
    const { eventPattern } = deployment.named('aws:cloudwatch/eventRule:EventRule', 'NoticesRule').inputs
    const { source, detail, 'detail-type': types } = JSON.parse(eventPattern)
    expect([source, types]).toEqual([[NOTICE_SOURCE], [NOTICE_DETAIL_TYPE]])
    expect(detail.deployment).toEqual([SHADOWMETER_DEPLOYMENT])
    expect(NOTICE_KINDS).toEqual(expect.arrayContaining(detail.kind))
    expect(detail.kind).toEqual(
      expect.arrayContaining(['announced', 'started', 'stage', 'over-budget', 'aborted', 'ended']),
    )
    // No condition: EventBridge tells SNS nothing to go by.
    expect((JSON.parse(policy.inputs.policy) as { Statement: Statement[] }).Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'sns:Publish',
        Resource: topic,
        Principal: { Service: 'events.amazonaws.com' },
      },
    ])
    expect(Number(SHADOWMETER_PRE_NOTICE_MINUTES)).toBe(30)
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

  'keeps and protects production’s data': (deployment: Deployment) => {
    const isProduction = deployment.resources[0]?.inputs.removal === 'retain'
    const table = deployment.named('aws:dynamodb/table:Table', 'TableTable').inputs
    expect(table.deletionProtectionEnabled).toBe(isProduction)
    expect(table.pointInTimeRecovery.enabled).toBe(true)
    expect(deployment.resources[0]?.inputs.protect).toBe(isProduction)
    const balancer = deployment.named('aws:lb/loadBalancer:LoadBalancer', 'Balancer').inputs
    expect(balancer.enableDeletionProtection).toBe(isProduction)
  },

  'stores evidence encrypted, in versions, for its days, and for nobody outside': (
    deployment: Deployment,
  ) => {
    const isProduction = deployment.resources[0]?.inputs.removal === 'retain'
    const bucket = deployment.named('aws:s3/bucket:Bucket', 'StorageBucket').inputs
    expect(bucket.forceDestroy).toBe(!isProduction)
    expect(deployment.environment('ControlFunction').SHADOWMETER_EVIDENCE_BUCKET).toBe(bucket.bucket)
    const of = (type: string): Deployment['resources'][number]['inputs'][] =>
      deployment
        .all(`aws:s3/${type}`)
        .filter(({ inputs }) => inputs.bucket === bucket.bucket)
        .map(({ inputs }) => inputs)
    const kind = 'bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration'
    expect(of(kind)).toMatchObject([
      { rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }] },
    ])
    expect(of('bucketPublicAccessBlock:BucketPublicAccessBlock')).toMatchObject([
      { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    ])
    expect(of('bucketVersioning:BucketVersioning')).toMatchObject([
      { versioningConfiguration: { status: 'Enabled' } },
    ])
    expect(of('bucketCorsConfiguration:BucketCorsConfiguration')).toEqual([])
    expect(of('bucketLifecycleConfiguration:BucketLifecycleConfiguration')).toMatchObject([
      {
        rules: [
          { status: 'Enabled', filter: { prefix: 'evidence/' }, expiration: { days: 400 } },
          { status: 'Enabled', noncurrentVersionExpiration: { noncurrentDays: 30 } },
        ],
      },
    ])
    const [policy] = of('bucketPolicy:BucketPolicy')
    expect(JSON.parse(policy?.policy).Statement).toMatchObject([
      { Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    ])
  },

  'lets one function store and delete evidence, and another read it': (deployment: Deployment) => {
    const { bucket } = deployment.named('aws:s3/bucket:Bucket', 'StorageBucket').inputs
    const { bucket: records } = deployment.named('aws:s3/bucket:Bucket', 'RecordsBucket').inputs
    // In `sst dev` both run as the developer.
    if (!deployment.roles.some(({ name }) => name === 'ControlRole')) return
    const said = deployment.roles.flatMap((role) =>
      deployment
        .statements(role)
        .filter(({ Action }) => list(Action).some((action) => action.startsWith('s3:')))
        .filter(({ Resource }) => !list(Resource).every((one) => one.startsWith(`arn:aws:s3:::${records}`)))
        .map(({ Action, Resource }) => [role.name, Action, Resource]),
    )
    expect(said.toSorted()).toEqual([
      ['ApiHandlerRole', 's3:GetObject', `arn:aws:s3:::${bucket}/evidence/*`],
      ['ControlRole', 's3:ListBucketVersions', `arn:aws:s3:::${bucket}`],
      ['ControlRole', ['s3:PutObject', 's3:DeleteObjectVersion'], `arn:aws:s3:::${bucket}/evidence/*`],
    ])
    expect(deployment.environment('ControlFunction').SHADOWMETER_EVIDENCE_DAYS).toBe('400')
  },

  'stores records under a key of their own, for their days, and for nobody outside': (
    deployment: Deployment,
  ) => {
    const bucket = deployment.named('aws:s3/bucket:Bucket', 'RecordsBucket').inputs
    const key = deployment.named('aws:kms/key:Key', 'RecordsKey')
    expect(key.inputs).toMatchObject({ enableKeyRotation: true })
    expect(deployment.environment('ControlFunction').SHADOWMETER_RECORDS_BUCKET).toBe(bucket.bucket)
    expect(deployment.environment('ControlFunction').SHADOWMETER_RECORDS_DAYS).toBe('7')
    const of = (type: string): Deployment['resources'][number]['inputs'][] =>
      deployment
        .all(`aws:s3/${type}`)
        .filter(({ inputs }) => inputs.bucket === bucket.bucket)
        .map(({ inputs }) => inputs)
    const kind = 'bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration'
    expect(of(kind)).toMatchObject([
      {
        rules: [
          {
            applyServerSideEncryptionByDefault: {
              sseAlgorithm: 'aws:kms',
              kmsMasterKeyId: expect.stringMatching(/RecordsKey/),
            },
          },
        ],
      },
    ])
    expect(of('bucketPublicAccessBlock:BucketPublicAccessBlock')).toMatchObject([
      { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    ])
    // An older version would outlive its days.
    expect(of('bucketVersioning:BucketVersioning')).toEqual([])
    expect(of('bucketLifecycleConfiguration:BucketLifecycleConfiguration')).toMatchObject([
      { rules: [{ status: 'Enabled', filter: { prefix: 'records/' }, expiration: { days: 7 } }, {}] },
    ])
    const [policy] = of('bucketPolicy:BucketPolicy')
    expect(JSON.parse(policy?.policy).Statement).toMatchObject([
      { Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    ])
  },

  'lets gateways put records and nothing else, ticks delete them, and the API alone read them': (
    deployment: Deployment,
  ) => {
    const { bucket } = deployment.named('aws:s3/bucket:Bucket', 'RecordsBucket').inputs
    const { bucket: evidence } = deployment.named('aws:s3/bucket:Bucket', 'StorageBucket').inputs
    // In `sst dev` the functions run as the developer.
    if (!deployment.roles.some(({ name }) => name === 'ControlRole')) return
    const said = deployment.roles.flatMap((role) =>
      deployment
        .statements(role)
        .filter(({ Action }) => list(Action).some((action) => /^(?:s3|kms):/.test(action)))
        .flatMap(({ Action, Resource }) =>
          list(Action).flatMap((action) => list(Resource).map((resource) => [role.name, action, resource])),
        )
        .filter(([, , resource]) => !resource?.startsWith(`arn:aws:s3:::${evidence}`)),
    )
    const records = `arn:aws:s3:::${bucket}`
    const key = expect.stringMatching(/RecordsKey/)
    expect(said.toSorted()).toEqual([
      ['ApiHandlerRole', 'kms:Decrypt', key],
      ['ApiHandlerRole', 's3:DeleteObjectVersion', `${records}/records/*`],
      ['ApiHandlerRole', 's3:GetObject', `${records}/records/*`],
      ['ApiHandlerRole', 's3:ListBucketVersions', records],
      ['ControlRole', 's3:DeleteObjectVersion', `${records}/records/*`],
      ['ControlRole', 's3:ListBucketVersions', records],
      ['GatewayTaskTaskRole', 'kms:GenerateDataKey', key],
      ['GatewayTaskTaskRole', 's3:PutObject', `${records}/records/*`],
    ])
  },

  'lets only AWS’s services assume roles, and for this account only where AWS says for whom': (
    deployment: Deployment,
  ) => {
    for (const role of deployment.roles)
      for (const statement of deployment.trust(role)) {
        expect(Object.keys(statement.Principal as object), role.name).toEqual(['Service'])
        if (!role.name.endsWith('TickRole') && !/Schedule|GatewayTask/.test(role.name)) continue
        expect(statement.Condition?.StringEquals?.['aws:SourceAccount'], role.name).toBe(ACCOUNT)
      }
  },

  'names no action by a wildcard, and passes one role to the scheduler only': (deployment: Deployment) => {
    for (const role of deployment.roles)
      for (const statement of deployment.statements(role)) {
        for (const action of list(statement.Action)) expect(action, role.name).not.toContain('*')
        if (!list(statement.Action).includes('iam:PassRole')) continue
        expect(statement.Resource).toBe(`arn:aws:iam::${ACCOUNT}:role/ScheduleRole`)
        expect(statement.Condition).toEqual({
          StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
        })
      }
  },

  'changes nothing in EC2 without a condition': (deployment: Deployment) => {
    for (const role of deployment.roles)
      for (const statement of deployment.statements(role)) {
        const changes = list(statement.Action).filter((action) => /^ec2:(?!Describe)/.test(action))
        if (changes.length > 0) expect(statement.Condition, `${role.name} ${changes}`).toBeDefined()
      }
  },

  'lets a gateway read its configuration and write its reports, and no more': (deployment: Deployment) => {
    const role = deployment.named('aws:iam/role:Role', 'GatewayTaskTaskRole')
    expect(
      deployment
        .statements(role)
        .filter(({ Action }) => list(Action).some((action) => action.startsWith('dynamodb:')))
        .map(({ Action, Condition }) => [
          Action,
          Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'],
        ]),
    ).toEqual([
      ['dynamodb:GetItem', ['GATEWAY', 'GATEWAY#*']],
      ['dynamodb:PutItem', ['REPORTS#*', 'COMPARISON#*']],
    ])
    const execution = deployment.named('aws:iam/role:Role', 'GatewayTaskExecutionRole')
    for (const { Resource } of deployment.statements(execution))
      for (const resource of list(Resource)) expect(resource).toMatch(/:parameter\/shadowmeter-[^*]+$/)
  },

  'keeps what schedules and events could not do': (deployment: Deployment) => {
    const queue = deployment.named('aws:sqs/queue:Queue', 'DeadLettersQueue')
    expect(queue.inputs.messageRetentionSeconds).toBe(1_209_600)
    const schedules = deployment.all('aws:scheduler/schedule:Schedule').map(({ inputs }) => inputs.target)
    const targets = deployment
      .all('aws:cloudwatch/eventTarget:EventTarget')
      .flatMap(({ inputs }) => (/-NoticesTopic-/.test(inputs.arn) ? [] : [inputs]))
    expect([schedules.length, targets.length]).toEqual([1, 3])
    const readers = deployment.all('aws:lambda/eventSourceMapping:EventSourceMapping')
    expect(readers.map(({ inputs }) => inputs.eventSourceArn)).toEqual([
      expect.stringMatching(/-DeadLettersQueue-/),
    ])
    for (const target of [...schedules, ...targets])
      expect(target.deadLetterConfig?.arn).toMatch(/:shadowmeter-[a-z]+-DeadLettersQueue-/)
    for (const { roleArn, deadLetterConfig } of schedules)
      expect(deployment.statements(deployment.roleOf(roleArn))).toContainEqual({
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Resource: deadLetterConfig.arn,
      })
  },

  'ticks every minute in the deployment’s own schedule group': (deployment: Deployment) => {
    const { inputs } = deployment.named('aws:scheduler/schedule:Schedule', 'TickSchedule')
    const control = deployment.environment('ControlFunction')
    expect(inputs.scheduleExpression).toBe('rate(1 minute)')
    expect(inputs.groupName).toBe(control.SHADOWMETER_SCHEDULE_GROUP)
    expect(inputs.target).toMatchObject({
      input: '{"kind":"tick"}',
      arn: control.SHADOWMETER_CONTROL_FUNCTION_ARN,
    })
    expect(deployment.named('aws:lambda/function:Function', 'ControlFunction').inputs.name).toBe(
      control.SHADOWMETER_CONTROL_FUNCTION_ARN?.split(':').at(-1),
    )
  },

  'lets nobody call the API without IAM or a token, and limits everybody': (deployment: Deployment) => {
    const routes = deployment.all('aws:apigatewayv2/route:Route')
    expect(routes.length).toBeGreaterThan(0)
    for (const { inputs } of routes) expect(['AWS_IAM', 'JWT']).toContain(inputs.authorizationType)
    for (const { inputs } of deployment.all('aws:apigatewayv2/stage:Stage')) {
      expect(inputs.defaultRouteSettings).toMatchObject({
        throttlingRateLimit: 50,
        throttlingBurstLimit: 100,
      })
      expect(inputs.accessLogSettings.destinationArn).toContain(':logs:')
    }
  },

  'shows the console only where people sign in, with the headers it has locally': (
    deployment: Deployment,
  ) => {
    const sites = deployment.all('aws:cloudfront/distribution:Distribution')
    expect(sites).toHaveLength(deployment.all('aws:apigatewayv2/authorizer:Authorizer').length)
    for (const { inputs } of sites) {
      const behaviors = [inputs.defaultCacheBehavior, ...inputs.orderedCacheBehaviors]
      expect(behaviors.map(({ responseHeadersPolicyId }) => responseHeadersPolicyId)).toEqual(
        behaviors.map(() => 'ConsoleHeaders-id'),
      )
      const { inputs: headers } = deployment.named(
        'aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy',
        'ConsoleHeaders',
      )
      const { contentSecurityPolicy } = headers.securityHeadersConfig.contentSecurityPolicy
      expect(contentSecurityPolicy).toContain("connect-src 'self' https://tokens.example.com;")
      expect(contentSecurityPolicy).toContain("frame-ancestors 'none'")
    }
  },

  'looks for what is left before it takes anything down that ends sessions': (deployment: Deployment) => {
    const last = deployment.named('aws:lambda/invocation:Invocation', 'BeforeRemoval')
    expect(last.inputs.lifecycleScope).toBe('CRUD')
    expect(last.dependsOn).toEqual(
      expect.arrayContaining([
        'RemovalFunction',
        'ControlFunction',
        'ApiHandlerFunction',
        'TickSchedule',
        'Schedules',
        'ScheduleRole',
        'DeadLettersQueue',
        'GatewayService',
        'Vxlan',
        'MirrorTarget',
      ]),
    )
    expect(deployment.named('aws:lambda/function:Function', 'RemovalFunction').dependsOn).toContain(
      'TableTable',
    )
    for (const { name, dependsOn } of deployment.resources)
      expect(dependsOn, name).not.toContain('BeforeRemoval')
  },

  'tells the topic of every alarm, and each has a page in the runbook': (deployment: Deployment) => {
    const alarms = deployment.all('aws:cloudwatch/metricAlarm:MetricAlarm')
    expect(alarms.length).toBeGreaterThan(9)
    for (const { inputs } of alarms) {
      expect(inputs.alarmActions, inputs.name).toHaveLength(1)
      expect(inputs.alarmDescription).toMatch(/docs\/runbook\.md#[a-z-]+$/)
      const shown = list(inputs.metricQueries).filter(({ returnData }) => returnData)
      expect(shown, inputs.name).toHaveLength(1)
    }
  },

  'watches what is lost, late, left over or dear, in the words that the code uses': (
    deployment: Deployment,
  ) => {
    const alarms = new Map(
      deployment
        .all('aws:cloudwatch/metricAlarm:MetricAlarm')
        .map(({ name, inputs }) => [name.replace('Alarm-', ''), inputs]),
    )
    // A label is for people only.
    const queried = (name: string) =>
      JSON.stringify(alarms.get(name)?.metricQueries, (key, value) => (key === 'label' ? undefined : value))
    for (const [name, words] of Object.entries(WATCHED))
      for (const word of words) expect(queried(name), name).toContain(word)
    expect([...alarms.keys()].sort()).toEqual(Object.keys(WATCHED).sort())
    expect(alarms.get('tick-late')?.treatMissingData).toBe('breaching')
    // A filter whose words nobody logs would never raise its alarm.
    const said =
      readFileSync('functions/reconcile/meter.ts', 'utf8') +
      readFileSync('functions/reconcile/sweep.ts', 'utf8')
    const filters = deployment.all('aws:cloudwatch/logMetricFilter:LogMetricFilter')
    expect(filters).toHaveLength(5)
    for (const { inputs, name } of filters) {
      const [, word] = /\$\.message = "([a-z ]+)\*?"/.exec(inputs.pattern) ?? []
      if (word !== undefined) expect(said, name).toMatch(new RegExp(`['\`]${word}`))
      const field = /^\$\.(\w+)$/.exec(inputs.metricTransformation.value)?.[1]
      if (field !== undefined) expect(said, name).toContain(`${field}:`)
    }
  },

  'watches the month’s bill by its own tag, and tells the topic': (deployment: Deployment) => {
    const owner = deployment.environment('ControlFunction').SHADOWMETER_DEPLOYMENT
    for (const { inputs } of deployment.all('aws:budgets/budget:Budget')) {
      expect(inputs.costFilters).toEqual([{ name: 'TagKeyValue', values: [`user:deployment$${owner}`] }])
      for (const { subscriberSnsTopicArns: topics } of inputs.notifications)
        expect(topics).toEqual([expect.stringContaining('-AlarmsTopic-')])
    }
  },

  'marks what it creates in EC2 as its own': (deployment: Deployment) => {
    const owner = deployment.environment('ControlFunction').SHADOWMETER_DEPLOYMENT
    const tags = { 'managed-by': 'shadowmeter', deployment: owner }
    for (const type of ['trafficMirrorTarget:TrafficMirrorTarget', 'trafficMirrorFilter:TrafficMirrorFilter'])
      for (const { inputs } of deployment.all(`aws:ec2/${type}`)) expect(inputs.tags).toEqual(tags)
    const [app] = deployment.resources
    expect(app?.inputs.providers.aws.defaultTags.tags).toMatchObject(tags)
  },

  'writes no secret into a task definition, a function or a log': (deployment: Deployment) => {
    const text = JSON.stringify(
      deployment.resources.filter(({ type }) => /taskDefinition|lambda\/function|docker-build/.test(type)),
    )
    expect(text).not.toContain('secret-of-a-shadow')
    for (const { valueFrom } of deployment.container.secrets) expect(valueFrom).toContain(':parameter/')
  },
}
export type PromiseName = keyof typeof PROMISES

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
