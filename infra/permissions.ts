import { cluster, service } from './gateway.ts'
import { mirrorTarget } from './mirror.ts'
import { network } from './network.ts'
import { records as recorded } from './records.ts'
import { scheduleGroup, scheduleRole } from './schedule-group.ts'
import { arn, inputs, OWN_TAGS } from './stage.ts'
import { evidence } from './storage.ts'
import { table } from './table.ts'

type Permission = ReturnType<typeof sst.aws.permission>
const allow = (
  actions: string[],
  resources: $util.Input<string>[],
  conditions?: NonNullable<Permission['conditions']>,
) => ({ actions, resources, ...(conditions && { conditions }) })

const equals = (variable: string, ...values: $util.Input<string>[]) => ({
  test: 'StringEquals',
  variable,
  values,
})
const tagged = (where: 'aws:RequestTag' | 'aws:ResourceTag') =>
  Object.entries(OWN_TAGS).map(([key, value]) => equals(`${where}/${key}`, value))
const OURS = tagged('aws:ResourceTag')
const AS_OURS = tagged('aws:RequestTag')
/** Of an experiment: not the parking filter, which must stay as it is. */
const OF_EXPERIMENT = [
  ...OURS,
  { test: 'Null', variable: 'aws:ResourceTag/experiment-id', values: ['false'] },
]

const ec2 = (type: string) => arn('ec2', `${type}/*`)
const SESSION = ec2('traffic-mirror-session')
const FILTER = ec2('traffic-mirror-filter')
const RULE = ec2('traffic-mirror-filter-rule')

const sourceVpcs = inputs.sourceVpcs.length > 0 ? inputs.sourceVpcs : [network.vpc]

/** Nothing can be told apart here: EC2 authorizes these for all resources or none. */
const LOOK = [
  'autoscaling:DescribeAutoScalingGroups',
  'cloudwatch:GetMetricData',
  'ec2:DescribeFlowLogs',
  'ec2:DescribeInstances',
  'ec2:DescribeInstanceTypes',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSecurityGroupRules',
  'ec2:DescribeSubnets',
  'ec2:DescribeTrafficMirrorFilters',
  'ec2:DescribeTrafficMirrorSessions',
  'ec2:DescribeTrafficMirrorTargets',
  'elasticloadbalancing:DescribeListeners',
  'elasticloadbalancing:DescribeLoadBalancerAttributes',
  'elasticloadbalancing:DescribeLoadBalancers',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
  'scheduler:ListSchedules',
]

/**
 * A create is authorized once for every resource it names: the new session by the tags it is asked to carry, filter and
 * target by those they carry, the interface by its VPC. One statement for all of them would deny every call.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
const mirror = [
  allow(['ec2:CreateTrafficMirrorFilter'], [FILTER], AS_OURS),
  allow(['ec2:CreateTrafficMirrorFilterRule'], [FILTER], OF_EXPERIMENT),
  allow(['ec2:CreateTrafficMirrorFilterRule'], [RULE], AS_OURS),
  allow(
    ['ec2:CreateTrafficMirrorSession'],
    [SESSION],
    [...AS_OURS, { test: 'Null', variable: 'aws:RequestTag/expires-at', values: ['false'] }],
  ),
  allow(['ec2:CreateTrafficMirrorSession'], [FILTER, mirrorTarget.arn], OURS),
  allow(
    ['ec2:CreateTrafficMirrorSession'],
    [ec2('network-interface')],
    [
      {
        test: 'ArnEquals',
        variable: 'ec2:Vpc',
        values: sourceVpcs.map((vpc) => arn('ec2', $interpolate`vpc/${vpc}`)),
      },
    ],
  ),
  allow(['ec2:ModifyTrafficMirrorSession'], [SESSION, FILTER, mirrorTarget.arn], OURS),
  allow(
    ['ec2:CreateTags'],
    [FILTER, RULE, SESSION],
    [
      ...AS_OURS,
      equals(
        'ec2:CreateAction',
        'CreateTrafficMirrorFilter',
        'CreateTrafficMirrorFilterRule',
        'CreateTrafficMirrorSession',
      ),
    ],
  ),
  // An experiment is extended by its tag: of what is there, no other tag can be written.
  allow(
    ['ec2:CreateTags'],
    [FILTER, SESSION],
    [...OURS, { test: 'ForAllValues:StringEquals', variable: 'aws:TagKeys', values: ['expires-at'] }],
  ),
]

/** What ends mirroring. IAM cannot tell a rule that is made to reject from one that is made to accept. */
const unmirror = [
  allow(['ec2:DeleteTrafficMirrorSession'], [SESSION], OURS),
  allow(['ec2:DeleteTrafficMirrorFilter'], [FILTER], OF_EXPERIMENT),
  allow(['ec2:ModifyTrafficMirrorFilterRule'], [FILTER, RULE], OF_EXPERIMENT),
]

