import { ACCOUNT } from './made-up.ts'
import type { Deployment } from './stages.ts'

export const arn = (service: string, resource: string) =>
  `arn:aws:${service}:us-east-1:${ACCOUNT}:${resource}`
const ec2 = (resource: string) => arn('ec2', resource)

/** Resources in EC2, of ours where their tags say so. */
export const SESSION = ec2('traffic-mirror-session/tms-0123456789abcdef0')
export const FILTER = ec2('traffic-mirror-filter/tmf-0123456789abcdef0')
export const RULE = ec2('traffic-mirror-filter-rule/tmfr-0123456789abcdef0')
export const TARGET = ec2('traffic-mirror-target/tmt-0123456789abcdef0')
export const ENI = ec2('network-interface/eni-0123456789abcdef0')
export const INSTANCE = ec2('instance/i-0123456789abcdef0')
export const VPC = { 'ec2:Vpc': ec2('vpc/vpc-0bbbbbbbbbbbbbbb1') }
export const OTHER_VPC = { 'ec2:Vpc': ec2('vpc/vpc-0ccccccccccccccc1') }

export const SCHEDULE = arn('scheduler', 'schedule/shadowmeter-production/exp_1.kill.tms-0')
export const OTHER_CLUSTER = arn('ecs', 'cluster/production')

/** That something is a deployment’s, as a tag of the resource or of the request. */
export const tags = (where: string, deployment = 'shadowmeter/production') => ({
  [`aws:${where}/managed-by`]: 'shadowmeter',
  [`aws:${where}/deployment`]: deployment,
})
/** Tags of what is an experiment’s, of what is the deployment’s alone, and of another deployment’s. */
export const EXPERIMENT = { ...tags('ResourceTag'), 'aws:ResourceTag/experiment-id': 'exp_1' }
export const PARKING = tags('ResourceTag')
export const OTHERS = {
  ...tags('ResourceTag', 'shadowmeter/staging'),
  'aws:ResourceTag/experiment-id': 'exp_1',
}
const KEYS = ['managed-by', 'deployment', 'experiment-id', 'expires-at', 'owner']
export const CREATE = {
  ...tags('RequestTag'),
  'aws:RequestTag/expires-at': '2026-12-01T10:00:00Z',
  'aws:TagKeys': KEYS,
}
export const SCHEDULER = { 'iam:PassedToService': 'scheduler.amazonaws.com' }

/** A call as IAM sees it: once for each resource that it names. */
export type Request = [action: string, resource: string, context?: Record<string, string | string[]>]

/** ARNs of what is one deployment’s own. */
export type Names = {
  cluster: string
  service: string
  table: string
  task: string
  evidence: string
  records: string
}

export const names = (deployment: Deployment): Names => {
  const control = deployment.environment('ControlFunction')
  const cluster = control.SHADOWMETER_CLUSTER ?? ''
  return {
    cluster: arn('ecs', `cluster/${cluster}`),
    service: arn('ecs', `service/${cluster}/gateway`),
    task: arn('ecs', `task/${cluster}/0123`),
    table: arn('dynamodb', `table/${control.SHADOWMETER_TABLE}`),
    evidence: `arn:aws:s3:::${control.SHADOWMETER_EVIDENCE_BUCKET}`,
    records: `arn:aws:s3:::${control.SHADOWMETER_RECORDS_BUCKET}`,
  }
}

export const inCluster = ({ cluster }: Names) => ({ 'ecs:cluster': cluster })

/** As a failed test names it. */
export const requestText = ([action, resource, context]: Request) =>
  `${action} ${resource} ${JSON.stringify(context ?? {})}`
