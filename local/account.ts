/** Names, ids and ARNs of the local AWS account: fixed, so that they survive a restart. */
export const REGION = 'us-east-1'
export const ACCOUNT = '123456789012'
export const DEPLOYMENT = 'shadowmeter/local'
export const TABLE = 'shadowmeter-local'
export const EVIDENCE_BUCKET = 'shadowmeter-local-evidence'
export const RECORDS_BUCKET = 'shadowmeter-local-records'
export const SCHEDULE_GROUP = 'shadowmeter-local'
export const CONTROL_FUNCTION = 'shadowmeter-local-control'
export const EVENTS_FUNCTION = 'shadowmeter-local-events'
export const DEAD_LETTERS_FUNCTION = 'shadowmeter-local-dead-letters'
export const CLUSTER = 'shadowmeter-local'
export const SERVICE = 'gateway'

const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`

export const SCHEDULE_ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/shadowmeter-local-schedules`
export const CONTROL_FUNCTION_ARN = arn('lambda', `function:${CONTROL_FUNCTION}`)
export const EVENTS_FUNCTION_ARN = arn('lambda', `function:${EVENTS_FUNCTION}`)
export const DEAD_LETTERS_FUNCTION_ARN = arn('lambda', `function:${DEAD_LETTERS_FUNCTION}`)
export const DEAD_LETTERS = 'shadowmeter-local-dead-letters'
export const DEAD_LETTERS_ARN = arn('sqs', DEAD_LETTERS)
/** A topic, and a queue that is subscribed to it. */
export const NOTICES = 'shadowmeter-local-notices'
export const NOTICES_ARN = arn('sns', NOTICES)
export const CLUSTER_ARN = arn('ecs', `cluster/${CLUSTER}`)
export const SERVICE_ARN = arn('ecs', `service/${CLUSTER}/${SERVICE}`)
export const TASK_DEFINITION_ARN = arn('ecs', 'task-definition/shadowmeter-local-gateway:1')
export const LOAD_BALANCER_ARN = arn(
  'elasticloadbalancing',
  'loadbalancer/net/shadowmeter-local/50dc6c495c0c9188',
)
export const LISTENER_ARN = arn(
  'elasticloadbalancing',
  'listener/net/shadowmeter-local/50dc6c495c0c9188/f2f7dc8efc522ab2',
)
export const TARGET_GROUP_ARN = arn('elasticloadbalancing', 'targetgroup/shadowmeter-local/73e2d6bc24d8a067')

/** Everything of this system is on the loopback network, and nothing else is ever a shadow of it. */
export const ALLOWED_SHADOWS = JSON.stringify({
  ranges: [{ cidr: '127.0.0.0/8' }, { cidr: '::1/128' }],
  hosts: [],
})

/** What every AWS client of the local system is told: the SDK’s own variables. */
export const awsEnvironment = (endpoint: string): Record<string, string> => ({
  AWS_REGION: REGION,
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
})
