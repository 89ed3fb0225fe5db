import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startTestCloud } from '../support/aws-clients.ts'
import * as world from '../support/aws-world.ts'
import { findProgram } from '../support/program.ts'
import { IS_PROOF } from '../support/scale.ts'

/** The first AWS CLI on the path: versions 1 and 2, old and new, speak to the same endpoints. */
const { path: cli, why } = await findProgram(['aws'], 'awscli')
if (cli === null) console.warn(`Not run, the AWS CLI against the endpoints: ${why}`)

type Answer = { code: number; stdout: string; stderr: string }

function aws(endpoint: string, command: string): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(
      cli ?? 'aws',
      [...words(command), '--endpoint-url', endpoint, '--output', 'json'],
      {
        env: {
          PATH: process.env.PATH,
          HOME: '/nonexistent',
          AWS_ACCESS_KEY_ID: 'local',
          AWS_SECRET_ACCESS_KEY: 'local',
          AWS_DEFAULT_REGION: 'us-east-1',
          AWS_MAX_ATTEMPTS: '1',
          AWS_PAGER: '',
        },
      },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    )
  })
}

/** Words between spaces; single quotes hold one together. */
const words = (command: string): string[] =>
  (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'|'$/g, ''))

/** A command, and what is in its answer, or in what it says when it fails. `$NAME` stands for what an earlier answer has. */
type Row = [command: string, answer: object | RegExp, kept?: Record<string, (answer: Answered) => string>]
// biome-ignore lint/suspicious/noExplicitAny: whatever was answered
type Answered = any

const { eni, instance, loadBalancerArn, targetGroupArn } = world
const filter = 'TrafficMirrorFilterId'
const session = `ec2 create-traffic-mirror-session --network-interface-id ${eni(1)} --traffic-mirror-target-id ${world.mirrorTargetId} --traffic-mirror-filter-id ${world.parkingFilterId} --session-number`
const rule = `ec2 create-traffic-mirror-filter-rule --traffic-mirror-filter-id $filter --traffic-direction ingress --rule-action accept --protocol 6 --destination-cidr-block 0.0.0.0/0 --source-cidr-block 0.0.0.0/0 --rule-number`
const kill = `{"Arn":"arn:aws:scheduler:::aws-sdk:ec2:deleteTrafficMirrorSession","RoleArn":"${world.roleArn}","Input":"{}"}`
const schedule = `--schedule-expression 'at(2099-01-01T00:00:00)' --flexible-time-window Mode=OFF --target '${kill}'`
const notices = 'arn:aws:sns:us-east-1:111122223333:notices'
const metric =
  '[{"Id":"bytes","MetricStat":{"Metric":{"Namespace":"Shadowmeter","MetricName":"Bytes"},"Period":60,"Stat":"Sum"}}]'
const stored = readFileSync(import.meta.filename)
const days = (from: string, to: string) =>
  `ce get-cost-and-usage --time-period Start=${from},End=${to} --granularity DAILY --metrics UnblendedCost`

/** Each command is a process: a quick run takes these of each service, `npm run proof` all. */
const QUICK_ROWS = 3

