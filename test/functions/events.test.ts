import { StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import type { ExperimentSpecInput } from '../../contract/experiment.ts'
import { handleFleetEvent } from '../../functions/events.ts'
import { mirroredVnis } from '../support/account-gateways.ts'
import { eni, instance } from '../support/aws-world.ts'
import { type Account, begin, ledger, openAccount, pass, read } from '../support/experiment-account.ts'
import { experimentSpec } from '../support/experiment-spec.ts'
import { awsvpcHost, bridgeHost, fleetWorld, shopCluster } from '../support/fleet-world.ts'

const PATIENT = { timeout: 30_000 }
const soon = ({ clock }: Account) => clock.now() + 15_000

const mirroring = async (
  account: Account,
  source: ExperimentSpecInput['source'] = { by: 'eni', ids: [eni(1), eni(2)] },
): Promise<string> => {
  const id = await begin(account, experimentSpec({ source, window: { durationSeconds: 600 } }))
  for (let n = 0; n < 10 && (await read(account.plane, id)).experiment.phase !== 'mirroring'; n++)
    await pass(account)
  return id
}

/** Hands over what EventBridge delivered, as Lambda does, and tells how many events there were. */
const deliver = async (account: Account, wanted: number): Promise<void> => {
  const delivered = () => account.invoked.filter(({ name }) => name === 'events')
  await expect.poll(() => delivered().length).toBe(wanted)
  for (const { event } of delivered()) await handleFleetEvent(account.plane, event, soon(account))
  account.invoked.length = 0
}

const active = async (account: Account, id: string): Promise<string[]> =>
  (await ledger(account.plane, id)).flatMap(({ eni: of, state }) => (state === 'active' ? [of] : []))

const launched = {
  source: 'aws.autoscaling',
  'detail-type': 'EC2 Instance Launch Successful',
  detail: { EC2InstanceId: instance(3), AutoScalingGroupName: 'checkout' },
}
const task = (clusterArn: string) => ({
  source: 'aws.ecs',
  'detail-type': 'ECS Task State Change',
  detail: { clusterArn, taskArn: `${clusterArn}/1`, lastStatus: 'RUNNING' },
})

test('the events of an instance detach and attach it without any tick', PATIENT, async () => {
  const account = await openAccount({ instanceTransitionSeconds: 2 })
  const { ec2 } = account.plane.clients
  const id = await mirroring(account)
  const InstanceIds = [instance(1)]

  await ec2.send(new StopInstancesCommand({ InstanceIds }))
  await deliver(account, 1)
  const stopped = { active: await active(account, id), flowing: mirroredVnis(account.cloud).length }
  await account.clock.advance(2000)
  await deliver(account, 1)
  await ec2.send(new StartInstancesCommand({ InstanceIds }))
  await account.clock.advance(2000)
  await deliver(account, 2)
  const started = { active: await active(account, id), flowing: mirroredVnis(account.cloud).length }

  expect(stopped).toEqual({ active: [eni(2)], flowing: 1 })
  expect(started).toEqual({ active: [eni(1), eni(2)], flowing: 2 })
})

test.each<[string, ExperimentSpecInput['source'], number, object, string[]]>([
  [
    'the launch of an instance in an Auto Scaling group',
    { by: 'auto-scaling-group', names: ['checkout'] },
    2,
    { ...launched, detail: { ...launched.detail, EC2InstanceId: instance(2) } },
    [eni(1), eni(2)],
  ],
  [
    'the start of a task of an ECS service on EC2',
    { by: 'ecs-service', cluster: 'shop', services: ['bridged', 'own-interface'] },
    awsvpcHost,
    task(shopCluster),
    [eni(bridgeHost), eni(awsvpcHost)],
  ],
])('%s attaches it without any tick', PATIENT, async (_, source, n, event, both) => {
  const account = await openAccount({}, () => {
    const world = fleetWorld()
    return {
      ...world,
      // All in bridge mode: AWS refuses to mirror the interfaces of tasks.
      placedServices: (world.placedServices ?? []).map((one) => ({
        ...one,
        tasks: one.tasks.map(({ networkInterfaceId: _own, ...placed }) => placed),
      })),
      instances: world.instances.map(({ autoScalingGroup: group, ...one }) =>
        group && [instance(1), instance(2)].includes(one.id) ? { ...one, autoScalingGroup: group } : one,
      ),
    }
  })
  const { ec2 } = account.plane.clients
  await ec2.send(new StopInstancesCommand({ InstanceIds: [instance(n)] }))
  await account.clock.advance(120_000)
  const id = await mirroring(account, source)
  const before = await active(account, id)

  await ec2.send(new StartInstancesCommand({ InstanceIds: [instance(n)] }))
  await account.clock.advance(30_000)
  const unnoticed = await active(account, id)
  await handleFleetEvent(account.plane, event, soon(account))

  expect([before, unnoticed]).toEqual([both.slice(0, 1), both.slice(0, 1)])
  expect(await active(account, id)).toEqual(both)
  expect(mirroredVnis(account.cloud)).toHaveLength(2)
})

test('a hundred events at a time are answered by a few looks', { timeout: 90_000 }, async () => {
  const account = await openAccount()
  await mirroring(account)
  let calls = 0
  account.plane.clients.ec2.middlewareStack.add(
    (next, context) => (args) => {
      if (context.commandName === 'DescribeTrafficMirrorFiltersCommand') calls++
      return next(args)
    },
    { step: 'initialize', name: 'count' },
  )

  const all = Promise.all(
    Array.from({ length: 100 }, () => handleFleetEvent(account.plane, launched, soon(account))),
  )
  let done = false
  void all.then(() => {
    done = true
  })
  await expect
    .poll(
      async () => {
        await account.clock.advance(100)
        return done
      },
      { timeout: 75_000 },
    )
    .toBe(true)

  expect(calls).toBeGreaterThanOrEqual(1)
  expect(calls).toBeLessThanOrEqual(3)
})

test(
  'tasks of other clusters are no affair of an experiment on instances; the gateways’ own hurry one that is prepared',
  PATIENT,
  async () => {
    const account = await openAccount()
    const id = await begin(account, experimentSpec())
    await pass(account, account.plane, 0)
    const { version } = (await read(account.plane, id)).experiment

    await handleFleetEvent(
      account.plane,
      task('arn:aws:ecs:us-east-1:111122223333:cluster/shop'),
      soon(account),
    )
    const untouched = (await read(account.plane, id)).experiment
    await account.gateways.read(account)
    await account.clock.advance(5000)
    await account.gateways.report(account)
    await handleFleetEvent(
      account.plane,
      task('arn:aws:ecs:us-east-1:111122223333:cluster/shadowmeter'),
      soon(account),
    )

    expect(untouched).toMatchObject({ version, phase: 'preparing' })
    expect((await read(account.plane, id)).experiment.phase).toBe('mirroring')
  },
)

test('an event of another shape is an error that is logged without its content', PATIENT, async () => {
  const account = await openAccount()

  const answer = handleFleetEvent(account.plane, { 'detail-type': 'secret' }, soon(account))

  await expect(answer).rejects.toThrow()
  expect(account.lines.join()).toContain('fleet event failed')
  expect(account.lines.join()).not.toContain('secret')
})
