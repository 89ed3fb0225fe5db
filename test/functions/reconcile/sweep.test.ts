import {
  CreateTrafficMirrorFilterCommand,
  CreateTrafficMirrorFilterRuleCommand,
  CreateTrafficMirrorSessionCommand,
  type ResourceType,
} from '@aws-sdk/client-ec2'
import { UpdateServiceCommand } from '@aws-sdk/client-ecs'
import { expect, test } from 'vitest'
import { EXPERIMENTS, experimentKey } from '../../../contract/table.ts'
import { sweep } from '../../../functions/reconcile/sweep.ts'
import { arm } from '../../../functions/schedule/one-time.ts'
import { deleteItem, queryAll } from '../../../functions/store/table.ts'
import { eni, mirrorTargetId, parkingFilterId } from '../../support/aws-world.ts'
import {
  type Account,
  begin,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
} from '../../support/experiment-account.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'

const tagged = (type: ResourceType, tags: Record<string, string>) => [
  { ResourceType: type, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
]
const ours = (account: Account, seconds: number) => ({
  'managed-by': 'shadowmeter',
  deployment: 'shadowmeter/test',
  'experiment-id': 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y',
  'expires-at': new Date(account.clock.now() + seconds * 1000).toISOString(),
})

const makeSession = async (
  { plane }: Account,
  n: number,
  tags: Record<string, string>,
  filter = parkingFilterId,
): Promise<string> => {
  const { TrafficMirrorSession } = await plane.clients.ec2.send(
    new CreateTrafficMirrorSessionCommand({
      NetworkInterfaceId: eni(n),
      TrafficMirrorTargetId: mirrorTargetId,
      TrafficMirrorFilterId: filter,
      SessionNumber: 7,
      TagSpecifications: tagged('traffic-mirror-session', tags),
    }),
  )
  return TrafficMirrorSession?.TrafficMirrorSessionId ?? ''
}

const makeOpenFilter = async ({ plane }: Account, tags: Record<string, string>) => {
  const { ec2 } = plane.clients
  const { TrafficMirrorFilter } = await ec2.send(
    new CreateTrafficMirrorFilterCommand({ TagSpecifications: tagged('traffic-mirror-filter', tags) }),
  )
  const filter = TrafficMirrorFilter?.TrafficMirrorFilterId ?? ''
  const { TrafficMirrorFilterRule } = await ec2.send(
    new CreateTrafficMirrorFilterRuleCommand({
      TrafficMirrorFilterId: filter,
      TrafficDirection: 'ingress',
      RuleNumber: 1,
      RuleAction: 'accept',
      SourceCidrBlock: '0.0.0.0/0',
      DestinationCidrBlock: '0.0.0.0/0',
    }),
  )
  return { filter, rule: TrafficMirrorFilterRule?.TrafficMirrorFilterRuleId ?? '' }
}

test('what is expired by its tags goes, what is not ours or not expired stays', {
  timeout: 30_000,
}, async () => {
  const account = await openAccount()
  const tags = ours(account, -60)
  const open = await makeOpenFilter(account, tags)
  const expired = await makeSession(account, 1, tags, open.filter)
  const foreign = await makeOpenFilter(account, { ...tags, deployment: 'shadowmeter/prod' })
  const kept = [
    await makeSession(account, 2, ours(account, 60)),
    await makeSession(account, 3, { ...tags, deployment: 'shadowmeter/prod' }),
    await makeSession(account, 4, { ...tags, 'managed-by': 'somebody' }),
    await makeSession(account, 5, { 'managed-by': 'shadowmeter', deployment: 'shadowmeter/test' }),
    await makeSession(account, 6, { ...tags, 'expires-at': 'never' }),
  ]

  const swept = await sweep(account.plane)

  expect(swept).toMatchObject({
    rules: [open.rule],
    sessions: [expired],
    filters: [open.filter],
    gateways: false,
  })
  expect(leftovers(account).sessions.sort()).toEqual(kept.sort())
  expect(account.cloud.state.mirrorRules.list()).toMatchObject([{ id: foreign.rule, action: 'accept' }])
})

test('an experiment whose record is lost is taken down when it is over', { timeout: 30_000 }, async () => {
  const account = await openAccount()
  const id = await begin(account, experimentSpec({ window: { durationSeconds: 30 } }))
  for (let n = 0; n < 3; n++) await pass(account)
  const running = leftovers(account).sessions.length
  const { table } = account.plane
  await deleteItem(table, experimentKey(id))
  for (const item of await queryAll(table, `EXPERIMENT#${id}`))
    await deleteItem(table, { pk: String(item.pk), sk: String(item.sk) })

  for (let n = 0; n < 5; n++) await pass(account)
  // The list of active experiments still names it, as if its create were under way.
  await account.clock.advance(16 * 60_000)
  await pass(account)
  await pass(account)

  expect(await queryAll(table, EXPERIMENTS)).toEqual([])
  expect(running).toBe(2)
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
})

test('gateways and schedules that nobody needs go', { timeout: 30_000 }, async () => {
  const account = await openAccount()
  const { ecs, scheduler } = account.plane.clients
  await ecs.send(new UpdateServiceCommand({ cluster: 'shadowmeter', service: 'gateway', desiredCount: 3 }))
  const stray = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y.lease.tmfr-0123456789abcdef0.0'
  const later = new Date(account.clock.now() + 86_400_000).toISOString()
  const what = { deed: 'reject-rule', rule: 'tmfr-0123456789abcdef0' } as const
  await arm(scheduler, stray, later, what, account.plane.schedules)
  await arm(scheduler, 'somebody-elses', later, what, account.plane.schedules)

  const swept = await sweep(account.plane)

  expect(swept).toMatchObject({ schedules: [stray], gateways: true })
  expect(leftovers(account)).toEqual({ ...NOTHING_LEFT, schedules: ['somebody-elses'] })
})
