import type { Mutation } from '../mutation.ts'
import type { Deployment } from '../stages.ts'

const NETWORK = 'cuts a new network out of its own range, with private subnets for gateways'
const LET_IN = 'lets AWS’s services in for its own resources only'
const ON_ECS = 'has a task definition by ECS’s own model, for Fargate'

const policyOf = (deployment: Deployment, type: string, change: (policy: string) => string) => {
  for (const { inputs } of deployment.all(type)) inputs.policy = change(inputs.policy)
}
const ROLE = 'aws:iam/role:Role'
const TASK = 'aws:ecs/taskDefinition:TaskDefinition'

/** Of SST's defaults, each back as it was, and of what is like them. */
export const DEFAULT_MUTATIONS: Mutation[] = [
  [
    'SST’s own bucket for the console, open to every origin',
    'lets no page of another origin call a bucket or an API',
    ({ resources }) => {
      const type = 'aws:s3/bucketCorsConfiguration:BucketCorsConfiguration'
      const inputs = { corsRules: [{ allowedOrigins: ['*'] }] }
      Object.assign(resources[1] as object, { type, inputs })
    },
  ],
  [
    'SST’s own API, open to every origin',
    'lets no page of another origin call a bucket or an API',
    (deployment) => {
      const [api] = deployment.all('aws:apigatewayv2/api:Api')
      if (api) api.inputs.corsConfiguration = { allowOrigins: ['*'] }
    },
  ],
  [
    'a console that everybody reads past CloudFront',
    'opens no bucket to the public, nor to anybody without TLS',
    (deployment) => {
      const { inputs } = deployment.named('aws:s3/bucketPolicy:BucketPolicy', 'ConsoleAssetsPolicy')
      inputs.policy = inputs.policy.replace('{"Service":"cloudfront.amazonaws.com"}', '"*"')
    },
  ],
  [
    'a console’s bucket without TLS',
    'opens no bucket to the public, nor to anybody without TLS',
    (deployment) => {
      const { inputs } = deployment.named('aws:s3/bucketPolicy:BucketPolicy', 'ConsoleAssetsPolicy')
      inputs.policy = inputs.policy.replace('"false"', '"true"')
    },
  ],
  [
    'a function that reads every table',
    'attaches no policy of AWS’s but those that write a log and pull an image',
    (deployment) => {
      deployment
        .named(ROLE, 'ApiHandlerRole')
        .inputs.managedPolicyArns.push('arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess')
    },
  ],
  [
    'SST’s own architecture',
    'runs functions on Node 24 on ARM and forgets their logs in time',
    (deployment) => {
      deployment.named('aws:lambda/function:Function', 'EventsFunction').inputs.architectures = ['x86_64']
    },
  ],
  [
    'a log for ever',
    'runs functions on Node 24 on ARM and forgets their logs in time',
    (deployment) => {
      delete deployment.named('aws:cloudwatch/logGroup:LogGroup', 'EventsLogGroup').inputs.retentionInDays
    },
  ],
  [
    'alarms by other accounts',
    LET_IN,
    (deployment) =>
      policyOf(deployment, 'aws:sns/topicPolicy:TopicPolicy', (policy) =>
        policy.replace('aws:SourceAccount', 'aws:SourceVpc'),
      ),
  ],
  [
    'dead letters from anybody’s rules',
    LET_IN,
    (deployment) =>
      policyOf(deployment, 'aws:sqs/queuePolicy:QueuePolicy', (policy) =>
        policy.replaceAll('111122223333:eventrule', '*:eventrule'),
      ),
  ],
  [
    'a function that every API of AWS may call',
    LET_IN,
    (deployment) => {
      const [permission] = deployment.all('aws:lambda/permission:Permission')
      if (permission) delete permission.inputs.sourceArn
    },
  ],
  [
    'SST’s own subnets in another range',
    NETWORK,
    (deployment) => {
      deployment.named('aws:ec2/subnet:Subnet', 'NetworkPrivateSubnet1').inputs.cidrBlock = '10.0.4.0/22'
    },
    'personal',
  ],
  [
    'two subnets in one range',
    NETWORK,
    (deployment) => {
      const subnet = (name: string) => deployment.named('aws:ec2/subnet:Subnet', name).inputs
      subnet('NetworkPublicSubnet1').cidrBlock = subnet('NetworkPrivateSubnet1').cidrBlock
    },
    'personal',
  ],
  [
    'gateways in public subnets',
    NETWORK,
    (deployment) => {
      deployment.named('aws:ecs/service:Service', 'GatewayService').inputs.networkConfiguration.subnets = [
        'NetworkPublicSubnet1-id',
        'NetworkPublicSubnet2-id',
      ]
    },
    'personal',
  ],
  [
    'SST’s own default group',
    'lets nothing in or out by a new network’s default group',
    (deployment) => {
      const [group] = deployment.all('aws:ec2/defaultSecurityGroup:DefaultSecurityGroup')
      if (group) group.inputs.egress = [{ protocol: '-1', cidrBlocks: ['0.0.0.0/0'] }]
    },
    'personal',
  ],
  [
    'a tick that is tried for a day',
    'tries a tick again within its minute',
    (deployment) => {
      delete deployment.named('aws:scheduler/schedule:Schedule', 'TickSchedule').inputs.target.retryPolicy
    },
  ],
  [
    'a key that ECS does not know',
    ON_ECS,
    (deployment) => {
      const { inputs } = deployment.named(TASK, 'GatewayTaskTask')
      inputs.containerDefinitions = inputs.containerDefinitions.replace('readonlyRoot', 'readOnlyRoot')
    },
  ],
  [
    'a size that Fargate has not',
    ON_ECS,
    (deployment) => {
      deployment.named(TASK, 'GatewayTaskTask').inputs.memory = '1024'
    },
  ],
  [
    'a load balancer in front of another container',
    ON_ECS,
    (deployment) => {
      const [target] = deployment.named('aws:ecs/service:Service', 'GatewayService').inputs.loadBalancers
      target.containerName = 'gateway'
    },
  ],
]
