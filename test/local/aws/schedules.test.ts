import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DescribeServicesCommand } from '@aws-sdk/client-ecs'
import { DeleteScheduleCommand, UpdateScheduleCommand } from '@aws-sdk/client-scheduler'
import { describe, expect, onTestFinished, test } from 'vitest'
import { errorCode, eventually, startTestCloud } from '../../support/aws-clients.ts'
import { deadLetterArn, functionArn } from '../../support/aws-world.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { create, namesOf, schedule, session, sessionsOf } from '../../support/schedules.ts'

/** Dead letters, as the CLI would read them. */
async function deadLetters(address: string) {
  const response = await fetch(address, {
    method: 'POST',
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=local/20261121/us-east-1/sqs/aws4_request',
      'x-amz-target': 'AmazonSQS.ReceiveMessage',
    },
    body: JSON.stringify({
      QueueUrl: `${address}/111122223333/dead-letters`,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
    }),
  })
  const { Messages: messages = [] } = (await response.json()) as {
    Messages?: { Body: string; MessageAttributes: Record<string, { StringValue: string }> }[]
  }
  return messages.map(({ Body: body, MessageAttributes: attributes }) => ({
    body,
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, one]) => [name, one.StringValue])),
  }))
}

/** A place where functions are invoked; `status` decides the answer. */
async function functions(status: () => number = () => 202) {
  const invocations: { url: string; headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    invocations.push({ url: `${request.method} ${request.url}`, headers: request.headers, body })
    response.writeHead(status()).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, invocations }
}

