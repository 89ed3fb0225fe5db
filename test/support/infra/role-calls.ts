import { chunksOf, comparisonKey, gatewayTasksKey, reportKey, revisionKey } from '../../../contract/table.ts'
import {
  arn,
  CREATE,
  ENI,
  EXPERIMENT,
  FILTER,
  INSTANCE,
  inCluster,
  type Names,
  OTHER_CLUSTER,
  OTHER_VPC,
  OTHERS,
  PARKING,
  type Request,
  RULE,
  SCHEDULE,
  SCHEDULER,
  SESSION,
  TARGET,
  tags,
  VPC,
} from './iam-requests.ts'
import { ACCOUNT } from './made-up.ts'

/** Every call that functions/ makes, as EC2 and the others authorize it: once per resource that it names. */
const controlCalls = (at: Names): Request[] => [
  ['ec2:DescribeFlowLogs', '*'],
  ['ec2:DescribeInstances', '*'],
  ['ec2:DescribeInstanceTypes', '*'],
  ['ec2:DescribeNetworkInterfaces', '*'],
  ['ec2:DescribeSecurityGroupRules', '*'],
  ['ec2:DescribeSubnets', '*'],
  ['ec2:DescribeTrafficMirrorFilters', '*'],
  ['ec2:DescribeTrafficMirrorTargets', '*'],
  ['elasticloadbalancing:DescribeListeners', '*'],
  ['elasticloadbalancing:DescribeTargetGroups', '*'],
  ['events:PutEvents', arn('events', 'event-bus/default'), { 'events:source': ['shadowmeter'] }],
  ['ec2:DescribeTrafficMirrorSessions', '*'],
  ['autoscaling:DescribeAutoScalingGroups', '*'],
  ['cloudwatch:GetMetricData', '*'],
  ['ce:GetCostAndUsage', '*'],
  ['pricing:GetProducts', '*'],
  ['elasticloadbalancing:DescribeLoadBalancers', '*'],
  ['ecs:ListTasks', '*', { 'ecs:cluster': OTHER_CLUSTER }],
  ['ecs:DescribeTasks', arn('ecs', 'task/production/0123')],
  ['ecs:DescribeContainerInstances', arn('ecs', 'container-instance/production/0123')],
  ['ec2:CreateTrafficMirrorFilter', FILTER, CREATE],
  ['ec2:CreateTags', FILTER, { ...CREATE, 'ec2:CreateAction': 'CreateTrafficMirrorFilter' }],
  ['ec2:CreateTrafficMirrorFilterRule', FILTER, EXPERIMENT],
  ['ec2:CreateTrafficMirrorFilterRule', RULE, CREATE],
  ['ec2:CreateTags', RULE, { ...CREATE, 'ec2:CreateAction': 'CreateTrafficMirrorFilterRule' }],
  ['ec2:CreateTrafficMirrorSession', SESSION, CREATE],
  ['ec2:CreateTrafficMirrorSession', ENI, VPC],
  ['ec2:CreateTrafficMirrorSession', FILTER, EXPERIMENT],
  ['ec2:CreateTrafficMirrorSession', FILTER, PARKING],
  ['ec2:CreateTrafficMirrorSession', TARGET, tags('ResourceTag')],
  ['ec2:CreateTags', SESSION, { ...CREATE, 'ec2:CreateAction': 'CreateTrafficMirrorSession' }],
  ['ec2:ModifyTrafficMirrorSession', SESSION, EXPERIMENT],
  ['ec2:ModifyTrafficMirrorSession', FILTER, EXPERIMENT],
  [
    'ec2:CreateTags',
    SESSION,
    { ...EXPERIMENT, 'aws:RequestTag/expires-at': 'later', 'aws:TagKeys': ['expires-at'] },
  ],
  [
    'ec2:CreateTags',
    FILTER,
    { ...EXPERIMENT, 'aws:RequestTag/expires-at': 'later', 'aws:TagKeys': ['expires-at'] },
  ],
  ...endingCalls(at),
  ['ecs:ListTasks', '*', inCluster(at)],
  ['ecs:DescribeTasks', at.task, inCluster(at)],
  ['elasticloadbalancing:DescribeTargetHealth', '*'],
  ['elasticloadbalancing:DescribeLoadBalancerAttributes', '*'],
  ['scheduler:CreateSchedule', SCHEDULE],
  ['scheduler:UpdateSchedule', SCHEDULE],
  ['iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/ScheduleRole`, SCHEDULER],
]
const endingCalls = (at: Names): Request[] => [
  ['ec2:DeleteTrafficMirrorSession', SESSION, EXPERIMENT],
  ['ec2:ModifyTrafficMirrorFilterRule', FILTER, EXPERIMENT],
  ['ec2:ModifyTrafficMirrorFilterRule', RULE, EXPERIMENT],
  ['ec2:DeleteTrafficMirrorFilter', FILTER, EXPERIMENT],
  ['ecs:DescribeServices', at.service, inCluster(at)],
  ['ecs:UpdateService', at.service, inCluster(at)],
  ['scheduler:ListSchedules', '*'],
  ['scheduler:GetSchedule', SCHEDULE],
  ['scheduler:DeleteSchedule', SCHEDULE],
  ...['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'].map(
    (call): Request => [`dynamodb:${call}`, at.table],
  ),
]

/** What none of the functions may do. */
const never = (at: Names): Request[] => [
  ['ec2:CreateTrafficMirrorFilter', FILTER],
  ['ec2:CreateTrafficMirrorFilter', FILTER, { ...CREATE, ...tags('RequestTag', 'shadowmeter/staging') }],
  ['ec2:CreateTrafficMirrorFilterRule', FILTER, OTHERS],
  ['ec2:CreateTrafficMirrorFilterRule', RULE],
  ['ec2:CreateTrafficMirrorSession', FILTER, OTHERS],
  ['ec2:CreateTrafficMirrorSession', TARGET, tags('ResourceTag', 'shadowmeter/staging')],
  ['ec2:CreateTrafficMirrorSession', TARGET.replace('tmt-0', 'tmt-1'), tags('ResourceTag')],
  ['ec2:ModifyTrafficMirrorSession', FILTER, OTHERS],
  ['ec2:ModifyTrafficMirrorFilterRule', RULE, OTHERS],
  ['ec2:ModifyTrafficMirrorFilterRule', FILTER, PARKING],
  ['ec2:ModifyTrafficMirrorFilterNetworkServices', FILTER, EXPERIMENT],
  ['ec2:DeleteTrafficMirrorFilter', FILTER, OTHERS],
  // A rule goes with its filter.
  ['ec2:DeleteTrafficMirrorFilterRule', RULE, EXPERIMENT],
  ['ec2:CreateTags', SESSION, { ...CREATE, 'ec2:CreateAction': 'RunInstances' }],
  ['ec2:CreateTags', SESSION, CREATE],
  ['ec2:CreateTags', TARGET, { ...CREATE, 'ec2:CreateAction': 'CreateTrafficMirrorTarget' }],
  ['ec2:CreateTags', SESSION, { ...EXPERIMENT, 'aws:TagKeys': ['expires-at', 'owner'] }],
  ['ec2:CreateTags', RULE, { ...EXPERIMENT, 'aws:TagKeys': ['expires-at'] }],
  ['ec2:CreateTags', FILTER, { ...OTHERS, 'aws:TagKeys': ['expires-at'] }],
  ['ec2:DeleteTags', SESSION, EXPERIMENT],
  ['ec2:DeleteTrafficMirrorSession', SESSION, OTHERS],
  ['ec2:DeleteTrafficMirrorSession', SESSION],
  ['ec2:ModifyTrafficMirrorSession', SESSION, OTHERS],
  ['ec2:DeleteTrafficMirrorFilter', FILTER, PARKING],
  ['ec2:CreateTrafficMirrorFilterRule', FILTER, PARKING],
  ['ec2:DeleteTrafficMirrorTarget', TARGET, tags('ResourceTag')],
  ['ec2:CreateTrafficMirrorTarget', TARGET, CREATE],
  ['ec2:CreateTrafficMirrorSession', ENI, OTHER_VPC],
  ['ec2:CreateTrafficMirrorSession', SESSION, tags('RequestTag')],
  ['ec2:CreateTrafficMirrorSession', SESSION, { ...CREATE, ...tags('RequestTag', 'shadowmeter/staging') }],
  ['ec2:CreateTags', INSTANCE, { ...CREATE, 'ec2:CreateAction': 'RunInstances' }],
  [
    'ec2:CreateTags',
    SESSION,
    { ...EXPERIMENT, 'aws:RequestTag/deployment': 'x', 'aws:TagKeys': ['deployment'] },
  ],
  ['ec2:CreateTags', SESSION, { ...OTHERS, 'aws:RequestTag/expires-at': 'x', 'aws:TagKeys': ['expires-at'] }],
  ['ec2:TerminateInstances', INSTANCE],
  ['ec2:ModifyNetworkInterfaceAttribute', ENI, VPC],
  ['ecs:UpdateService', arn('ecs', 'service/production/checkout'), { 'ecs:cluster': OTHER_CLUSTER }],
  ['ecs:StopTask', at.task, inCluster(at)],
  ['scheduler:CreateSchedule', arn('scheduler', 'schedule/default/x')],
  [
    'iam:PassRole',
    `arn:aws:iam::${ACCOUNT}:role/ScheduleRole`,
    { 'iam:PassedToService': 'lambda.amazonaws.com' },
  ],
  ['iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/admin`, SCHEDULER],
  ['dynamodb:DeleteTable', at.table],
  ['dynamodb:Scan', at.table],
  ['dynamodb:GetItem', arn('dynamodb', 'table/others')],
  ['events:PutEvents', arn('events', 'event-bus/default'), { 'events:source': ['payroll'] }],
  ['s3:GetObject', 'arn:aws:s3:::payroll/2026.csv'],
  ['s3:PutObject', `${at.evidence}/elsewhere/exp_1.json`],
  ['s3:DeleteObject', `${at.evidence}/evidence/exp_1/evidence.json`],
  ['s3:ListBucket', at.evidence],
  ['s3:ListBucketVersions', at.evidence, { 's3:prefix': 'others/' }],
  ['s3:DeleteObjectVersion', `${at.evidence}/elsewhere/exp_1.json`],
]
const storesEvidence = (at: Names): Request => ['s3:PutObject', `${at.evidence}/evidence/exp_1/evidence.json`]
const deletesEvidence = (at: Names): Request[] => [
  ['s3:DeleteObjectVersion', `${at.evidence}/evidence/exp_1/evidence.json`],
  ['s3:ListBucketVersions', at.evidence, { 's3:prefix': 'evidence/exp_1/' }],
]
const readsEvidence = (at: Names): Request => ['s3:GetObject', `${at.evidence}/evidence/exp_1/evidence.json`]

const readsFlowLogs = (group: string): Request => [
  'logs:FilterLogEvents',
  arn('logs', `log-group:${group}:log-stream:`),
]
const FLOW_LOGS = readsFlowLogs('/vpc/flow-logs')
const OTHER_LOGS = readsFlowLogs('/aws/lambda/payroll')

const FILE = 'records/exp_1/task-1.ndjson.gz'
const putsRecords = (at: Names): Request => ['s3:PutObject', `${at.records}/${FILE}`]
const readsRecords = (at: Names): Request => ['s3:GetObject', `${at.records}/${FILE}`]
const endsRecords = (at: Names): Request[] => [
  ['s3:ListBucketVersions', at.records, { 's3:prefix': 'records/exp_1/' }],
  ['s3:DeleteObjectVersion', `${at.records}/${FILE}`],
]

const SCHEDULE_CALLS = (at: Names): Request[] => [
  ['ec2:DeleteTrafficMirrorSession', SESSION, EXPERIMENT],
  ['ec2:ModifyTrafficMirrorFilterRule', FILTER, EXPERIMENT],
  ['ec2:ModifyTrafficMirrorFilterRule', RULE, EXPERIMENT],
  ['ecs:UpdateService', at.service, inCluster(at)],
  ['lambda:InvokeFunction', arn('lambda', 'function:shadowmeter-production-control')],
]
const keyed = (...keys: string[]) => ({ 'dynamodb:LeadingKeys': keys })
const GATEWAY_CALLS = (at: Names): Request[] => [
  ['dynamodb:GetItem', at.table, keyed(revisionKey.pk)],
  ['dynamodb:GetItem', at.table, keyed(gatewayTasksKey.pk)],
  ['dynamodb:GetItem', at.table, keyed(chunksOf(42))],
  ['dynamodb:PutItem', at.table, keyed(reportKey('2026-12-01T10:00', 'task').pk)],
  ['dynamodb:PutItem', at.table, keyed(comparisonKey('exp_1', 'task').pk)],
  putsRecords(at),
]

/** What each role does, and what it may not do. */
export const MAY: [role: string, allowed: (at: Names) => Request[], denied: (at: Names) => Request[]][] = [
  [
    'ControlRole',
    (at) => [...controlCalls(at), storesEvidence(at), ...deletesEvidence(at), ...endsRecords(at)],
    (at) => [...never(at), readsEvidence(at), putsRecords(at), readsRecords(at), FLOW_LOGS],
  ],
  [
    'ApiHandlerRole',
    (at) => [...controlCalls(at), readsEvidence(at), readsRecords(at), ...endsRecords(at), FLOW_LOGS],
    (at) => [...never(at), storesEvidence(at), ...deletesEvidence(at), putsRecords(at), OTHER_LOGS],
  ],
  [
    'EventsRole',
    controlCalls,
    (at) => [
      ...[...never(at), storesEvidence(at), readsEvidence(at), ...deletesEvidence(at)],
      ...[readsRecords(at), ...endsRecords(at), FLOW_LOGS],
    ],
  ],
  [
    'RemovalRole',
    endingCalls,
    (at) => [
      ...never(at),
      storesEvidence(at),
      readsEvidence(at),
      ...controlCalls(at).filter(([action]) =>
        /Create|ModifyTrafficMirrorSession|PassRole|UpdateSchedule/.test(action),
      ),
    ],
  ],
  [
    'ScheduleRole',
    SCHEDULE_CALLS,
    (at) => [
      ...never(at),
      ['lambda:InvokeFunction', arn('lambda', 'function:shadowmeter-production-api')],
      ...controlCalls(at).filter(([action]) =>
        /Create|ModifyTrafficMirrorSession|PassRole|dynamodb/.test(action),
      ),
    ],
  ],
  [
    'GatewayTaskTaskRole',
    GATEWAY_CALLS,
    (at) => [
      ...controlCalls(at).filter(([action]) => !action.startsWith('dynamodb:')),
      ...[readsRecords(at), ...endsRecords(at)],
      ['s3:PutObject', `${at.records}/elsewhere`],
      ['s3:PutObject', `${at.evidence}/${FILE}`],
      ['dynamodb:GetItem', at.table, keyed('EXPERIMENTS')],
      ['dynamodb:PutItem', at.table, keyed('GATEWAY')],
      ['dynamodb:UpdateItem', at.table, keyed('WRITERS')],
      ['dynamodb:Query', at.table, keyed('REPORTS#2026-12-01T10:00')],
      ['ssmmessages:OpenDataChannel', '*'],
    ],
  ],
]
