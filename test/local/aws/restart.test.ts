import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import {
  CreateTrafficMirrorSessionCommand,
  DescribeTrafficMirrorSessionsCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { DescribeServicesCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs'
import { CreateScheduleCommand, GetScheduleCommand, ListSchedulesCommand } from '@aws-sdk/client-scheduler'
import { expect, onTestFinished, test } from 'vitest'
import { createTable, eventually, startTestCloud } from '../../support/aws-clients.ts'
import { eni, instance, mirrorTargetId, parkingFilterId, roleArn } from '../../support/aws-world.ts'
import { ManualClock } from '../../support/manual-clock.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'aws-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

/** What a `kill -9` at this moment would have left of the account: the file as it is, whatever was still to be written. */
async function crashed(dataDir: string): Promise<string> {
  const copy = await folder()
  await cp(join(dataDir, 'account.json'), join(copy, 'account.json'))
  return copy
}

const sessionOn = (n: number, ClientToken?: string) =>
  new CreateTrafficMirrorSessionCommand({
    NetworkInterfaceId: eni(n),
    TrafficMirrorTargetId: mirrorTargetId,
    TrafficMirrorFilterId: parkingFilterId,
    SessionNumber: 1,
    ClientToken,
    TagSpecifications: [{ ResourceType: 'traffic-mirror-session', Tags: [{ Key: 'owner', Value: 'me' }] }],
  })

const kill = (Name: string, id: string, ScheduleExpression: string) =>
  new CreateScheduleCommand({
    Name,
    ScheduleExpression,
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: 'DELETE',
    Target: {
      Arn: 'arn:aws:scheduler:::aws-sdk:ec2:deleteTrafficMirrorSession',
      RoleArn: roleArn,
      Input: JSON.stringify({ TrafficMirrorSessionId: id }),
    },
  })

test('after a crash the account is as it was answered, and what came due meanwhile happens at once', async () => {
  const clock = new ManualClock()
  const dataDir = await folder()
  const before = await startTestCloud({ dataDir, clock })
  const made = []
  for (const n of [1, 2, 3]) {
    const { TrafficMirrorSession: session } = await before.ec2.send(sessionOn(n, `token-${n}`))
    made.push(session!)
  }
  const [due, later] = made
  await before.scheduler.send(kill('due', due!.TrafficMirrorSessionId!, 'at(2026-11-21T12:10:00)'))
  await before.scheduler.send(kill('later', later!.TrafficMirrorSessionId!, 'at(2026-11-21T14:00:00)'))
  await before.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instance(3)] }))
  const afterLast = await crashed(dataDir)

  await clock.advance(3_600_000)
  const again = await startTestCloud({
    dataDir: afterLast,
    clock: new ManualClock(Date.parse('2026-11-21T13:00:00Z')),
  })
  const sessions = () => again.ec2.send(new DescribeTrafficMirrorSessionsCommand({}))
  await (again.cloud.state.clock as ManualClock).advance(0)
  const { TrafficMirrorSessions: left } = await eventually(async () => {
    const found = await sessions()
    return found.TrafficMirrorSessions?.length === 1 && found
  })
  const { Schedules: schedules } = await eventually(async () => {
    const found = await again.scheduler.send(new ListSchedulesCommand({}))
    return found.Schedules?.length === 1 && found
  })
  const { TrafficMirrorSession: repeated } = await again.ec2.send(sessionOn(2, 'token-2'))

  expect(left).toEqual([later])
  expect(schedules?.map((one) => one.Name)).toEqual(['later'])
  expect(repeated).toEqual(later)
  const kept = await again.scheduler.send(new GetScheduleCommand({ Name: 'later' }))
  expect(kept.CreationDate).toEqual(new Date('2026-11-21T12:00:00Z'))
})

test('every answer is on disk before it is given', async () => {
  const dataDir = await folder()
  const { ec2 } = await startTestCloud({ dataDir })

  const { TrafficMirrorSession: session } = await ec2.send(sessionOn(1))
  const copy = await crashed(dataDir)

  const again = await startTestCloud({ dataDir: copy })
  const { TrafficMirrorSessions: found } = await again.ec2.send(new DescribeTrafficMirrorSessionsCommand({}))
  expect(found).toEqual([session])
})

test('services run again with the count that was wanted last, and tables keep their items', async () => {
  const dataDir = await folder()
  const first = await startTestCloud({ dataDir })
  const TableName = 'experiments'
  const Key = { pk: { S: 'a' } }
  await createTable(first.dynamodb, TableName)
  await first.dynamodb.send(new PutItemCommand({ TableName, Item: Key }))
  await first.ecs.send(
    new UpdateServiceCommand({ cluster: 'shadowmeter', service: 'gateway', desiredCount: 1 }),
  )
  await first.close()

  const again = await startTestCloud({ dataDir })

  const running = async () => {
    const { services } = await again.ecs.send(
      new DescribeServicesCommand({ cluster: 'shadowmeter', services: ['gateway'] }),
    )
    return services?.[0]?.runningCount === 1
  }
  await eventually(running)
  const { Item: item } = await again.dynamodb.send(new GetItemCommand({ TableName, Key }))
  expect(item).toEqual(Key)
})