/** What the control plane asks of AWS, and what AWS documents where it cannot be: one command for each. */
const ROWS: Readonly<Record<string, readonly Row[]>> = {
  'EC2 traffic mirroring': [
    [
      `${session} 7 --tag-specifications 'ResourceType=traffic-mirror-session,Tags=[{Key=owner,Value=me}]'`,
      { TrafficMirrorSession: { SessionNumber: 7 } },
      { session: ({ TrafficMirrorSession: { TrafficMirrorSessionId: id } }) => id },
    ],
    [
      'ec2 describe-traffic-mirror-sessions --filters Name=session-number,Values=7',
      {
        TrafficMirrorSessions: [
          { SessionNumber: 7, PacketLength: 8500, Tags: [{ Key: 'owner', Value: 'me' }] },
        ],
      },
    ],
    [
      `${session} 7`,
      /\(InvalidParameterValue\) when calling the CreateTrafficMirrorSession operation.*: The session number 7 is already being used/,
    ],
    [
      'ec2 create-traffic-mirror-filter',
      {},
      { filter: ({ TrafficMirrorFilter }) => TrafficMirrorFilter[filter] },
    ],
    [
      `${rule} 10`,
      { TrafficMirrorFilterRule: { RuleNumber: 10, Protocol: 6 } },
      { rule: ({ TrafficMirrorFilterRule: { TrafficMirrorFilterRuleId: id } }) => id },
    ],
    [`${rule} 0`, /\(InvalidParameterValue\) when calling the CreateTrafficMirrorFilterRule operation/],
    [
      'ec2 modify-traffic-mirror-filter-rule --traffic-mirror-filter-rule-id $rule --rule-action reject',
      { TrafficMirrorFilterRule: { RuleAction: 'reject' } },
    ],
    [
      'ec2 modify-traffic-mirror-session --traffic-mirror-session-id $session --traffic-mirror-filter-id $filter',
      { TrafficMirrorSession: { SessionNumber: 7 } },
    ],
    ['ec2 create-tags --resources $session --tags Key=expires-at,Value=soon', {}],
    [
      'ec2 delete-traffic-mirror-session --traffic-mirror-session-id $session --dry-run',
      /Request would have succeeded, but DryRun flag is set\./,
    ],
    [
      'ec2 delete-traffic-mirror-filter --traffic-mirror-filter-id $filter',
      /\(TrafficMirrorFilterInUse\) when calling the DeleteTrafficMirrorFilter operation/,
    ],
    ['ec2 delete-traffic-mirror-session --traffic-mirror-session-id $session', {}],
    [
      'ec2 delete-traffic-mirror-session --traffic-mirror-session-id $session',
      /\(InvalidTrafficMirrorSessionId\.NotFound\)/,
    ],
    ['ec2 delete-traffic-mirror-filter-rule --traffic-mirror-filter-rule-id $rule', {}],
    ['ec2 delete-traffic-mirror-filter --traffic-mirror-filter-id $filter', {}],
  ],
  'what EC2 knows of sources': [
    [
      `ec2 describe-network-interfaces --network-interface-ids ${eni(1)}`,
      { NetworkInterfaces: [{ NetworkInterfaceId: eni(1), InterfaceType: 'interface' }] },
    ],
    [
      'ec2 describe-network-interfaces --network-interface-ids eni-0fffffffffffffff0',
      /\(InvalidNetworkInterfaceID\.NotFound\)/,
    ],
    [
      `ec2 describe-instances --instance-ids ${instance(1)}`,
      { Reservations: [{ Instances: [{ InstanceId: instance(1), State: { Name: 'running' } }] }] },
    ],
    [
      'ec2 describe-instance-types --instance-types c6i.large',
      { InstanceTypes: [{ InstanceType: 'c6i.large', Hypervisor: 'nitro' }] },
    ],
    [`ec2 describe-subnets --subnet-ids ${world.subnetA}`, { Subnets: [{ AvailabilityZone: 'us-east-1a' }] }],
    ['ec2 describe-security-group-rules', { SecurityGroupRules: [] }],
    ['ec2 describe-flow-logs', { FlowLogs: [] }],
    ['logs filter-log-events --log-group-name gone', /\(ResourceNotFoundException\)/],
    ['ec2 describe-traffic-mirror-filters', { TrafficMirrorFilters: expect.anything() }],
    [
      'ec2 describe-traffic-mirror-targets',
      { TrafficMirrorTargets: [{ NetworkLoadBalancerArn: loadBalancerArn }] },
    ],
    ['ec2 describe-images', /The action DescribeImages is not implemented by the local AWS endpoints/],
    [
      'autoscaling describe-auto-scaling-groups',
      { AutoScalingGroups: [{ AutoScalingGroupName: 'checkout', MaxSize: 20 }] },
    ],
    ['autoscaling describe-auto-scaling-groups --page-size 101', /\(ValidationError\)/],
  ],
  'ECS and load balancers': [
    [
      'ecs describe-services --cluster shadowmeter --services gateway',
      { services: [{ serviceName: 'gateway', desiredCount: 0 }], failures: [] },
    ],
    [
      'ecs update-service --cluster shadowmeter --service gateway --desired-count 0',
      { service: { desiredCount: 0 } },
    ],
    ['ecs update-service --cluster shadowmeter --service gone', /\(ServiceNotFoundException\)/],
    ['ecs list-tasks --cluster gone', /\(ClusterNotFoundException\)/],
    ['ecs list-tasks --cluster shadowmeter', { taskArns: [] }],
    ['ecs describe-tasks --cluster shadowmeter --tasks 0a', { tasks: [], failures: [{ reason: 'MISSING' }] }],
    [
      'ecs describe-container-instances --cluster shadowmeter --container-instances 0a',
      { failures: [{ reason: 'MISSING' }] },
    ],
    ['elbv2 describe-load-balancers --names mirror', { LoadBalancers: [{ Type: 'network' }] }],
    ['elbv2 describe-load-balancers --names gone', /\(LoadBalancerNotFound\)/],
    [
      `elbv2 describe-load-balancer-attributes --load-balancer-arn ${loadBalancerArn}`,
      { Attributes: expect.arrayContaining([{ Key: 'load_balancing.cross_zone.enabled', Value: 'true' }]) },
    ],
    [
      `elbv2 describe-listeners --load-balancer-arn ${loadBalancerArn}`,
      { Listeners: [{ Protocol: 'UDP', Port: 4789 }] },
    ],
    ['elbv2 describe-target-groups --names gateway', { TargetGroups: [{ Protocol: 'UDP' }] }],
    [`elbv2 describe-target-health --target-group-arn ${targetGroupArn}`, { TargetHealthDescriptions: [] }],
    [`elbv2 describe-target-health --target-group-arn ${targetGroupArn}0`, /\(TargetGroupNotFound\)/],
  ],
  'schedules and notices': [
    ['scheduler create-schedule-group --name cli', { ScheduleGroupArn: expect.stringContaining('/cli') }],
    [`scheduler create-schedule --group-name cli --name kill ${schedule}`, {}],
    [`scheduler create-schedule --group-name cli --name kill ${schedule}`, /\(ConflictException\)/],
    [`scheduler update-schedule --group-name cli --name kill ${schedule}`, {}],
    ['scheduler get-schedule --group-name cli --name kill', { Name: 'kill', State: 'ENABLED' }],
    ['scheduler list-schedules --group-name cli', { Schedules: [{ Name: 'kill' }] }],
    ['scheduler delete-schedule --group-name cli --name kill', {}],
    [
      'scheduler get-schedule --group-name cli --name kill',
      /\(ResourceNotFoundException\) when calling the GetSchedule operation/,
    ],
    [
      `events put-events --entries '[{"Source":"shop","DetailType":"Order","Detail":"{}"},{"Source":"shop","DetailType":"Order","Detail":"no"}]'`,
      { FailedEntryCount: 1, Entries: [{}, { ErrorCode: 'MalformedDetail' }] },
    ],
    [
      `events put-events --entries '[{"Source":"shop","DetailType":"Order","Detail":"{}","EventBusName":"gone"}]'`,
      /\(ResourceNotFoundException\)/,
    ],
    [`sns publish --topic-arn ${notices} --message hello`, { MessageId: expect.any(String) }],
    [`sns publish --topic-arn ${notices}-gone --message hello`, /\(NotFound\)/],
  ],
  'figures and money': [
    ['cloudwatch put-metric-data --namespace Shadowmeter --metric-name Bytes --value 3 --unit Bytes', {}],
    ['cloudwatch list-metrics --namespace Shadowmeter', { Metrics: [{ MetricName: 'Bytes' }] }],
    [
      `cloudwatch get-metric-data --start-time 2026-01-01T00:00:00Z --end-time 2026-01-01T01:00:00Z --metric-data-queries '${metric}'`,
      { MetricDataResults: [{ Id: 'bytes', StatusCode: 'Complete', Values: [] }] },
    ],
    [
      `cloudwatch get-metric-data --start-time 2026-01-01T01:00:00Z --end-time 2026-01-01T00:00:00Z --metric-data-queries '${metric}'`,
      /\(InvalidParameterCombination\) when calling the GetMetricData operation/,
    ],
    [
      'pricing get-products --service-code AmazonVPC --filters Type=TERM_MATCH,Field=regionCode,Value=us-east-1',
      { PriceList: expect.arrayContaining([expect.stringContaining('ENI-Mirror')]) },
    ],
    ['pricing get-products --service-code Amazon', /\(InvalidParameterException\)/],
    [
      days('2026-01-01', '2026-01-02'),
      { ResultsByTime: [{ TimePeriod: { Start: '2026-01-01', End: '2026-01-02' }, Groups: [] }] },
    ],
    [days('2026-01-02', '2026-01-01'), /\(ValidationException\)/],
    [
      'service-quotas get-service-quota --service-code fargate --quota-code L-3032A538',
      { Quota: { Value: 6, Adjustable: true } },
    ],
    [
      'service-quotas get-service-quota --service-code fargate --quota-code L-00000000',
      /\(NoSuchResourceException\)/,
    ],
  ],
  'what is stored': [
    [
      'dynamodb create-table --table-name cli --billing-mode PAY_PER_REQUEST --attribute-definitions AttributeName=pk,AttributeType=S --key-schema AttributeName=pk,KeyType=HASH',
      { TableDescription: { TableName: 'cli' } },
    ],
    ['dynamodb wait table-exists --table-name cli', {}],
    [`dynamodb put-item --table-name cli --item '{"pk":{"S":"a"}}'`, {}],
    [
      `dynamodb put-item --table-name cli --item '{"pk":{"S":"a"}}' --condition-expression attribute_not_exists(pk)`,
      /\(ConditionalCheckFailedException\)/,
    ],
    [`dynamodb get-item --table-name cli --key '{"pk":{"S":"a"}}'`, { Item: { pk: { S: 'a' } } }],
    ['dynamodb describe-table --table-name gone', /\(ResourceNotFoundException\)/],
    [
      `s3api put-object --bucket ${world.evidenceBucket} --key evidence/cli --body ${import.meta.filename} --checksum-sha256 ${hash('sha256', stored, 'base64')}`,
      { ETag: expect.any(String) },
    ],
    [
      `s3api list-object-versions --bucket ${world.evidenceBucket} --prefix evidence/`,
      { Versions: [{ Key: 'evidence/cli' }] },
      { version: ({ Versions }) => Versions[0].VersionId },
    ],
    [
      `s3api get-object --bucket ${world.evidenceBucket} --key evidence/cli /dev/null`,
      { ContentLength: stored.length },
    ],
    [`s3api delete-object --bucket ${world.evidenceBucket} --key evidence/cli --version-id $version`, {}],
    [`s3api get-object --bucket ${world.evidenceBucket} --key evidence/cli /dev/null`, /\(NoSuchKey\)/],
    ['s3api list-object-versions --bucket gone', /\(NoSuchBucket\)/],
    ['sts get-caller-identity', { Account: '111122223333' }],
  ],
}

