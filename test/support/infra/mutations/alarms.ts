import type { Mutation } from '../mutation.ts'
import type { Deployment } from '../stages.ts'

const alarm = (deployment: Deployment, name: string) =>
  deployment.named('aws:cloudwatch/metricAlarm:MetricAlarm', `Alarm-${name}`)

const WATCH = 'watches what is lost, late, left over or dear, in the words that the code uses'
const NOTICES =
  'hands notices, in the words that the code uses, to a topic that only EventBridge may publish to'

export const ALARM_MUTATIONS: Mutation[] = [
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
]