describe('a one-time schedule', () => {
  test('calls EC2 at its time, not before, and is gone afterwards when it says so', async () => {
    const clock = new ManualClock()
    const { scheduler, ec2, cloud } = await startTestCloud({ clock })
    const id = await session(ec2)
    const { ScheduleArn: arn } = await create(scheduler, {
      target: { Input: JSON.stringify({ TrafficMirrorSessionId: id }) },
      ActionAfterCompletion: 'DELETE',
    })

    await clock.advance(299_000)
    const before = await sessionsOf(ec2)
    await clock.advance(1000)
    await eventually(async () => (await namesOf(scheduler))?.length === 0)

    expect(arn).toBe('arn:aws:scheduler:us-east-1:111122223333:schedule/default/kill')
    expect(before).toBe(1)
    expect(await sessionsOf(ec2)).toBe(0)
    const { calls } = (await (await fetch(`${cloud.address}/-/calls?service=ec2`)).json()) as {
      calls: { action: string; source: string; deleted: string[]; at: number }[]
    }
    expect(calls.find(({ action }) => action === 'DeleteTrafficMirrorSession')).toMatchObject({
      source: 'scheduler',
      deleted: [id],
      at: Date.parse('2026-11-21T12:05:00Z'),
    })
  })

  test('stays listed without that, and does not fire again', async () => {
    const clock = new ManualClock()
    const { scheduler, ec2 } = await startTestCloud({ clock })
    const id = await session(ec2)
    await create(scheduler, { target: { Input: JSON.stringify({ TrafficMirrorSessionId: id }) } })

    await clock.advance(301_000)
    await eventually(async () => (await sessionsOf(ec2)) === 0)

    expect(await namesOf(scheduler)).toEqual(['kill'])
  })

  test('moves with an update, as a dead-man lease does, and never fires when deleted in time', async () => {
    const clock = new ManualClock()
    const { scheduler, ec2 } = await startTestCloud({ clock })
    const target = { Input: JSON.stringify({ TrafficMirrorSessionId: await session(ec2) }) }
    await create(scheduler, { target })

    await clock.advance(240_000)
    await scheduler.send(
      new UpdateScheduleCommand(schedule({ target, ScheduleExpression: 'at(2026-11-21T12:09:00)' })),
    )
    await clock.advance(240_000)
    const renewed = await sessionsOf(ec2)
    await scheduler.send(new DeleteScheduleCommand({ Name: 'kill' }))
    await clock.advance(3_600_000)

    expect(renewed).toBe(1)
    expect(await sessionsOf(ec2)).toBe(1)
    expect(await errorCode(scheduler.send(new DeleteScheduleCommand({ Name: 'kill' })))).toBe(
      'ResourceNotFoundException',
    )
  })

  test.each([
    ['America/New_York', 'at(2026-11-21T07:05:00)'],
    ['Asia/Kolkata', 'at(2026-11-21T17:35:00)'],
  ])('reads its time in %s', async (ScheduleExpressionTimezone, ScheduleExpression) => {
    const clock = new ManualClock()
    const { scheduler, ec2 } = await startTestCloud({ clock })
    const target = { Input: JSON.stringify({ TrafficMirrorSessionId: await session(ec2) }) }
    await create(scheduler, { target, ScheduleExpression, ScheduleExpressionTimezone })

    await clock.advance(299_000)
    const before = await sessionsOf(ec2)
    await clock.advance(1000)

    expect(before).toBe(1)
    await eventually(async () => (await sessionsOf(ec2)) === 0)
  })

  test('really fires on the real clock', async () => {
    const { scheduler, ec2 } = await startTestCloud()
    const target = { Input: JSON.stringify({ TrafficMirrorSessionId: await session(ec2) }) }
    const at = new Date(Math.ceil((Date.now() + 200) / 1000) * 1000).toISOString().slice(0, 19)
    await create(scheduler, { target, ScheduleExpression: `at(${at})` })

    await eventually(async () => (await sessionsOf(ec2)) === 0)

    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(`${at}Z`))
  })

  test('scales a service through ECS, with the names that universal targets have', async () => {
    const clock = new ManualClock()
    const { scheduler, ecs } = await startTestCloud({ clock })
    const Arn = 'arn:aws:scheduler:::aws-sdk:ecs:updateService'
    await create(scheduler, {
      target: { Arn, Input: '{"Cluster":"shadowmeter","Service":"gateway","DesiredCount":1}' },
    })
    const desired = async () => {
      const { services } = await ecs.send(
        new DescribeServicesCommand({ cluster: 'shadowmeter', services: ['gateway'] }),
      )
      return services?.[0]?.desiredCount
    }

    await clock.advance(300_000)

    await eventually(async () => (await desired()) === 1)
  })

  test.each([
    ['refused', 'ValidationException', 1],
    ['fires', 'made', 0],
    ['ignored', 'made', 1],
  ] as const)('with a past time %s', async (pastAt, answer, left) => {
    const clock = new ManualClock()
    const { scheduler, ec2 } = await startTestCloud({ clock, switches: { pastAt } })
    const target = { Input: JSON.stringify({ TrafficMirrorSessionId: await session(ec2) }) }

    const made = await create(scheduler, { target, ScheduleExpression: 'at(2026-11-21T11:00:00)' }).then(
      () => 'made',
      (error: Error) => error.name,
    )
    await clock.advance(60_000)

    expect(made).toBe(answer)
    await eventually(async () => (await sessionsOf(ec2)) === left)
  })

  test('is delivered late when the switch says so, unless it was deleted meanwhile', async () => {
    const clock = new ManualClock()
    const { scheduler, ec2 } = await startTestCloud({ clock, switches: { deliveryDelaySeconds: 59 } })
    const target = { Input: JSON.stringify({ TrafficMirrorSessionId: await session(ec2) }) }
    await create(scheduler, { target })

    await clock.advance(358_000)
    const before = await sessionsOf(ec2)
    await clock.advance(1000)

    expect(before).toBe(1)
    await eventually(async () => (await sessionsOf(ec2)) === 0)
  })
})

