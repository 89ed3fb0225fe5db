import { api } from './api.ts'
import { reader } from './dead-letters.ts'
import { followers } from './events.ts'
import { balancer } from './load-balancer.ts'
import { deadLetters } from './schedule-group.ts'
import { control } from './schedules.ts'
import { DEPLOYMENT, inputs, PREFIX } from './stage.ts'
import { topic } from './topic.ts'

type Alarm = {
  /** What is wrong and what to do first; docs/runbook.md has the rest under the alarm’s name. */
  means: string
  above: number
  /** Periods of a minute: in how many of how many. */
  minutes: [breaching: number, of: number]
  /** What silence means. */
  silence?: 'notBreaching' | 'breaching'
  queries: aws.cloudwatch.MetricAlarmArgs['metricQueries']
}

const sum = (
  id: string,
  namespace: string,
  metricName: string,
  dimensions: Record<string, $util.Input<string>>,
) => ({ id, metric: { namespace, metricName, dimensions, stat: 'Sum', period: 60 } })
/** The gateways’ own counts, by data-plane/telemetry/emf.ts. */
const gateways = (id: string, metricName: string) =>
  sum(id, 'Shadowmeter', metricName, { Deployment: DEPLOYMENT })
const only = (query: ReturnType<typeof sum>) => [{ ...query, returnData: true }]
const result = (expression: string) => ({ id: 'result', expression, label: 'result', returnData: true })

/** Sums over all instances of the account and Region: AWS counts mirroring by instance only. */
const instances = (id: string, metricName: string) => ({
  id,
  expression: `SELECT SUM(${metricName}) FROM SCHEMA("AWS/EC2", InstanceId)`,
  period: 300,
  label: metricName,
  returnData: false,
})

/** A metric of how often a function logs something; the words are those of functions/. */
const logged = (name: string, group: $util.Input<string>, pattern: string) => {
  const metric = `${PREFIX}-${name}`
  new aws.cloudwatch.LogMetricFilter(`Log-${name}`, {
    logGroupName: group,
    pattern,
    metricTransformation: { namespace: 'Shadowmeter/Control', name: metric, value: '1', defaultValue: '0' },
  })
  return sum('logged', 'Shadowmeter/Control', metric, {})
}
const logOf = (fn: $util.Output<sst.aws.Function>) =>
  fn.nodes.logGroup.apply((group) => group?.name ?? $output(''))

/** The highest of what functions log as expected spend, as a share of the budget; whichever was first to meter. */
const forecastShare = () => {
  const metric = `${PREFIX}-forecast-share`
  for (const [name, group] of Object.entries({
    control: logOf($output(control)),
    events: logOf($output(followers)),
    api: logOf($output(api.handler)),
  }))
    new aws.cloudwatch.LogMetricFilter(`Log-forecast-${name}`, {
      logGroupName: group,
      pattern: '{ $.message = "metered" }',
      metricTransformation: { namespace: 'Shadowmeter/Control', name: metric, value: '$.forecastShare' },
    })
  const query = sum('share', 'Shadowmeter/Control', metric, {})
  return [{ ...query, metric: { ...query.metric, stat: 'Maximum' }, returnData: true }]
}

