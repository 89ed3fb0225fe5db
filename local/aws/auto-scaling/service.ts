import { AwsError } from '../aws-error.ts'
import { boolean, integer, list, string } from '../protocol/shape.ts'
import type { XmlValue } from '../protocol/xml.ts'
import type { Instance } from '../rows.ts'
import { action, type Service } from '../service.ts'
import type { State } from '../state.ts'
import type { AutoScalingGroupDeclaration } from '../world.ts'

/** MaxRecords of DescribeAutoScalingGroups: 50 unless said otherwise, at most 100. */
const USUAL_PAGE = 50
const LARGEST_PAGE = 100

/** Amazon EC2 Auto Scaling, as far as a group shows itself. Groups are declared, and launch no instance by themselves. */
export function autoScalingService(state: State): Service {
  const groups = state.world.autoScalingGroups ?? []
  return {
    scope: 'autoscaling',
    query: {
      namespace: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
      version: '2011-01-01',
      dialect: 'aws',
    },
    actions: {
      DescribeAutoScalingGroups: action(
        {
          AutoScalingGroupNames: list(string),
          IncludeInstances: boolean,
          MaxRecords: integer,
          NextToken: string,
        },
        (input) => {
          const size = input.MaxRecords ?? USUAL_PAGE
          if (size < 1 || size > LARGEST_PAGE)
            throw new AwsError('ValidationError', `MaxRecords ${size} is not between 1 and ${LARGEST_PAGE}`)
          const after = input.NextToken === undefined ? '' : afterOf(input.NextToken)
          const left = groups
            .filter(({ name }) => input.AutoScalingGroupNames?.includes(name) ?? true)
            .filter(({ name }) => name > after)
            .sort((a, b) => (a.name < b.name ? -1 : 1))
          const shown = left.slice(0, size)
          const last = shown.at(-1)
          return {
            AutoScalingGroups: shown.map((group) => groupXml(state, group, input.IncludeInstances ?? true)),
            NextToken:
              last && left.length > shown.length
                ? Buffer.from(`after ${last.name}`).toString('base64url')
                : undefined,
          }
        },
        { readOnly: true },
      ),
    },
    refuse({ message }) {
      return new AwsError('ValidationError', message)
    },
  }
}

function afterOf(token: string): string {
  const text = Buffer.from(token, 'base64url').toString()
  if (!text.startsWith('after ')) throw new AwsError('InvalidNextToken', 'The NextToken value is not valid.')
  return text.slice('after '.length)
}

function groupXml(state: State, group: AutoScalingGroupDeclaration, withInstances: boolean): XmlValue {
  const members = membersOf(state, group.name)
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: state.arn(
      'autoscaling',
      `autoScalingGroup:local:autoScalingGroupName/${group.name}`,
    ),
    MinSize: group.minSize,
    MaxSize: group.maxSize,
    DesiredCapacity: group.desiredCapacity,
    DefaultCooldown: 300,
    AvailabilityZones: [...new Set(group.subnetIds.map((id) => state.subnet(id)?.availabilityZone))],
    VPCZoneIdentifier: group.subnetIds.join(','),
    LoadBalancerNames: [],
    TargetGroupARNs: group.targetGroupArns ?? [],
    HealthCheckType: 'EC2',
    HealthCheckGracePeriod: 0,
    Instances: withInstances ? members.map((one) => memberXml(state, one)) : [],
    SuspendedProcesses: [],
    EnabledMetrics: [],
    Tags: [],
    TerminationPolicies: ['Default'],
    NewInstancesProtectedFromScaleIn: false,
  }
}

/** Instances carry their group as a tag that only Auto Scaling sets. */
const membersOf = (state: State, group: string): Instance[] =>
  state.instances
    .list()
    .filter(
      ({ id, state: now }) =>
        now !== 'terminated' && state.tags.get(id)?.['aws:autoscaling:groupName'] === group,
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1))

/** A stopped instance is unhealthy to its group, which terminates it. */
function memberXml(state: State, { id, type, subnetId, state: now }: Instance): XmlValue {
  const alive = now === 'running' || now === 'pending'
  return {
    InstanceId: id,
    InstanceType: type,
    AvailabilityZone: state.subnet(subnetId)?.availabilityZone,
    LifecycleState: now === 'running' ? 'InService' : now === 'pending' ? 'Pending' : 'Terminating',
    HealthStatus: alive ? 'Healthy' : 'Unhealthy',
    ProtectedFromScaleIn: false,
  }
}
