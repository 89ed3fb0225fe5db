import { describe, expect, inject, it } from 'vitest'
import { type Break, DEFAULT_MUTATIONS, type Mutation } from '../support/infra/default-mutations.ts'
import { PROMISES } from '../support/infra/promises.ts'
import { Deployment, readStage, type Statement } from '../support/infra/stages.ts'

const task = (deployment: Deployment) =>
  deployment.named('aws:ecs/taskDefinition:TaskDefinition', 'GatewayTaskTask').inputs
const inContainer =
  (change: (container: Deployment['container']) => void): Break =>
  (deployment) => {
    const { container } = deployment
    change(container)
    task(deployment).containerDefinitions = JSON.stringify([container])
  }
const inPolicy =
  (role: string, change: (statements: Statement[]) => void): Break =>
  (deployment) => {
    const { inputs } = deployment.named('aws:iam/role:Role', role)
    const statements = deployment.statements(deployment.named('aws:iam/role:Role', role))
    change(statements)
    inputs.inlinePolicies = [{ name: 'broken', policy: JSON.stringify({ Statement: statements }) }]
  }
const about = (statements: Statement[], action: string): Statement =>
  statements.find(({ Action }) => [Action].flat().includes(action)) as Statement

const alarm = (deployment: Deployment, name: string) =>
  deployment.named('aws:cloudwatch/metricAlarm:MetricAlarm', `Alarm-${name}`)

const WATCH = 'watches what is lost, late, left over or dear, in the words that the code uses'
const NOTICES =
  'hands notices, in the words that the code uses, to a topic that only EventBridge may publish to'
const RECORDED = 'lets gateways put records and nothing else, ticks delete them, and the API alone read them'
const RECORDS = 'stores records under a key of their own, for their days, and for nobody outside'
const EVIDENCE = 'stores evidence encrypted, in versions, for its days, and for nobody outside'