const ALARMS: Record<string, Alarm> = {
  'tick-late': {
    means:
      'The control plane has not looked after its experiments for three minutes. Leases stop the packets.',
    above: 0,
    minutes: [3, 3],
    silence: 'breaching',
    queries: [
      { ...sum('ticks', 'AWS/Lambda', 'Invocations', { FunctionName: control.name }), returnData: false },
      result('IF(FILL(ticks, 0) < 1, 1, 0)'),
    ],
  },
  'tick-fails': {
    means: 'The control plane’s runs fail. Experiments end by their own schedules.',
    above: 0,
    minutes: [3, 5],
    queries: only(sum('errors', 'AWS/Lambda', 'Errors', { FunctionName: control.name })),
  },
  'dead-letters': {
    means:
      'A schedule could not do what it was for, or nobody reads that: a session or rule may still be there.',
    above: 0,
    minutes: [1, 1],
    queries: [
      { ...logged('dead-letters', logOf(reader.nodes.function), '{ $.level = "ERROR" }'), returnData: false },
      {
        id: 'age',
        metric: {
          namespace: 'AWS/SQS',
          metricName: 'ApproximateAgeOfOldestMessage',
          dimensions: { QueueName: deadLetters.nodes.queue.name },
          stat: 'Maximum',
          period: 60,
        },
        returnData: false,
      },
      result('FILL(logged, 0) + IF(FILL(age, 0) > 900, 1, 0)'),
    ],
  },
  'session-past-expiry': {
    means: 'The sweeper had to end a mirror session whose own schedule had not.',
    above: 0,
    minutes: [1, 1],
    queries: only(logged('swept-sessions', logOf($output(control)), '{ $.message = "sweep session*" }')),
  },
  'spend-forecast': {
    means:
      'An experiment is expected to cost more than its budget: it will be ended before its time, within the budget.',
    above: 1,
    minutes: [3, 5],
    queries: forecastShare(),
  },
  'packets-lost': {
    means:
      'Gateways are too slow or too few: packets were lost before they were read. The coverage says how many.',
    above: 0,
    minutes: [3, 5],
    queries: [
      { ...gateways('kernel', 'KernelOverflow'), returnData: false },
      { ...gateways('ring', 'RingFull'), returnData: false },
      { ...gateways('leftout', 'PacketsLeftOut'), returnData: false },
      result('FILL(kernel, 0) + FILL(ring, 0) + FILL(leftout, 0)'),
    ],
  },
  'packets-refused': {
    means:
      'Most datagrams on UDP 4789 belong to no experiment: sessions without a configuration, or somebody else sends.',
    above: 0.5,
    minutes: [5, 5],
    queries: [
      { ...gateways('refused', 'DatagramsRefused'), returnData: false },
      { ...gateways('received', 'DatagramsReceived'), returnData: false },
      result('IF(received > 1000, refused / received, 0)'),
    ],
  },
  'conservation-broken': {
    means: 'A gateway’s counters do not add up: what it reports cannot be relied on. Report it.',
    above: 0,
    minutes: [1, 1],
    queries: only(gateways('violations', 'ConservationViolations')),
  },
  'api-fails': {
    means: 'The API answers with server errors.',
    above: 0,
    minutes: [3, 5],
    queries: only(sum('failures', 'AWS/Lambda', 'Errors', { FunctionName: api.handler.name })),
  },
  ...(inputs.alarms.sourceMetrics && {
    'mirrors-skipped': {
      means: 'Sources had no bandwidth left for copies: AWS dropped them, and production is near its limit.',
      above: 0,
      minutes: [2, 3],
      queries: [
        instances('skipin', 'NetworkSkipMirrorIn'),
        instances('skipout', 'NetworkSkipMirrorOut'),
        result('FILL(skipin, 0) + FILL(skipout, 0)'),
      ],
    },
    'mirrored-but-not-received': {
      means:
        'Sources mirror and the load balancer gets nothing: a route, network ACL or the UDP listener is missing.',
      above: 0,
      minutes: [2, 3],
      queries: [
        instances('mirrorin', 'NetworkMirrorIn'),
        instances('mirrorout', 'NetworkMirrorOut'),
        {
          id: 'processed',
          metric: {
            namespace: 'AWS/NetworkELB',
            metricName: 'ProcessedBytes_UDP',
            dimensions: { LoadBalancer: balancer.arnSuffix },
            stat: 'Sum',
            period: 300,
          },
          returnData: false,
        },
        result('IF(FILL(mirrorin, 0) + FILL(mirrorout, 0) > 100000 AND FILL(processed, 0) == 0, 1, 0)'),
      ],
    },
  }),
}

for (const [name, { means, above, minutes, silence = 'notBreaching', queries }] of Object.entries(ALARMS))
  new aws.cloudwatch.MetricAlarm(`Alarm-${name}`, {
    name: `${PREFIX}-${name}`,
    alarmDescription: `${means} See docs/runbook.md#${name}`,
    comparisonOperator: 'GreaterThanThreshold',
    threshold: above,
    datapointsToAlarm: minutes[0],
    evaluationPeriods: minutes[1],
    treatMissingData: silence,
    metricQueries: queries,
    alarmActions: [topic.arn],
    okActions: [topic.arn],
  })

if (inputs.monthlyBudgetUsd !== undefined)
  new aws.budgets.Budget('MonthlyBudget', {
    name: PREFIX,
    budgetType: 'COST',
    timeUnit: 'MONTHLY',
    limitAmount: `${inputs.monthlyBudgetUsd}`,
    limitUnit: 'USD',
    // Works once `deployment` is activated as a cost allocation tag in the billing console.
    costFilters: [{ name: 'TagKeyValue', values: [`user:deployment$${DEPLOYMENT}`] }],
    notifications: [
      { notificationType: 'ACTUAL', threshold: 80 },
      { notificationType: 'FORECASTED', threshold: 100 },
    ].map((when) => ({
      ...when,
      comparisonOperator: 'GREATER_THAN',
      thresholdType: 'PERCENTAGE',
      subscriberSnsTopicArns: [topic.arn],
    })),
  })
