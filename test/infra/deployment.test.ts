import { readFileSync } from 'node:fs'
import { describe, expect, inject, it } from 'vitest'
import { PROMISES } from '../support/infra/promises.ts'
import { readStage, STAGES, type StageName } from '../support/infra/stages.ts'

const available = inject('missingPlatform') === null

describe.runIf(available).each(Object.keys(STAGES) as StageName[])('a deployment of %s', async (stage) => {
  it.each(Object.entries(PROMISES))('%s', async (_, keeps) => {
    const deployment = await readStage(stage)

    keeps(deployment)
  })
})

describe.runIf(available)('inputs', () => {
  it('use a network that is there without creating one, with the endpoints it lacks', async () => {
    const deployment = await readStage('production')

    const endpoints = deployment
      .all('aws:ec2/vpcEndpoint:VpcEndpoint')
      .map(({ inputs }) => inputs.serviceName)

    expect(deployment.all('aws:ec2/vpc:Vpc')).toEqual([])
    expect(endpoints.map((name) => name.replace('com.amazonaws.us-east-1.', '')).sort()).toEqual([
      'dynamodb',
      'ecr.api',
      'ecr.dkr',
      's3',
      'ssm',
    ])
    expect(deployment.named('aws:lb/loadBalancer:LoadBalancer', 'Balancer').inputs.subnets).toHaveLength(2)
  })

  it('decide who hears of alarms and of the month’s budget', async () => {
    const deployment = await readStage('production')

    const [budget] = deployment.all('aws:budgets/budget:Budget')
    const subscriptions = deployment.all('aws:sns/topicSubscription:TopicSubscription')

    expect(budget?.inputs).toMatchObject({
      limitAmount: '200',
      costFilters: [{ values: ['user:deployment$shadowmeter/production'] }],
    })
    expect(subscriptions.map(({ name, inputs }) => [name.split('To')[0], inputs.endpoint]).sort()).toEqual([
      ['Alarms', 'platform@example.com'],
      ['Notices', 'security@example.com'],
    ])
  })

  it('put secrets into SSM and name them to the gateway as it looks for them', async () => {
    const { container } = await readStage('production')

    expect(container.secrets.map(({ name }) => name)).toEqual(['SHADOWMETER_SECRET_ORDERS_SHADOW_TOKEN'])
  })

  it('have interface endpoints in every zone in production and in one elsewhere', async () => {
    const subnets = async (stage: StageName) =>
      (await readStage(stage)).named('aws:ec2/vpcEndpoint:VpcEndpoint', 'Endpointecr.api').inputs.subnetIds

    expect([(await subnets('production')).length, (await subnets('staging')).length]).toEqual([2, 1])
  })
})

describe.runIf(available)('the runbook', () => {
  it('has a section for every alarm', async () => {
    const deployment = await readStage('production')
    const sections = [...readFileSync('docs/runbook.md', 'utf8').matchAll(/^## (.+)$/gm)].map(
      ([, name]) => name,
    )

    const alarms = deployment
      .all('aws:cloudwatch/metricAlarm:MetricAlarm')
      .map(({ inputs }) => String(inputs.alarmDescription).split('#').at(-1))

    expect(sections.toSorted()).toEqual(alarms.toSorted())
  })
})
