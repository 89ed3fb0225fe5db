import { DescribeInstancesCommand, StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2'
import { type Bench, type Probe, secondsUntil, until } from '../probe.ts'

/** How long an instance is neither the one nor the other. */
export const instance: Probe = {
  switches: ['instanceTransitionSeconds'],
  missing: (options) => (options.instance === undefined ? 'needs --instance ID' : null),
  changes: async ({ options }) => [`stops ${options.instance} and starts it again`],
  run: async (bench) => {
    const { account, leftovers, options } = bench
    const { ec2 } = account.clients
    const InstanceIds = [options.instance ?? '']
    if ((await stateOf(bench)) !== 'running')
      return { instanceTransitionSeconds: { unseen: `${options.instance} does not run` } }
    leftovers.add(`${options.instance}, stopped`, async () => {
      // A leftover has no end to its patience: a run may have ended in the middle.
      await until({ ...bench, pause: later }, async () =>
        (await stateOf(bench)) === 'stopping' ? undefined : true,
      )
      await ec2.send(new StartInstancesCommand({ InstanceIds }))
    })
    const begin = performance.now()
    await ec2.send(new StopInstancesCommand({ InstanceIds }))
    const seconds = await secondsUntil(bench, begin, async () =>
      (await stateOf(bench)) === 'stopped' ? true : undefined,
    )
    return { instanceTransitionSeconds: { ...seconds, note: 'from running to stopped' } }
  },
}

const later = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

const stateOf = async ({ account, options }: Bench): Promise<string | undefined> => {
  const { Reservations = [] } = await account.clients.ec2.send(
    new DescribeInstancesCommand({ InstanceIds: [options.instance ?? ''] }),
  )
  return Reservations[0]?.Instances?.[0]?.State?.Name
}
