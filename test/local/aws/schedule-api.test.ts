import {
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
  GetScheduleGroupCommand,
  ListScheduleGroupsCommand,
  ListSchedulesCommand,
  ListTagsForResourceCommand,
  paginateListSchedules,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler'
import { describe, expect, test } from 'vitest'
import { errorCode, eventually, startTestCloud } from '../../support/aws-clients.ts'
import { functionArn } from '../../support/aws-world.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { create, namesOf, schedule, session, sessionsOf } from '../../support/schedules.ts'

describe('the Scheduler API', () => {
  test('gives back what was asked for, with its defaults', async () => {
    const { scheduler } = await startTestCloud({ clock: new ManualClock() })
    await create(scheduler, { Description: 'ends it' })

    const seen = await scheduler.send(new GetScheduleCommand({ Name: 'kill' }))

    expect(seen).toMatchObject({
      ...schedule(),
      GroupName: 'default',
      State: 'ENABLED',
      Description: 'ends it',
      ScheduleExpressionTimezone: 'UTC',
      ActionAfterCompletion: 'NONE',
      CreationDate: new Date('2026-11-21T12:00:00Z'),
      Target: { RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 } },
    })
  })

  test('refuses what AWS refuses', async () => {
    const { scheduler } = await startTestCloud({ clock: new ManualClock() })
    const refused = (change: Parameters<typeof schedule>[0]) => errorCode(create(scheduler, change))

    expect(await refused({ Name: 'a b' })).toBe('ValidationException')
    expect(await refused({ GroupName: 'none' })).toBe('ResourceNotFoundException')
    expect(await refused({ ScheduleExpression: 'at(2026-13-01T00:00:00)' })).toBe('ValidationException')
    expect(await refused({ ScheduleExpression: 'at(2026-12-01 00:00:00)' })).toBe('ValidationException')
    expect(await refused({ ScheduleExpression: 'rate(1 minutes)' })).toBe('ValidationException')
    expect(await refused({ ScheduleExpression: 'rate(0 minutes)' })).toBe('ValidationException')
    expect(await refused({ ScheduleExpression: 'cron(0 9 * * ? *)' })).toBe('ValidationException')
    expect(await refused({ ScheduleExpressionTimezone: 'Mars/Olympus' })).toBe('ValidationException')
    expect(await refused({ FlexibleTimeWindow: { Mode: 'FLEXIBLE' } })).toBe('ValidationException')
    expect(await refused({ target: { RoleArn: 'role' } })).toBe('ValidationException')
    expect(await refused({ target: { Input: 'no json' } })).toBe('ValidationException')
    expect(await refused({ target: { Input: `"${'x'.repeat(262_144)}"` } })).toBe('ValidationException')
    expect(await refused({ target: { Arn: 'arn:aws:scheduler:::aws-sdk:ec2:runInstances' } })).toBe(
      'ValidationException',
    )
    expect(await refused({ target: { Arn: 'arn:aws:scheduler:::aws-sdk:ec2:describeInstances' } })).toBe(
      'ValidationException',
    )
    expect(await refused({ target: { Arn: 'arn:aws:scheduler:::aws-sdk:rds:stopDBInstance' } })).toBe(
      'ValidationException',
    )
    expect(await refused({ target: { Arn: functionArn } })).toBe('ValidationException')
    expect(await refused({ target: { RetryPolicy: { MaximumRetryAttempts: 186 } } })).toBe(
      'ValidationException',
    )
    expect(await errorCode(scheduler.send(new GetScheduleCommand({ Name: 'none' })))).toBe(
      'ResourceNotFoundException',
    )
    expect(await errorCode(scheduler.send(new UpdateScheduleCommand(schedule())))).toBe(
      'ResourceNotFoundException',
    )
    expect(await namesOf(scheduler)).toEqual([])
  })

  test('makes a schedule once for one token, and once for one name', async () => {
    const { scheduler } = await startTestCloud({ clock: new ManualClock() })
    const first = await create(scheduler, { ClientToken: 'token-1' })

    expect(await create(scheduler, { ClientToken: 'token-1' })).toMatchObject({
      ScheduleArn: first.ScheduleArn,
    })
    expect(await errorCode(create(scheduler, { ClientToken: 'token-2' }))).toBe('ConflictException')
    expect(await errorCode(create(scheduler, { Name: 'other', ClientToken: 'token-1' }))).toBe(
      'ConflictException',
    )
    const remove = () => scheduler.send(new DeleteScheduleCommand({ Name: 'kill', ClientToken: 'token-3' }))
    await remove()
    await remove()
  })

  test('lists by group, prefix and state, in pages', async () => {
    const { scheduler } = await startTestCloud({ clock: new ManualClock() })
    await scheduler.send(new CreateScheduleGroupCommand({ Name: 'experiments' }))
    for (let n = 1; n <= 7; n += 1) {
      await create(scheduler, {
        Name: `kill-${n}`,
        GroupName: 'experiments',
        State: n > 5 ? 'DISABLED' : 'ENABLED',
      })
    }
    await create(scheduler, { Name: 'kill-9' })

    const sizes: number[] = []
    const group = { GroupName: 'experiments' }
    for await (const page of paginateListSchedules({ client: scheduler, pageSize: 3 }, group)) {
      sizes.push(page.Schedules?.length ?? 0)
    }
    const find = async (input: object) =>
      (await scheduler.send(new ListSchedulesCommand(input))).Schedules?.map((one) => one.Name)

    expect(sizes).toEqual([3, 3, 1])
    expect(await find({ NamePrefix: 'kill-9' })).toEqual(['kill-9'])
    expect(await find({ State: 'DISABLED' })).toEqual(['kill-6', 'kill-7'])
    expect(await find({})).toHaveLength(8)
    expect(await errorCode(find({ MaxResults: 101 }))).toBe('ValidationException')
  })

  test('deletes a group with its schedules, which may fire until then', async () => {
    const clock = new ManualClock()
    const { scheduler, ec2 } = await startTestCloud({ clock, switches: { groupDeletionSeconds: 600 } })
    const target = { Input: JSON.stringify({ TrafficMirrorSessionId: await session(ec2) }) }
    const Name = 'experiments'
    await scheduler.send(new CreateScheduleGroupCommand({ Name, Tags: [{ Key: 'a', Value: '1' }] }))
    await create(scheduler, { GroupName: Name, target })
    const { Arn: ResourceArn } = await scheduler.send(new GetScheduleGroupCommand({ Name }))
    await scheduler.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: 'b', Value: '2' }] }))
    await scheduler.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['a'] }))
    const { Tags: tags } = await scheduler.send(new ListTagsForResourceCommand({ ResourceArn }))

    await scheduler.send(new DeleteScheduleGroupCommand({ Name }))
    const { State: deleting } = await scheduler.send(new GetScheduleGroupCommand({ Name }))
    const late = await errorCode(create(scheduler, { Name: 'late', GroupName: Name, target }))
    await clock.advance(300_000)
    await eventually(async () => (await sessionsOf(ec2)) === 0)
    await clock.advance(300_000)
    const { ScheduleGroups: groups } = await scheduler.send(new ListScheduleGroupsCommand({}))

    expect(tags).toEqual([{ Key: 'b', Value: '2' }])
    expect(deleting).toBe('DELETING')
    expect(late).toBe('ConflictException')
    expect(groups?.map((one) => one.Name)).toEqual(['default'])
    expect(await namesOf(scheduler)).toEqual([])
    expect(await errorCode(scheduler.send(new DeleteScheduleGroupCommand({ Name: 'default' })))).toBe(
      'ValidationException',
    )
  })
})