test.skipIf(cli === null)(
  'the AWS CLI is given what AWS documents for all that the control plane asks, errors as AWS’s own',
  { timeout: 600_000 },
  async () => {
    const declared = { ...world.testWorld(), topics: [{ name: 'notices' }] }
    const { cloud } = await startTestCloud({ world: declared, switches: { throttle: false } })
    const check = async (rows: readonly Row[]) => {
      const kept: Record<string, string> = {}
      for (const [command, expected, keeps = {}] of rows) {
        const given = command.replace(/\$([a-z]+)/g, (_, name: string) => kept[name] ?? '')
        const { code, stdout, stderr } = await aws(cloud.address, given)
        if (expected instanceof RegExp) {
          expect(stderr.trim(), given).toMatch(expected)
          expect(EXIT_OF_AN_ERROR, given).toContain(code)
          continue
        }
        expect([given, code, stderr]).toEqual([given, 0, ''])
        const answer = stdout.trim() === '' ? {} : JSON.parse(stdout)
        expect(answer, given).toMatchObject(expected)
        for (const [name, pick] of Object.entries(keeps)) kept[name] = pick(answer)
      }
    }

    const answered = await Promise.allSettled(
      Object.values(ROWS).map((rows) => check(IS_PROOF ? rows : rows.slice(0, QUICK_ROWS))),
    )

    expect(answered.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))).toEqual([])
  },
)

/** Versions 2 and 1 of the CLI for an error of a service. */
const EXIT_OF_AN_ERROR = [254, 255]