/** Services of any cluster can be sources: their tasks and instances may be looked at. */
const ecsSources = [
  allow(['ecs:ListTasks'], ['*']),
  allow(['ecs:DescribeTasks'], [arn('ecs', 'task/*')]),
  allow(['ecs:DescribeContainerInstances'], [arn('ecs', 'container-instance/*')]),
]

const inCluster = [{ test: 'ArnEquals', variable: 'ecs:cluster', values: [cluster.nodes.cluster.arn] }]
const gateways = [allow(['ecs:DescribeServices', 'ecs:UpdateService'], [service.id], inCluster)]

const SCHEDULES = arn('scheduler', $interpolate`schedule/${scheduleGroup.name}/*`)
const records = [
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
  'dynamodb:Query',
]

/** What the control plane may do, through whichever door it is reached. */
export const controlPermissions = [
  allow(LOOK, ['*']),
  allow(['ce:GetCostAndUsage', 'pricing:GetProducts', 'servicequotas:GetServiceQuota'], ['*']),
  // Notices of what becomes of an experiment: said in Shadowmeter’s name only.
  allow(
    ['events:PutEvents'],
    [arn('events', 'event-bus/default')],
    [{ test: 'ForAllValues:StringEquals', variable: 'events:source', values: ['shadowmeter'] }],
  ),
  ...ecsSources,
  ...mirror,
  ...unmirror,
  ...gateways,
  allow(
    [
      'scheduler:CreateSchedule',
      'scheduler:UpdateSchedule',
      'scheduler:DeleteSchedule',
      'scheduler:GetSchedule',
    ],
    [SCHEDULES],
  ),
  allow(['iam:PassRole'], [scheduleRole.arn], [equals('iam:PassedToService', 'scheduler.amazonaws.com')]),
  allow(records, [table.arn]),
]

/** The function that runs ticks stores an experiment’s evidence once it has ended, and deletes it, version by version… */
export const storeEvidence = [
  allow(['s3:PutObject', 's3:DeleteObjectVersion'], [evidence.objects]),
  allow(
    ['s3:ListBucketVersions'],
    [evidence.bucketArn],
    [{ test: 'StringLike', variable: 's3:prefix', values: [evidence.prefix] }],
  ),
]
/** …and the API shows it. It neither lists the bucket nor deletes from it. */
export const readEvidence = [allow(['s3:GetObject'], [evidence.objects])]

/** Plans read the sources’ flow logs, in the log groups that the deployment names and in no others. */
export const readFlowLogs = inputs.flowLogGroups.map((group) =>
  allow(['logs:FilterLogEvents'], [arn('logs', `log-group:${group}:*`)]),
)

const findRecords = [
  allow(
    ['s3:ListBucketVersions'],
    [recorded.arn],
    [{ test: 'StringLike', variable: 's3:prefix', values: [recorded.prefix] }],
  ),
  allow(['s3:DeleteObjectVersion'], [recorded.objects]),
]
/** Ticks delete records, when their time is over or with the evidence, and can read none… */
export const endRecords = findRecords
/** …the API lists, reads and deletes them for those who may. */
export const readRecords = [
  ...findRecords,
  allow(['s3:GetObject'], [recorded.objects]),
  allow(['kms:Decrypt'], [recorded.key]),
]

/** What the last look before a removal may do: end things. */
export const removalPermissions = [
  allow(LOOK, ['*']),
  ...unmirror,
  ...gateways,
  allow(['scheduler:DeleteSchedule', 'scheduler:GetSchedule'], [SCHEDULES]),
  allow(records, [table.arn]),
]

/** What the reader of dead letters may do: note in an experiment’s trail what its schedule could not do. */
export const deadLetterPermissions = [
  allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], [table.arn]),
]
