import { environment } from './environment.ts'
import { controlPermissions } from './permissions.ts'
import { deadLetters } from './schedule-group.ts'

/** Lets experiments follow their fleet within seconds; the tick makes up for events that AWS loses. */
export const followers = new sst.aws.Function('Events', {
  handler: 'functions/events.handler',
  timeout: '1 minute',
  environment,
  permissions: controlPermissions,
})

// An event is worth something as long as it is news: the next tick looks anyway.
new aws.lambda.FunctionEventInvokeConfig('EventsRetries', {
  functionName: followers.name,
  maximumRetryAttempts: 1,
  maximumEventAgeInSeconds: 60,
})

const PATTERNS = {
  Instances: {
    source: ['aws.ec2'],
    'detail-type': ['EC2 Instance State-change Notification'],
    detail: { state: ['running', 'stopping', 'stopped', 'shutting-down', 'terminated'] },
  },
  AutoScaling: {
    source: ['aws.autoscaling'],
    'detail-type': ['EC2 Instance Launch Successful', 'EC2 Instance Terminate Successful'],
  },
  // Of all clusters: services can be sources, and the gateways’ own tasks tell that a preparation is done.
  Tasks: {
    source: ['aws.ecs'],
    'detail-type': ['ECS Task State Change'],
    detail: { lastStatus: ['RUNNING', 'STOPPED'] },
  },
}

const rules = Object.entries(PATTERNS).map(([name, pattern]) => {
  const rule = new aws.cloudwatch.EventRule(`${name}Rule`, { eventPattern: JSON.stringify(pattern) })
  new aws.lambda.Permission(`${name}MayCall`, {
    function: followers.name,
    action: 'lambda:InvokeFunction',
    principal: 'events.amazonaws.com',
    sourceArn: rule.arn,
  })
  new aws.cloudwatch.EventTarget(`${name}Target`, {
    rule: rule.name,
    arn: followers.arn,
    retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 60 },
    deadLetterConfig: { arn: deadLetters.arn },
  })
  return rule
})

new aws.sqs.QueuePolicy('DeadLettersPolicy', {
  queueUrl: deadLetters.url,
  policy: aws.iam.getPolicyDocumentOutput({
    statements: [
      {
        actions: ['sqs:SendMessage'],
        resources: [deadLetters.arn],
        principals: [{ type: 'Service', identifiers: ['events.amazonaws.com'] }],
        conditions: [{ test: 'ArnEquals', variable: 'aws:SourceArn', values: rules.map(({ arn }) => arn) }],
      },
    ],
  }).json,
})
