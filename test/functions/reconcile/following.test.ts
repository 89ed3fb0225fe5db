import {
  CreateTagsCommand,
  DeleteTrafficMirrorFilterCommand,
  DeleteTrafficMirrorSessionCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import { mirroredVnis } from '../../support/account-gateways.ts'
import { eni, instance } from '../../support/aws-world.ts'
import {
  begin,
  ledger,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
  read,
  stop,
} from '../../support/experiment-account.ts'
import { until } from '../../support/experiment-phases.ts'
import { experimentSpec as spec } from '../../support/experiment-spec.ts'

test('it follows sources that go away, and ends when none is left', { timeout: 60_000 }, async () => {
  const account = await openAccount({ instanceTransitionSeconds: 0 })
  const id = await begin(account, spec())
  await until(account, id, 'mirroring')

  await account.plane.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instance(1)] }))
  // A session that EC2 does not know is believed to be gone when it is older than Describe can lag.
  for (let n = 0; n < 6; n++) await pass(account)
  const one = await ledger(account.plane, id)
  const flowing = mirroredVnis(account.cloud)
  await account.plane.clients.ec2.send(
    new DeleteTrafficMirrorSessionCommand({ TrafficMirrorSessionId: leftovers(account).sessions[0] }),
  )
  const { experiment } = await until(account, id, 'ended')

  expect(one.map(({ eni: of, state }) => [of, state])).toEqual(
    [
      [eni(2), 'active'],
      [eni(1), 'deleted'],
    ].sort(),
  )
  expect(flowing).toHaveLength(1)
  expect(experiment).toMatchObject({
    outcome: 'failed',
    reason: 'None of its mirror sessions is left: their sources or they themselves were deleted.',
  })
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
})

test('what its source newly resolves to joins and is mirrored; what stops leaves and may come back', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount({ instanceTransitionSeconds: 2 })
  const { ec2 } = account.plane.clients
  const live = async () =>
    (await ledger(account.plane, id)).flatMap((row) => (row.state === 'active' ? [row.eni] : [])).sort()
  await ec2.send(new CreateTagsCommand({ Resources: [instance(1)], Tags: [{ Key: 'fleet', Value: 'a' }] }))
  const id = await begin(
    account,
    spec({
      source: { by: 'tag', match: 'all', tags: { fleet: 'a' } },
      window: { durationSeconds: 600 },
    }),
  )
  await until(account, id, 'mirroring')

  await ec2.send(new CreateTagsCommand({ Resources: [instance(2)], Tags: [{ Key: 'fleet', Value: 'a' }] }))
  await pass(account)
  const joined = { live: await live(), flowing: mirroredVnis(account.cloud).length }
  await ec2.send(new StopInstancesCommand({ InstanceIds: [instance(1)] }))
  await pass(account)
  await pass(account)
  const left = { live: await live(), flowing: mirroredVnis(account.cloud).length }
  await ec2.send(new StartInstancesCommand({ InstanceIds: [instance(1)] }))
  await pass(account)
  await pass(account)
  const back = { live: await live(), flowing: mirroredVnis(account.cloud).length }
  const kills = account.cloud.state.schedules.list().filter(({ name }) => name.includes('.kill.')).length
  await stop(account, id)
  await until(account, id, 'ended')

  expect(joined).toEqual({ live: [eni(1), eni(2)].sort(), flowing: 2 })
  expect(left).toEqual({ live: [eni(2)], flowing: 1 })
  expect(back).toEqual({ live: [eni(1), eni(2)].sort(), flowing: 2 })
  expect(kills).toBe(2)
  const rows = await ledger(account.plane, id)
  expect(rows.map((row) => [row.eni, row.generation]).sort()).toEqual(
    [
      [eni(1), 0],
      [eni(1), 1],
      [eni(2), 0],
    ].sort(),
  )
  expect(new Set(rows.map(({ vni }) => vni)).size).toBe(3)
  const { experiment } = await read(account.plane, id)
  expect(experiment.spend.lines['mirror-sessions']).toBeCloseTo(3 * 0.015, 12)
  expect(experiment.volume.bytes).toBe(account.gateways.counted(id))
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
})

test('what joins waits where the budget does not pay its hour, and AWS’s no to it ends nothing', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount({ unknownFamilySource: 'refused' })
  const { ec2 } = account.plane.clients
  const tag = (id: string, Value: string) =>
    ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'fleet', Value }] }))
  await tag(instance(1), 'poor')
  await tag(instance(2), 'rich')
  const fleet = (value: string, budgetUsd: number) =>
    spec({
      source: { by: 'tag', match: 'all', tags: { fleet: value } },
      window: { durationSeconds: 600 },
      budgetUsd,
    })
  const poor = await begin(account, fleet('poor', 0.027))
  const rich = await begin(account, fleet('rich', 25))
  await until(account, poor, 'mirroring')
  await until(account, rich, 'mirroring')

  await tag(instance(3), 'poor')
  await tag(instance(28), 'rich')
  for (let n = 0; n < 3; n++) await pass(account)
  const waiting = (await read(account.plane, poor)).experiment
  const going = (await read(account.plane, rich)).experiment
  const refused = await ledger(account.plane, rich)

  expect(waiting).toMatchObject({
    phase: 'mirroring',
    sources: 1,
    reason: '1 more source is not mirrored: the budget does not pay for another session-hour.',
  })
  expect(going).toMatchObject({ phase: 'mirroring', sources: 1 })
  expect(refused.map(({ state, createdAt }) => [state, createdAt !== null]).sort()).toEqual([
    ['active', true],
    ['deleted', false],
  ])
})

test('when somebody deletes all that is mirroring, it ends and makes nothing anew', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const id = await begin(account, spec({ window: { durationSeconds: 600 } }))
  await until(account, id, 'mirroring')
  for (let n = 0; n < 10; n++) await pass(account)
  const { ec2 } = account.plane.clients
  const { sessions, filters } = leftovers(account)

  for (const TrafficMirrorSessionId of sessions)
    await ec2.send(new DeleteTrafficMirrorSessionCommand({ TrafficMirrorSessionId }))
  for (const TrafficMirrorFilterId of filters)
    await ec2.send(new DeleteTrafficMirrorFilterCommand({ TrafficMirrorFilterId }))
  await pass(account)
  const after = leftovers(account)
  const { experiment } = await until(account, id, 'ended')

  expect(after).toMatchObject({ sessions: [], filters: [], rules: [] })
  expect(experiment).toMatchObject({
    outcome: 'failed',
    reason: 'Its mirror filter was deleted by somebody else.',
  })
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
})
