import { cluster, service } from './gateway.ts'
import { account, arn, OWN_TAGS, PREFIX } from './stage.ts'

/** The function that schedules call has a fixed name: it arms schedules for itself and so must know its own ARN. */
export const CONTROL_NAME = `${PREFIX}-control`
export const controlArn = arn('lambda', `function:${CONTROL_NAME}`)

/** What a schedule could not do in the end. Kept for two weeks, the longest there is. */
export const deadLetters = new sst.aws.Queue('DeadLetters', {
  transform: { queue: { messageRetentionSeconds: 14 * 24 * 3600 } },
})

/** All schedules of the deployment, so that no policy needs to speak of others. */
export const scheduleGroup = new aws.scheduler.ScheduleGroup('Schedules', { name: PREFIX })

const ours = Object.entries(OWN_TAGS).map(([key, value]) => ({
  test: 'StringEquals',
  variable: `aws:ResourceTag/${key}`,
  values: [value],
}))

/** Only EventBridge Scheduler, only for schedules of this group: nobody can be made to use the role for somebody else. */
export const trustScheduler = aws.iam.getPolicyDocumentOutput({
  statements: [
    {
      actions: ['sts:AssumeRole'],
      principals: [{ type: 'Service', identifiers: ['scheduler.amazonaws.com'] }],
      conditions: [
        { test: 'StringEquals', variable: 'aws:SourceAccount', values: [account] },
        { test: 'ArnEquals', variable: 'aws:SourceArn', values: [scheduleGroup.arn] },
      ],
    },
  ],
}).json

/**
 * What schedules act as, without any code of ours: they end this deployment’s sessions, make its rules reject, take its
 * gateways to zero and call the control plane. They cannot create anything; IAM cannot tell a rule that is made to reject
 * from one that is made to accept.
 */
export const scheduleRole = new aws.iam.Role('ScheduleRole', {
  assumeRolePolicy: trustScheduler,
  inlinePolicies: [
    {
      name: 'end',
      policy: aws.iam.getPolicyDocumentOutput({
        statements: [
          {
            actions: ['ec2:DeleteTrafficMirrorSession'],
            resources: [arn('ec2', 'traffic-mirror-session/*')],
            conditions: ours,
          },
          {
            actions: ['ec2:ModifyTrafficMirrorFilterRule'],
            resources: [arn('ec2', 'traffic-mirror-filter/*'), arn('ec2', 'traffic-mirror-filter-rule/*')],
            // Not of the parking filter, which must stay as it is.
            conditions: [
              ...ours,
              { test: 'Null', variable: 'aws:ResourceTag/experiment-id', values: ['false'] },
            ],
          },
          {
            actions: ['ecs:UpdateService'],
            resources: [service.id],
            conditions: [{ test: 'ArnEquals', variable: 'ecs:cluster', values: [cluster.nodes.cluster.arn] }],
          },
          { actions: ['lambda:InvokeFunction'], resources: [controlArn] },
          { actions: ['sqs:SendMessage'], resources: [deadLetters.arn] },
        ],
      }).json,
    },
  ],
})