describe('a failed delivery', () => {
  test('of the caller’s making goes to the dead-letter queue at once', async () => {
    const clock = new ManualClock()
    const { scheduler, cloud } = await startTestCloud({ clock })
    await create(scheduler, { target: { DeadLetterConfig: { Arn: deadLetterArn } } })

    await clock.advance(300_000)

    const [letter] = await eventually(async () => {
      const letters = await deadLetters(cloud.address)
      return letters.length > 0 && letters
    })
    expect(letter).toMatchObject({
      body: '{"TrafficMirrorSessionId":"tms-0f"}',
      attributes: {
        ERROR_CODE: 'InvalidTrafficMirrorSessionId.NotFound',
        RETRY_ATTEMPTS: '0',
        SCHEDULE_ARN: 'arn:aws:scheduler:us-east-1:111122223333:schedule/default/kill',
        TARGET_ARN: 'arn:aws:scheduler:::aws-sdk:ec2:deleteTrafficMirrorSession',
      },
    })
  })

  test('of the service’s making is tried again, with backoff, as often as the policy says', async () => {
    const clock = new ManualClock()
    const { endpoint, invocations } = await functions(() => 500)
    const { scheduler, cloud } = await startTestCloud({ clock, lambdaEndpoint: endpoint })
    await create(scheduler, {
      target: {
        Arn: functionArn,
        Input: '{}',
        RetryPolicy: { MaximumRetryAttempts: 2 },
        DeadLetterConfig: { Arn: deadLetterArn },
      },
    })

    for (const seconds of [300, 1, 2, 4]) {
      const before = invocations.length
      await clock.advance(seconds * 1000)
      if (before < 3) await eventually(async () => invocations.length === before + 1)
      // The answer has to come back before the clock goes on.
      await new Promise((resolve) => setTimeout(resolve, 20))
    }

    const letters = await deadLetters(cloud.address)
    expect(invocations).toHaveLength(3)
    expect(letters[0]?.attributes).toMatchObject({
      RETRY_ATTEMPTS: '2',
      EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
    })
  })

  test('for want of a listening function is tried again', async () => {
    const clock = new ManualClock()
    let status = 503
    const { endpoint, invocations } = await functions(() => status)
    const { scheduler } = await startTestCloud({ clock, lambdaEndpoint: endpoint })
    await create(scheduler, { target: { Arn: functionArn, Input: '{}' }, ActionAfterCompletion: 'DELETE' })

    await clock.advance(300_000)
    await eventually(async () => invocations.length === 1)
    status = 202
    await eventually(async () => {
      await clock.advance(1000)
      return invocations.length === 2
    })

    await eventually(async () => (await namesOf(scheduler))?.length === 0)
  })
})

describe('a rate', () => {
  test('invokes a function at once and then in its rhythm, in the wire format of Lambda', async () => {
    const clock = new ManualClock()
    const { endpoint, invocations } = await functions()
    const { scheduler } = await startTestCloud({
      clock,
      lambdaEndpoint: endpoint,
      switches: { minuteSeconds: 5 },
    })
    await create(scheduler, {
      Name: 'tick',
      ScheduleExpression: 'rate(1 minute)',
      target: {
        Arn: functionArn,
        Input: '{"time":"<aws.scheduler.scheduled-time>","n":"<aws.scheduler.attempt-number>"}',
      },
    })

    for (let n = 1; n <= 4; n += 1) {
      await clock.advance(n === 1 ? 0 : 5000)
      await eventually(async () => invocations.length === n)
    }

    expect(invocations[0]).toMatchObject({
      url: 'POST /2015-03-31/functions/control/invocations',
      headers: { 'x-amz-invocation-type': 'Event' },
    })
    expect(invocations.map(({ body }) => JSON.parse(body))).toEqual(
      ['12:00:00', '12:00:05', '12:00:10', '12:00:15'].map((time) => ({
        time: `2026-11-21T${time}Z`,
        n: '1',
      })),
    )
  })

  test('does not make up for what it missed, and stops when disabled or over', async () => {
    const clock = new ManualClock()
    const { endpoint, invocations } = await functions()
    const { scheduler } = await startTestCloud({ clock, lambdaEndpoint: endpoint })
    const target = { Arn: functionArn, Input: '{}' }
    const ScheduleExpression = 'rate(5 minutes)'
    const StartDate = new Date('2026-11-21T12:01:00Z')
    const EndDate = new Date('2026-11-21T12:12:00Z')
    await create(scheduler, {
      target,
      ScheduleExpression,
      StartDate,
      EndDate,
      ActionAfterCompletion: 'DELETE',
    })
    await create(scheduler, { Name: 'off', target, ScheduleExpression, State: 'DISABLED' })

    for (let minute = 0; minute < 20; minute += 1) {
      await clock.advance(60_000)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }

    await eventually(async () => (await namesOf(scheduler))?.join() === 'off')
    expect(invocations).toHaveLength(3)
  })

  test('is delivered twice when the switch says so', async () => {
    const { endpoint, invocations } = await functions()
    const { scheduler } = await startTestCloud({ lambdaEndpoint: endpoint, switches: { deliverTwice: true } })
    await create(scheduler, { ScheduleExpression: 'rate(1 hour)', target: { Arn: functionArn, Input: '{}' } })

    await eventually(async () => invocations.length === 2)
  })
})
