import {
  CreateTrafficMirrorFilterCommand,
  CreateTrafficMirrorFilterRuleCommand,
  CreateTrafficMirrorSessionCommand,
} from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import { eni, instance, mirrorTargetId } from '../../support/aws-world.ts'
import {
  type Account,
  begin,
  ledger,
  leftovers,
  openAccount,
  pass,
  read,
} from '../../support/experiment-account.ts'
import { experimentSpec as spec } from '../../support/experiment-spec.ts'
import { feedMetrics } from '../../support/metrics.ts'

const mirroring = async (account: Account): Promise<string> => {
  const id = await begin(account, spec({ window: { durationSeconds: 1800 } }))
  for (let n = 0; (await read(account.plane, id)).experiment.phase !== 'mirroring'; n++) {
    if (n > 40) throw new Error(account.lines.join('\n'))
    await pass(account)
  }
  return id
}

/** Somebody else’s session with the highest priority on an ENI, for packets to one port, or all of them. */
const tap = async ({ plane }: Account, port: number | null): Promise<string> => {
  const { ec2 } = plane.clients
  const filter = await ec2.send(new CreateTrafficMirrorFilterCommand({ Description: 'intrusion detection' }))
  const TrafficMirrorFilterId = filter.TrafficMirrorFilter?.TrafficMirrorFilterId ?? ''
  await ec2.send(
    new CreateTrafficMirrorFilterRuleCommand({
      TrafficMirrorFilterId,
      TrafficDirection: 'ingress',
      RuleNumber: 1,
      RuleAction: 'accept',
      SourceCidrBlock: '0.0.0.0/0',
      DestinationCidrBlock: port === null ? '0.0.0.0/0' : '10.0.0.0/8',
      Protocol: 6,
      ...(port !== null && { DestinationPortRange: { FromPort: port, ToPort: port } }),
    }),
  )
  const session = await ec2.send(
    new CreateTrafficMirrorSessionCommand({
      NetworkInterfaceId: eni(1),
      TrafficMirrorTargetId: mirrorTargetId,
      TrafficMirrorFilterId,
      SessionNumber: 1,
    }),
  )
  return session.TrafficMirrorSession?.TrafficMirrorSessionId ?? ''
}

const vniOf = async (account: Account, id: string): Promise<number> =>
  (await ledger(account.plane, id)).find((row) => row.eni === eni(1))?.vni ?? 0

test('a session of somebody else that takes every packet of a source is named, left alone, and ours is given up', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const id = await mirroring(account)

  const other = await tap(account, null)
  await pass(account)
  await pass(account)
  const said = (await read(account.plane, id)).experiment
  for (let n = 0; n < 12; n++) await pass(account)

  expect(said.gaps).toEqual([
    expect.objectContaining({
      kind: 'starved',
      of: eni(1),
      until: null,
      what: `${eni(1)}: the session ${other} of somebody else, with number 1, takes every packet first.`,
    }),
  ])
  const rows = await ledger(account.plane, id)
  expect(rows.map((row) => [row.eni, row.state])).toEqual([
    [eni(1), 'deleted'],
    [eni(2), 'active'],
  ])
  expect(leftovers(account).sessions).toContain(other)
  const after = (await read(account.plane, id)).experiment
  expect(after).toMatchObject({ phase: 'mirroring', sources: 1 })
  expect(after.gaps).toEqual([expect.objectContaining({ until: expect.any(String) })])
})

test('one that takes some is named once nothing arrives, and not before', { timeout: 60_000 }, async () => {
  const account = await openAccount()
  const id = await mirroring(account)

  const other = await tap(account, 8080)
  for (let n = 0; n < 8; n++) await pass(account)
  const heard = (await read(account.plane, id)).experiment.gaps
  account.gateways.unheard.add(await vniOf(account, id))
  for (let n = 0; n < 10; n++) await pass(account)
  const starved = (await read(account.plane, id)).experiment.gaps
  account.gateways.unheard.clear()
  for (let n = 0; n < 3; n++) await pass(account)

  expect(heard).toEqual([])
  expect(starved).toEqual([
    expect.objectContaining({
      of: eni(1),
      until: null,
      what: `${eni(1)}: nothing arrives; the session ${other} of somebody else, with number 1, may take its packets first.`,
    }),
  ])
  const { gaps, sources } = (await read(account.plane, id)).experiment
  expect(gaps).toEqual([expect.objectContaining({ until: expect.any(String) })])
  expect(sources).toBe(2)
})

test('one that nobody can see is suspected where a source has traffic and nothing of it arrives', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const id = await mirroring(account)
  const metric = (of: number, value: number) => ({
    namespace: 'AWS/EC2',
    name: 'NetworkIn',
    dimensions: { InstanceId: instance(of) },
    value,
    at: account.clock.now(),
  })
  await feedMetrics(account.cloud.address, [metric(1, 50_000_000), metric(2, 1000)])

  for (const { vni } of await ledger(account.plane, id)) account.gateways.unheard.add(vni)
  for (let n = 0; n < 10; n++) await pass(account)

  const { gaps } = (await read(account.plane, id)).experiment
  expect(gaps).toEqual([
    expect.objectContaining({
      kind: 'starved',
      of: eni(1),
      what: expect.stringMatching(/has traffic and nothing of it arrives: a session that cannot be seen/),
    }),
  ])
})
