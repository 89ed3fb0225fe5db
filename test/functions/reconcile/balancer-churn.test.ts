import { expect, test } from 'vitest'
import type { CallRecord } from '../../../local/aws/call-log.ts'
import { deleteInterface } from '../../../local/aws/ec2/network-interfaces.ts'
import { mirroredVnis } from '../../support/account-gateways.ts'
import { eni, subnetB } from '../../support/aws-world.ts'
import {
  type Account,
  begin,
  ledger,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
  read,
} from '../../support/experiment-account.ts'
import { experimentSpec as spec } from '../../support/experiment-spec.ts'
import { balancerEni, fleetWorld } from '../../support/fleet-world.ts'

const PATIENT = { timeout: 90_000 }

const front = spec({
  source: { by: 'load-balancer', names: ['front'] },
  accept: ['undocumented-sources'],
  window: { durationSeconds: 600 },
})

const until = async (account: Account, what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (let n = 0; n < 20; n++) {
    if (await holds()) return
    await pass(account)
  }
  throw new Error(`${what} has not come\n${account.lines.slice(-40).join('\n')}`)
}

/** The load balancer gets a node more, as when it scales. */
const scaleOut = ({ cloud }: Account, n: number): string => {
  const first = cloud.state.networkInterfaces.get(balancerEni)
  if (!first) throw new Error('the load balancer has no interface')
  const id = eni(n)
  const [privateIp, mac] = [`10.0.2.${n}`, `02:00:00:00:01:${n}`]
  cloud.state.networkInterfaces.set(id, { ...first, id, subnetId: subnetB, privateIp, mac })
  return id
}

const scaleIn = ({ cloud }: Account, id: string): void => deleteInterface(cloud.state, id, { deleted: [] })

/** Interfaces whose packets flow. */
const mirrored = async (account: Account, id: string): Promise<string[]> => {
  const flowing = new Set(mirroredVnis(account.cloud))
  return (await ledger(account.plane, id)).flatMap(({ vni, eni: of }) => (flowing.has(vni) ? [of] : []))
}

test(
  'a load balancer is followed as it scales: new nodes join, those that go are closed',
  PATIENT,
  async () => {
    const account = await openAccount({ loadBalancerSource: 'accepted' }, () => fleetWorld())
    const id = await begin(account, front)
    await until(account, 'mirroring', async () => (await mirrored(account, id)).length === 1)
    const directions = account.cloud.state.mirrorRules.list().map(({ direction }) => direction)

    const second = scaleOut(account, 37)
    await until(account, 'the second node', async () => (await mirrored(account, id)).length === 2)
    const both = await mirrored(account, id)
    const third = scaleOut(account, 38)
    scaleIn(account, balancerEni)
    scaleIn(account, second)
    await until(account, 'the third node alone', async () => (await mirrored(account, id)).join() === third)

    expect(directions).toEqual(['egress'])
    expect(both.sort()).toEqual([balancerEni, second])
    await until(account, 'the ends', async () => {
      const rows = await ledger(account.plane, id)
      return rows.filter(({ state }) => state === 'deleted').length === 2
    })
    expect((await read(account.plane, id)).experiment).toMatchObject({ phase: 'mirroring', sources: 1 })
    expect(
      account.cloud.state.mirrorSessions.list().map(({ networkInterfaceId }) => networkInterfaceId),
    ).toEqual([third])
  },
)

test('where AWS refuses, it is asked for one node and its answer is the reason', PATIENT, async () => {
  const account = await openAccount({ loadBalancerSource: 'refused' }, () => fleetWorld())
  scaleOut(account, 37)
  const id = await begin(account, front)

  await until(account, 'the end', async () => (await read(account.plane, id)).experiment.phase === 'ended')

  const response = await fetch(`${account.cloud.address}/-/calls?service=ec2`)
  const { calls } = (await response.json()) as { calls: CallRecord[] }
  const { experiment } = await read(account.plane, id)
  expect(calls.filter(({ action }) => action === 'CreateTrafficMirrorSession')).toHaveLength(1)
  expect(experiment.outcome).toBe('failed')
  expect(experiment.reason).toMatch(/^AWS refused to create session .*: .*it belongs to a load balancer/)
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
})
