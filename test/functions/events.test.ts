import { StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import { handleFleetEvent } from '../../functions/events.ts'
import { eni, instance } from '../support/aws-world.ts'
import {
  type Account,
  begin,
  ledger,
  mirroredVnis,
  openAccount,
  pass,
  read,
} from '../support/experiment-account.ts'
import { experimentSpec } from '../support/experiment-spec.ts'

const PATIENT = { timeout: 30_000 }
const soon = ({ clock }: Account) => clock.now() + 15_000

const mirroring = async (account: Account): Promise<string> => {
  const id = await begin(account, experimentSpec({ window: { durationSeconds: 600 } }))
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

test('a hundred events at a time are answered by a few looks', PATIENT, async () => {
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
      { timeout: 20_000 },
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
    await account.gateways.work(account)
    await account.clock.advance(5000)
    await account.gateways.work(account)
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
