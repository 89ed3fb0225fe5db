import { expect, test } from 'vitest'
import { listAudit } from '../../../functions/store/audit.ts'
import type { WorldDeclaration } from '../../../local/aws/world.ts'
import { mirroredVnis } from '../../support/account-gateways.ts'
import {
  type Account,
  begin,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
  read,
} from '../../support/experiment-account.ts'
import { experimentSpec as spec } from '../../support/experiment-spec.ts'

/** Addresses of the loopback network that no other process of these tests takes: one for each zone in turn. */
const ADDRESSES = [1, 2, 3, 4].map((n) => `127.77.${process.pid % 250}.${n}`)

/** Packets do not cross zones, and every task has an address of its own. */
const apart = (declared: WorldDeclaration): WorldDeclaration => ({
  ...declared,
  loadBalancers: declared.loadBalancers.map((balancer) => ({ ...balancer, crossZone: false })),
  services: declared.services.map((service) => ({
    ...service,
    addresses: { kind: 'each', ips: ADDRESSES },
    // A task that the load balancer finds unhealthy is left alone: what its zone lacks is looked at here.
    healthCheckGracePeriodSeconds: 3600,
  })),
})

const until = async (account: Account, id: string, phase: string): Promise<void> => {
  for (let n = 0; n < 20; n++) {
    if ((await read(account.plane, id)).experiment.phase === phase) return
    await pass(account)
  }
  throw new Error(`it is not ${phase}: ${JSON.stringify((await read(account.plane, id)).experiment)}`)
}

/** Makes the gateway task of a zone unhealthy. */
const fail = async ({ cloud, gateways }: Account, zone: string): Promise<void> => {
  for (const task of cloud.state.tasks.list())
    if (cloud.state.subnet(task.subnetId)?.availabilityZone === zone) gateways.sick.add(task.ip)
}

test('each zone of the sources gets a gateway of its own where packets do not cross zones', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount({}, apart)
  const id = await begin(account, spec())

  await until(account, id, 'mirroring')

  const zones = account.cloud.state.tasks
    .list()
    .map(({ subnetId }) => account.cloud.state.subnet(subnetId)?.availabilityZone)
  expect(zones.sort()).toEqual(['us-east-1a', 'us-east-1b'])
})

test('a zone without a gateway is a gap in the coverage, and ends the experiment after two minutes', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount({}, apart)
  const id = await begin(account, spec({ window: { durationSeconds: 1200 } }))
  await until(account, id, 'mirroring')

  await fail(account, 'us-east-1b')
  for (let n = 0; n < 6; n++) await pass(account)
  const lost = (await read(account.plane, id)).experiment
  for (let n = 0; n < 16; n++) await pass(account)
  const before = (await read(account.plane, id)).experiment
  await until(account, id, 'ended')

  expect(lost.phase).toBe('mirroring')
  expect(lost.gaps).toEqual([
    {
      kind: 'zone-lost',
      of: 'us-east-1b',
      since: expect.any(String),
      until: null,
      what: 'No gateway task in us-east-1b is fit to receive: what its sources send is lost.',
    },
  ])
  expect(before.phase).toBe('mirroring')
  const { experiment } = await read(account.plane, id)
  expect(experiment).toMatchObject({
    outcome: 'failed',
    reason: expect.stringContaining('A zone was lost for too long. No gateway task in us-east-1b'),
  })
  expect(experiment.gaps.map(({ until: end }) => end)).toEqual([expect.any(String)])
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
})

test('a zone that comes back in time ends the gap, and both are in the trail', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount({}, apart)
  const id = await begin(account, spec({ window: { durationSeconds: 1200 } }))
  await until(account, id, 'mirroring')

  await fail(account, 'us-east-1a')
  for (let n = 0; n < 6; n++) await pass(account)
  account.gateways.sick.clear()
  // Past the two minutes after which it would have ended.
  for (let n = 0; n < 22; n++) await pass(account)

  const { experiment } = await read(account.plane, id)
  const trail = (await listAudit(account.plane.table, id, { maxResults: 50 })).items.map(({ what }) => what)
  expect(experiment.phase).toBe('mirroring')
  expect(experiment.gaps).toEqual([expect.objectContaining({ of: 'us-east-1a', until: expect.any(String) })])
  expect(trail).toEqual(
    expect.arrayContaining(['coverage gap: zone-lost', 'coverage gap is over: zone-lost']),
  )
  expect(mirroredVnis(account.cloud)).toHaveLength(2)
})