const MUTATIONS: Mutation[] = [
  ...DEFAULT_MUTATIONS,
  [
    'a notices’ topic for everybody',
    NOTICES,
    (deployment) => {
      const { inputs } = deployment.named('aws:sns/topicPolicy:TopicPolicy', 'NoticesPolicy')
      inputs.policy = inputs.policy.replace('{"Service":"events.amazonaws.com"}', '"*"')
    },
  ],
  [
    'notices in other words than the code’s',
    NOTICES,
    (deployment) => {
      const { inputs } = deployment.named('aws:cloudwatch/eventRule:EventRule', 'NoticesRule')
      inputs.eventPattern = inputs.eventPattern.replace('"over-budget"', '"overBudget"')
    },
  ],
  [
    'notices of every deployment of the account',
    NOTICES,
    (deployment) => {
      const { inputs } = deployment.named('aws:cloudwatch/eventRule:EventRule', 'NoticesRule')
      inputs.eventPattern = inputs.eventPattern.replace('"deployment"', '"owner"')
    },
  ],
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
    (deployment) => {
      const rule = deployment.named(
        'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule',
        'VxlanFromBalancer',
      )
      rule.inputs.referencedSecurityGroupId = undefined
      rule.inputs.cidrIpv4 = '10.0.0.0/8'
    },
  ],
  [
    'a port for gateways that the whole VPC reaches',
    'lets packets in from the sources only, and requests out to the shadows only',
    (deployment) => {
      const rule = deployment.named(
        'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule',
        'NeighboursIn',
      )
      rule.inputs.referencedSecurityGroupId = undefined
      rule.inputs.cidrIpv4 = '10.0.0.0/8'
    },
  ],
  [
    'production’s table without deletion protection',
    'keeps and protects production’s data',
    (deployment) => {
      deployment.named('aws:dynamodb/table:Table', 'TableTable').inputs.deletionProtectionEnabled = false
    },
  ],
  [
    'evidence in the open',
    EVIDENCE,
    (deployment) => {
      deployment.named(
        'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock',
        'StoragePublicAccessBlock',
      ).inputs.blockPublicPolicy = false
    },
  ],
  [
    'evidence that nobody encrypts',
    EVIDENCE,
    (deployment) => {
      deployment.named(
        'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
        'StorageEncryption',
      ).inputs.bucket = 'another'
    },
  ],
  [
    'evidence that is kept for ever',
    EVIDENCE,
    (deployment) => {
      deployment
        .named('aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration', 'StorageLifecycle')
        .inputs.rules.shift()
    },
  ],
  [
    'evidence that goes with production',
    EVIDENCE,
    (deployment) => {
      deployment.named('aws:s3/bucket:Bucket', 'StorageBucket').inputs.forceDestroy = true
    },
  ],
  [
    'an API that writes evidence',
    'lets one function store and delete evidence, and another read it',
    inPolicy('ApiHandlerRole', (statements) => {
      about(statements, 's3:GetObject').Action = ['s3:GetObject', 's3:PutObject']
    }),
  ],
  [
    'a function that writes anywhere in the bucket',
    'lets one function store and delete evidence, and another read it',
    inPolicy('ControlRole', (statements) => {
      const store = about(statements, 's3:PutObject')
      store.Resource = String(store.Resource).replace('evidence/', '')
    }),
  ],
  [
    'records under S3’s own key',
    RECORDS,
    (deployment) => {
      deployment.named(
        'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
        'RecordsEncryption',
      ).inputs.rules[0].applyServerSideEncryptionByDefault = { sseAlgorithm: 'AES256' }
    },
  ],
  [
    'records that are kept for ever',
    RECORDS,
    (deployment) => {
      deployment
        .named('aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration', 'RecordsLifecycle')
        .inputs.rules.shift()
    },
  ],
  [
    'a tick that reads records',
    RECORDED,
    inPolicy('ControlRole', (statements) => {
      for (const statement of statements)
        if (statement.Action === 's3:DeleteObjectVersion')
          statement.Action = ['s3:DeleteObjectVersion', 's3:GetObject']
    }),
  ],
  [
    'SST’s own trust in the whole account',
    'lets only AWS’s services assume roles, and for this account only where AWS says for whom',
    (deployment) => {
      deployment.named('aws:iam/role:Role', 'ControlRole').inputs.assumeRolePolicy = {
        Statement: [
          { Principal: { Service: 'lambda.amazonaws.com', AWS: 'arn:aws:iam::111122223333:root' } },
        ],
      }
    },
  ],
  [
    'a scheduler that works for other accounts',
    'lets only AWS’s services assume roles, and for this account only where AWS says for whom',
    (deployment) => {
      deployment.named('aws:iam/role:Role', 'ScheduleRole').inputs.assumeRolePolicy = {
        Statement: [{ Principal: { Service: 'scheduler.amazonaws.com' } }],
      }
    },
  ],
  [
    'a linked table',
    'names no action by a wildcard, and passes one role to the scheduler only',
    inPolicy('ApiHandlerRole', (statements) =>
      statements.push({ Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' }),
    ),
  ],
  [
    'any role for any service',
    'names no action by a wildcard, and passes one role to the scheduler only',
    inPolicy('ControlRole', (statements) => {
      about(statements, 'iam:PassRole').Resource = '*'
    }),
  ],
  [
    'sessions of others to be deleted',
    'changes nothing in EC2 without a condition',
    inPolicy('ScheduleRole', (statements) => {
      delete about(statements, 'ec2:DeleteTrafficMirrorSession').Condition
    }),
  ],
  [
    'a gateway that reads experiments',
    'lets a gateway read its configuration and write its reports, and no more',
    inPolicy('GatewayTaskTaskRole', (statements) => {
      delete about(statements, 'dynamodb:GetItem').Condition
    }),
  ],
  [
    'SST’s own execution role',
    'lets a gateway read its configuration and write its reports, and no more',
    inPolicy('GatewayTaskExecutionRole', (statements) => {
      for (const statement of statements) statement.Resource = '*'
    }),
  ],
  [
    'a schedule without a dead letter queue',
    'keeps what schedules and events could not do',
    (deployment) => {
      delete deployment.named('aws:scheduler/schedule:Schedule', 'TickSchedule').inputs.target
        .deadLetterConfig
    },
  ],
  [
    'a role that may not write dead letters',
    'keeps what schedules and events could not do',
    inPolicy('TickRole', (statements) => {
      statements.splice(statements.indexOf(about(statements, 'sqs:SendMessage')), 1)
    }),
  ],
  [
    'dead letters that nobody reads',
    'keeps what schedules and events could not do',
    (deployment) => {
      const [reader] = deployment.all('aws:lambda/eventSourceMapping:EventSourceMapping')
      if (reader) reader.inputs.eventSourceArn = undefined
    },
  ],
  [
    'a tick in the default group',
    'ticks every minute in the deployment’s own schedule group',
    (deployment) => {
      delete deployment.named('aws:scheduler/schedule:Schedule', 'TickSchedule').inputs.groupName
    },
  ],
  [
    'a route for everybody',
    'lets nobody call the API without IAM or a token, and limits everybody',
    (deployment) => {
      const [route] = deployment.all('aws:apigatewayv2/route:Route')
      if (route) route.inputs.authorizationType = 'NONE'
    },
  ],
  [
    'an API without limits',
    'lets nobody call the API without IAM or a token, and limits everybody',
    (deployment) => {
      const [stage] = deployment.all('aws:apigatewayv2/stage:Stage')
      if (stage) delete stage.inputs.defaultRouteSettings
    },
  ],
  [
    'a console that may be framed',
    'shows the console only where people sign in, with the headers it has locally',
    (deployment) => {
      const [site] = deployment.all('aws:cloudfront/distribution:Distribution')
      if (site) delete site.inputs.defaultCacheBehavior.responseHeadersPolicyId
    },
  ],
  [
    'a removal that takes the schedules down first',
    'looks for what is left before it takes anything down that ends sessions',
    (deployment) => {
      const last = deployment.named('aws:lambda/invocation:Invocation', 'BeforeRemoval')
      last.dependsOn = last.dependsOn.filter((name) => name !== 'Schedules')
    },
  ],
  [
    'an alarm that nobody hears',
    'tells the topic of every alarm, and each has a page in the runbook',
    (deployment) => {
      const [alarm] = deployment.all('aws:cloudwatch/metricAlarm:MetricAlarm')
      if (alarm) alarm.inputs.alarmActions = []
    },
  ],
  [
    'spend that nobody foresees',
    WATCH,
    (deployment) => {
      const filters = deployment.all('aws:cloudwatch/logMetricFilter:LogMetricFilter')
      const forecast = filters.find(({ name }) => name === 'Log-forecast-control')
      if (forecast) forecast.inputs.pattern = '{ $.message = "spent" }'
    },
  ],
  [
    'a tick whose silence is health',
    WATCH,
    (deployment) => {
      alarm(deployment, 'tick-late').inputs.treatMissingData = 'notBreaching'
    },
  ],
  [
    'skipped mirrors that nobody counts',
    WATCH,
    (deployment) => {
      alarm(deployment, 'mirrors-skipped').inputs.metricQueries[0].expression = 'SELECT SUM(NetworkIn)'
    },
  ],
  [
    'mirroring that is counted by group',
    WATCH,
    (deployment) => {
      const [first] = alarm(deployment, 'mirrored-but-not-received').inputs.metricQueries
      first.expression = first.expression.replace('InstanceId', 'AutoScalingGroupName')
      alarm(deployment, 'mirrored-but-not-received').inputs.metricQueries[1].expression = first.expression
    },
  ],
  [
    'packets that are lost unseen',
    WATCH,
    (deployment) => {
      alarm(deployment, 'packets-lost').inputs.metricQueries[1].metric.metricName = 'RingFul'
    },
  ],
  [
    'a budget for everybody’s bill',
    'watches the month’s bill by its own tag, and tells the topic',
    (deployment) => {
      const [budget] = deployment.all('aws:budgets/budget:Budget')
      if (budget) delete budget.inputs.costFilters
    },
  ],
  [
    'a mirror target without its tags',
    'marks what it creates in EC2 as its own',
    (deployment) => {
      deployment.named('aws:ec2/trafficMirrorTarget:TrafficMirrorTarget', 'MirrorTarget').inputs.tags = {}
    },
  ],
  [
    'a secret in the open',
    'writes no secret into a task definition, a function or a log',
    inContainer((container) => {
      container.environment.push({ name: 'TOKEN', value: 'secret-of-a-shadow' })
    }),
  ],
]

describe.runIf(inject('missingPlatform') === null)('a broken deployment', () => {
  it.each(MUTATIONS)('is noticed: %s', async (_, promise, breakIt, stage = 'production') => {
    const whole = await readStage(stage)
    const broken = new Deployment(structuredClone(whole.resources), false)

    breakIt(broken)

    expect(() => PROMISES[promise](whole)).not.toThrow()
    expect(() => PROMISES[promise](broken)).toThrow()
  })
})
