import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { NOTICE_DETAIL_TYPE, NOTICE_KINDS, NOTICE_SOURCE } from '../../../../contract/notice.ts'
import { type Deployment, list, type Statement } from '../stages.ts'

/** How AWS counts mirroring: by instance, every five minutes with basic monitoring. */
const BY_INSTANCE = ['AWS/EC2', 'InstanceId)', '"period":300']
/** By alarm, what it must look at. */
const WATCHED = {
  'tick-late': ['AWS/Lambda', 'Invocations', '-control'],
  'tick-fails': ['AWS/Lambda', 'Errors', '-control'],
  'dead-letters': ['ApproximateAgeOfOldestMessage', 'DeadLetters'],
  'session-past-expiry': ['swept-sessions'],
  'spend-forecast': ['forecast-share', 'Maximum'],
  'packets-lost': ['KernelOverflow', 'RingFull', 'PacketsLeftOut'],
  'packets-refused': ['DatagramsRefused', 'DatagramsReceived'],
  'conservation-broken': ['ConservationViolations'],
  'api-fails': ['AWS/Lambda', 'Errors', 'ApiHandler'],
  'mirrors-skipped': [...BY_INSTANCE, 'NetworkSkipMirrorIn', 'NetworkSkipMirrorOut'],
  'mirrored-but-not-received': [...BY_INSTANCE, 'NetworkMirrorIn', 'NetworkMirrorOut', 'ProcessedBytes_UDP'],
} as const

/** Who hears of what. */
export const ALARM_PROMISES = {
  'hands notices, in the words that the code uses, to a topic that only EventBridge may publish to': (
    deployment: Deployment,
  ) => {
    const { SHADOWMETER_DEPLOYMENT, SHADOWMETER_PRE_NOTICE_MINUTES } =
      deployment.environment('ControlFunction')
    const [policy] = deployment
      .all('aws:sns/topicPolicy:TopicPolicy')
      .filter(({ name }) => name === 'NoticesPolicy')
    if (policy === undefined) {
      expect(SHADOWMETER_PRE_NOTICE_MINUTES).toBe('0')
      return
    }
    const topic = deployment.named('aws:cloudwatch/eventTarget:EventTarget', 'NoticesTarget').inputs.arn
    const { eventPattern } = deployment.named('aws:cloudwatch/eventRule:EventRule', 'NoticesRule').inputs
    const { source, detail, 'detail-type': types } = JSON.parse(eventPattern)
    expect([source, types]).toEqual([[NOTICE_SOURCE], [NOTICE_DETAIL_TYPE]])
    expect(detail.deployment).toEqual([SHADOWMETER_DEPLOYMENT])
    expect(NOTICE_KINDS).toEqual(expect.arrayContaining(detail.kind))
    expect(detail.kind).toEqual(
      expect.arrayContaining(['announced', 'started', 'stage', 'over-budget', 'aborted', 'ended']),
    )
    // No condition: EventBridge tells SNS nothing to go by.
    expect((JSON.parse(policy.inputs.policy) as { Statement: Statement[] }).Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'sns:Publish',
        Resource: topic,
        Principal: { Service: 'events.amazonaws.com' },
      },
    ])
    expect(Number(SHADOWMETER_PRE_NOTICE_MINUTES)).toBe(30)
  },

  'tells the topic of every alarm, and each has a page in the runbook': (deployment: Deployment) => {
    const alarms = deployment.all('aws:cloudwatch/metricAlarm:MetricAlarm')
    expect(alarms.length).toBeGreaterThan(9)
    for (const { inputs } of alarms) {
      expect(inputs.alarmActions, inputs.name).toHaveLength(1)
      expect(inputs.alarmDescription).toMatch(/docs\/runbook\.md#[a-z-]+$/)
      const shown = list(inputs.metricQueries).filter(({ returnData }) => returnData)
      expect(shown, inputs.name).toHaveLength(1)
    }
  },

  'watches what is lost, late, left over or dear, in the words that the code uses': (
    deployment: Deployment,
  ) => {
    const alarms = new Map(
      deployment
        .all('aws:cloudwatch/metricAlarm:MetricAlarm')
        .map(({ name, inputs }) => [name.replace('Alarm-', ''), inputs]),
    )
    // A label is for people only.
    const queried = (name: string) =>
      JSON.stringify(alarms.get(name)?.metricQueries, (key, value) => (key === 'label' ? undefined : value))
    for (const [name, words] of Object.entries(WATCHED))
      for (const word of words) expect(queried(name), name).toContain(word)
    expect([...alarms.keys()].sort()).toEqual(Object.keys(WATCHED).sort())
    expect(alarms.get('tick-late')?.treatMissingData).toBe('breaching')
    // A filter whose words nobody logs would never raise its alarm.
    const said =
      readFileSync('functions/reconcile/meter.ts', 'utf8') +
      readFileSync('functions/reconcile/sweep.ts', 'utf8')
    const filters = deployment.all('aws:cloudwatch/logMetricFilter:LogMetricFilter')
    expect(filters).toHaveLength(5)
    for (const { inputs, name } of filters) {
      const [, word] = /\$\.message = "([a-z ]+)\*?"/.exec(inputs.pattern) ?? []
      if (word !== undefined) expect(said, name).toMatch(new RegExp(`['\`]${word}`))
      const field = /^\$\.(\w+)$/.exec(inputs.metricTransformation.value)?.[1]
      if (field !== undefined) expect(said, name).toContain(`${field}:`)
    }
  },

  'watches the month’s bill by its own tag, and tells the topic': (deployment: Deployment) => {
    const owner = deployment.environment('ControlFunction').SHADOWMETER_DEPLOYMENT
    for (const { inputs } of deployment.all('aws:budgets/budget:Budget')) {
      expect(inputs.costFilters).toEqual([{ name: 'TagKeyValue', values: [`user:deployment$${owner}`] }])
      for (const { subscriberSnsTopicArns: topics } of inputs.notifications)
        expect(topics).toEqual([expect.stringContaining('-AlarmsTopic-')])
    }
  },
}
