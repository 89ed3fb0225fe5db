import { hash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateScheduleGroupCommand } from '@aws-sdk/client-scheduler'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { newRecord, stopped } from '../../functions/experiments/phases.ts'
import { experimentId } from '../../functions/experiments/ulid.ts'
import { createRecord, readRecord } from '../../functions/store/experiments.ts'
import { openTable } from '../../functions/store/table.ts'
import { someSpec } from '../support/api-config.ts'
import { apiEvent } from '../support/api-event.ts'
import { startTestCloud } from '../support/aws-clients.ts'
import * as world from '../support/aws-world.ts'
import { invoke } from '../support/infra/lambda-runtime.ts'
import { mirrorFor } from '../support/infra/left-over.ts'
import { bundleHandler } from '../support/infra/sst-bundle.ts'
import { readStage } from '../support/infra/stages.ts'
import { createTestTable } from '../support/table.ts'

/** A function as it is deployed: its handler, bundled, and its environment, with the local account's names. */
const deployed = async (name: string) => {
  const deployment = await readStage('production')
  const { inputs } = deployment.named('aws:lambda/function:Function', `${name}Function`)
  const folder = mkdtempSync(join(tmpdir(), 'function-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const handler = await bundleHandler(String(inputs.handler), folder)
  const { cloud, ec2, dynamodb, scheduler } = await startTestCloud()
  await createTestTable(dynamodb, 'shadowmeter')
  await scheduler.send(new CreateScheduleGroupCommand({ Name: 'shadowmeter-production' }))
  const environment: Record<string, string> = {
    ...(inputs.environment.variables as Record<string, string>),
    AWS_ENDPOINT_URL: cloud.address,
    SHADOWMETER_TABLE: 'shadowmeter',
    SHADOWMETER_EVIDENCE_BUCKET: world.evidenceBucket,
    SHADOWMETER_CLUSTER: 'shadowmeter',
    SHADOWMETER_MIRROR_TARGET: world.mirrorTargetId,
    SHADOWMETER_PARKING_FILTER: world.parkingFilterId,
    SHADOWMETER_TARGET_GROUP_ARN: world.targetGroupArn,
    SHADOWMETER_LOAD_BALANCER_ARN: world.loadBalancerArn,
  }
  return {
    cloud,
    dynamodb,
    ec2,
    handler,
    run: (events: readonly unknown[]) => invoke(handler, events, environment),
  }
}

const PERSON = {
  jwt: { claims: { sub: 'auth0|7', email: 'ada@example.com', groups: '[engineering]' }, scopes: null },
}
const STRANGER = { jwt: { claims: { sub: 'auth0|8', email: 'eve@example.com' }, scopes: null } }
const PIPELINE = {
  iam: {
    accessKey: 'AKIA',
    accountId: '111122223333',
    userArn: 'arn:aws:sts::111122223333:assumed-role/shadowmeter-pipeline/run-7',
    userId: 'AROA:run-7',
  },
}

/** As EventBridge sends it. */
const fleetEvent = (detailType: string, source: string, detail: object) => ({
  version: '0',
  id: '7bf73129-1428-4cd3-a780-95db273d1602',
  'detail-type': detailType,
  source,
  account: '111122223333',
  time: '2026-11-26T10:00:00Z',
  region: 'us-east-1',
  resources: [],
  detail,
})

/** As the AWS provider calls a function that lives as a resource. */
const lifecycle = (action: string) => ({ after: [], tf: { action, prev_input: null } })

describe.runIf(inject('missingPlatform') === null)('a deployed function', () => {
  it('answers people and pipelines through API Gateway, and nobody else', async () => {
    const { run, handler } = await deployed('ApiHandler')

    const { answers, logs } = await run([
      apiEvent({ path: '/experiments', authorizer: PERSON }),
      apiEvent({ path: '/experiments', authorizer: PIPELINE }),
      apiEvent({ path: '/experiments', authorizer: STRANGER }),
      apiEvent({ path: '/experiments' }),
      apiEvent({ path: '/nowhere', authorizer: PERSON }),
      apiEvent({ path: '/openapi.json' }),
    ])

    expect(logs).not.toContain('Error')
    expect(answers.map(({ payload }) => (payload as { statusCode: number }).statusCode)).toEqual([
      200, 200, 403, 401, 404, 200,
    ])
    expect(handler.bytes).toBeLessThan(5_000_000)
  })

  it('ticks when the scheduler calls, and fails on what is no event of ours', async () => {
    const { run } = await deployed('Control')

    const { answers, logs } = await run([{ kind: 'tick' }, { kind: 'tock' }, { kind: 'tick' }])

    expect(answers.map(({ ok }) => ok)).toEqual([true, false, true])
    expect(logs).toContain('schedule event failed')
  })

  it('stores the evidence of an experiment that has ended when it ticks', async () => {
    const { run, cloud, dynamodb } = await deployed('Control')
    const table = openTable(dynamodb, 'shadowmeter')
    const now = new Date()
    const id = experimentId(now.getTime(), randomBytes(10))
    const record = newRecord(someSpec, { id, by: 'ada', now })
    await createRecord(table, stopped(record, { by: 'ada', reason: 'Seen enough.', now }))

    const { answers } = await run([{ kind: 'tick' }, { kind: 'tick' }])

    const { evidence } = (await readRecord(table, id))?.experiment ?? {}
    expect(answers.map(({ ok }) => ok)).toEqual([true, true])
    expect(evidence?.files).toHaveLength(4)
    for (const { key, sha256 } of evidence?.files ?? [])
      expect(hash('sha256', cloud.objects.get(world.evidenceBucket, key)?.body ?? '')).toBe(sha256)
  })

  it('takes every kind of event that its rules send', async () => {
    const { run } = await deployed('Events')
    const launched = { EC2InstanceId: world.instance(1), AutoScalingGroupName: 'checkout' }
    const task = {
      clusterArn: world.clusterArn,
      taskArn: 'arn:aws:ecs:…:task/shadowmeter/1',
      lastStatus: 'RUNNING',
    }

    const { answers } = await run([
      fleetEvent('EC2 Instance State-change Notification', 'aws.ec2', {
        'instance-id': world.instance(1),
        state: 'running',
      }),
      fleetEvent('EC2 Instance Launch Successful', 'aws.autoscaling', launched),
      fleetEvent('EC2 Instance Terminate Successful', 'aws.autoscaling', launched),
      fleetEvent('ECS Task State Change', 'aws.ecs', task),
      fleetEvent('EC2 Spot Instance Interruption Warning', 'aws.ec2', {}),
    ])

    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true, true, false])
  })

  it('stops a removal while a mirror session is left, and lets it go on without one', {
    timeout: 120_000,
  }, async () => {
    const { run, ec2 } = await deployed('Removal')
    const nothingLeft = await run([lifecycle('create'), lifecycle('delete')])
    const { filter, session } = await mirrorFor(ec2, 'shadowmeter/production')

    const left = await run([lifecycle('update'), lifecycle('delete')])

    expect(nothingLeft.answers.map(({ ok }) => ok)).toEqual([true, true])
    expect(left.answers.map(({ ok }) => ok)).toEqual([true, false])
    expect(left.answers[1]).toMatchObject({
      payload: {
        errorMessage: expect.stringContaining(`mirror session ${session}, mirror filter ${filter}`),
      },
    })
  })
})
